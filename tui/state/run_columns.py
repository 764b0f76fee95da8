"""The columns of the table of runs: their texts, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...core.files import megabytes
from ...core.library import LibraryRun, run_age
from ...core.protocol import RunState
from ...core.run import NOT_RESPONDING
from ...core.text import count
from .text import duration

ColumnName = Literal[
    "name", "state", "loss", "age", "curve", "step", "time", "data", "tags", "test", "size", "devices", "processes"
]

GAP = 2
"""Cells between two columns."""

CURVE_WIDTH = 8

SHORT_STATES = {RunState.PREPARING.value: "preparing", NOT_RESPONDING: "silent"}
"""Words for states that are too long for a column."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    name: ColumnName
    title: str
    text: Callable[[LibraryRun, float], str]
    """Returns the text of a run at a time, in seconds since 1970; the curve has none."""
    widest: int
    is_number: bool = False


@dataclass(frozen=True)
class PlacedColumn:
    """A column with its place."""

    column: Column
    x: int
    width: int


_COLUMNS: tuple[Column, ...] = (
    Column("name", "run", lambda run, now: run.name, 40),
    Column("data", "data", lambda run, now: run.summary.dataset, 14),
    Column("state", "state", lambda run, now: SHORT_STATES.get(run.state, run.state), 10),
    Column("step", "step", lambda run, now: count(run.figures.step) if run.figures.step else "", 10, is_number=True),
    Column("loss", "best", lambda run, now: _loss(run.best_loss), 9, is_number=True),
    Column("test", "test", lambda run, now: _loss(run.figures.test_loss), 9, is_number=True),
    Column("curve", "curve", lambda run, now: "", CURVE_WIDTH),
    Column(
        "time", "time", lambda run, now: duration(run.figures.seconds) if run.figures.seconds else "", 9, is_number=True
    ),
    Column("age", "age", lambda run, now: _age(run_age(run, now)), 4, is_number=True),
    Column("size", "size", lambda run, now: megabytes(run.summary.size) if run.summary.size else "", 9, is_number=True),
    Column("devices", "devices", lambda run, now: _if_several(run.figures.devices), 7, is_number=True),
    Column("processes", "processes", lambda run, now: _if_several(run.figures.processes), 9, is_number=True),
    Column("tags", "tags", lambda run, now: " ".join(run.summary.tags), 20),
)
"""The columns, from left to right."""

_IMPORTANCE: tuple[ColumnName, ...] = (
    *("name", "state", "loss", "curve", "age", "step", "time", "data", "tags", "devices", "processes", "test", "size"),
)
"""The columns, the first to stay first."""

_DAY, _YEAR = 86_400.0, 365.25 * 86_400.0

_AGES = (("s", 1, 60), ("m", 60, 3600), ("h", 3600, _DAY), ("d", _DAY, 14 * _DAY), ("w", 7 * _DAY, 2 * _YEAR))
"""Units of an age with their seconds, and the age from which the next one is used."""

_NARROW_NAME = 20
"""Cells of a name up to which it is not shortened in favor of other columns: a run's usual name fits."""


def place_columns(runs: Sequence[LibraryRun], width: int, now: float) -> list[PlacedColumn]:
    """Return the columns that fit, from left to right; columns in which every cell is empty are left out.

    Args:
        runs: The runs.
        width: Cells of a line.
        now: The time, in seconds since 1970.
    """
    wanted = {column.name: _width(column, runs, now) for column in _COLUMNS}
    widths: dict[ColumnName, int] = {}
    left = width
    for name in _IMPORTANCE:
        cells = min(_NARROW_NAME, wanted[name]) if name == "name" else wanted[name]
        if cells and (name == "name" or cells + GAP <= left):
            widths[name] = min(cells, left)
            left -= widths[name] + (0 if name == "name" else GAP)
    widths["name"] += max(0, min(left, wanted["name"] - widths["name"]))
    places, x = [], 0
    for column in _COLUMNS:
        if column.name in widths:
            places.append(PlacedColumn(column, x, widths[column.name]))
            x += widths[column.name] + GAP
    return places


def _width(column: Column, runs: Sequence[LibraryRun], now: float) -> int:
    """Return the cells that a column needs; 0 if it is empty."""
    if column.name == "curve":
        return CURVE_WIDTH if any(run.figures.curve for run in runs) else 0
    longest = max((len(column.text(run, now)) for run in runs), default=0)
    is_needed = longest or column.name == "name"
    return min(column.widest, max(longest, len(column.title) + 1)) if is_needed else 0


def _if_several(number: int) -> str:
    return count(number) if number > 1 else ""


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"


def _age(seconds: float | None) -> str:
    """Return a time span in its largest unit: "12s", "3m", "5h", "2d", "7w", "3y"."""
    if seconds is None:
        return ""
    for word, unit, limit in _AGES:
        if seconds < limit:
            return f"{seconds // unit:.0f}{word}"
    return f"{seconds // _YEAR:.0f}y"
