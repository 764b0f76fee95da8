"""Lay out the commands in `vae-tui --help`: one line each, on one screen of 80x24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions

GROUP_WIDTH, NAME_WIDTH = 8, 9
"""Cells of the columns, the same in all groups."""


def print_commands(console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
    """Print a group of commands: its name beside the first one."""
    rows = Table.grid(padding=(0, 1))
    rows.add_column(width=GROUP_WIDTH, style="bold")
    rows.add_column(width=NAME_WIDTH, style="cyan")
    rows.add_column()
    for entry in panel.entries:
        names = Text(" ".join(entry.all_options))
        rows.add_row(Text() if rows.row_count else Text(str(panel.title)), names, entry.description)
    console.print(rows)
    console.print()


TRAINING, RUNS, MODEL, MORE = (
    Group(name, sort_key=order, help_formatter=print_commands)
    for order, name in enumerate(("Training", "Runs", "Model", "More"))
)
"""The groups of the commands."""
