"""Print a table of results: with rules on a terminal, in plain columns elsewhere."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..process.printable import printable
from ..state import align_columns
from .printing import print_text

WIDEST = 10_000
"""A width in columns that no table reaches."""


def print_table(columns: tuple[str, ...], rows: list[tuple[str, ...]], *, dispensable: tuple[str, ...] = ()) -> None:
    """Print a table; on a narrow terminal, drop dispensable columns in their given order."""
    console = Console()
    if console.is_terminal:
        roomy = console.options.update(width=WIDEST)  # otherwise Rich measures the squeezed table
        forms = [_table(columns, rows, dispensable[:number]) for number in range(len(dispensable) + 1)]
        fitting = (form for form in forms if console.measure(form, options=roomy).maximum <= console.width)
        console.print(next(fitting, forms[-1]))
        return
    for line in align_columns([columns, *rows]):
        print_text(line)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]], left_out: tuple[str, ...]) -> Table:
    kept = [index for index, name in enumerate(columns) if name not in left_out]
    table = Table(*(columns[index] for index in kept), box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(printable(row[index], keep="")) for index in kept))
    return table
