"""Draw a learning-rate schedule: past rates, future rates, and the original plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float

from ..canvas import DOTS, Symbols, polyline
from ..cells import Cells
from .axes import short
from .phases import Phase
from .plot import lay
from .scale import StepScale, ValueScale

RULE_HEIGHT = 7
"""Minimum lines of a picture with a line between the curve and the phases."""

_DOTTED = 6
"""Distance in dots between the dots of the plan, where the drawn rates differ from it."""


class ScheduleInk(IntEnum):
    """The indices of the schedule's styles in the panel's `StyleTable`."""

    TEXT = 0
    AXIS = 1
    AHEAD = 2
    DONE = 3
    HERE = 4
    CURSOR = 5


@dataclass(frozen=True)
class Course:
    """The rates of a run by ascending step.

    Past rates are as used; future rates are as scheduled, times the current factor.
    """

    steps: Float[np.ndarray, " parts"]
    rates: Float[np.ndarray, " parts"]
    planned: Float[np.ndarray, " parts"]
    """The scheduled rates, without a factor."""
    peak: float
    """The highest rate of the run."""
    total_steps: int


def draw_schedule(
    course: Course,
    phases: Sequence[Phase],
    *,
    here: tuple[int, float] | None,
    cursor: int | None,
    height: int,
    width: int,
    symbols: Symbols,
) -> Cells:
    """Draw the curve, above the phases if they fit.

    Rate 0 is at the bottom and the peak at the top.

    Args:
        course: The rates.
        phases: The phases of the schedule.
        here: The current step and its rate; None before the first step.
        cursor: A step to mark, or None.
        height: Lines, at least 1.
        width: Columns, at least 1.
        symbols: The symbols for dots.
    """
    cells = Cells.blank(height, width)
    bottom = 2 if height >= RULE_HEIGHT else 1 if height >= 4 else 0
    scale = StepScale(1, course.total_steps, width)
    unicode = symbols != "ascii"
    cells.paste(_curve(course, scale, here, cursor, height - bottom, symbols), 0, 0)
    if bottom:
        _label(cells, height - 1, scale, phases)
    if bottom == 2:
        line, end = "─┴" if unicode else "-+"
        cells.glyphs[height - 2] = ord(line)
        cells.glyphs[height - 2, [scale.column(phase.last_step) for phase in phases[:-1]]] = ord(end)
        cells.styles[height - 2] = ScheduleInk.AXIS
    return cells


def _curve(
    course: Course,
    scale: StepScale,
    here: tuple[int, float] | None,
    cursor: int | None,
    height: int,
    symbols: Symbols,
) -> Cells:
    down, across = DOTS[symbols]
    rows, columns = height * down, scale.width * across
    values = ValueScale(0.0, course.peak or 1.0, False, rows)
    x = np.concatenate([[0.0], StepScale(1, course.total_steps, columns).columns(course.steps), [columns]])
    y, planned = (
        values.rows(np.concatenate([rates[:1], rates, rates[-1:]])) for rates in (course.rates, course.planned)
    )
    dots = polyline(x, y, rows, columns)
    done = np.arange(columns) < (0 if here is None else (scale.column(here[0]) + 1) * across)
    elsewhere = np.abs(np.interp(np.arange(columns) + 0.5, x, planned - y)) >= down / 2
    plan = polyline(x, planned, rows, columns) & elsewhere & (np.arange(columns) % _DOTTED < across)
    faint = "." if symbols == "ascii" else None
    cells = lay(
        [
            (plan, ScheduleInk.AXIS, faint),
            (dots & ~done, ScheduleInk.AHEAD, faint),
            (dots & done, ScheduleInk.DONE, None),
        ],
        symbols,
    )
    if cursor is not None:
        column = scale.column(cursor)
        free = cells.styles[:, column] <= ScheduleInk.AXIS
        cells.glyphs[free, column] = ord("|" if symbols == "ascii" else "│")
        cells.styles[free, column] = ScheduleInk.CURSOR
    if here is not None:
        row = int(np.clip(values.rows(np.array([here[1]]))[0] // down, 0, height - 1))
        place = row, scale.column(here[0])
        cells.glyphs[place] = ord("o" if symbols == "ascii" else "●")
        cells.styles[place] = ScheduleInk.HERE
    return cells


def _label(cells: Cells, y: int, scale: StepScale, phases: Sequence[Phase]) -> None:
    """Write the phases' names between step 0 and the last step.

    Each name is in the middle of its phase, if it fits.
    """
    last = short(float(scale.last))
    end = scale.width - len(last)
    cells.write(y, 0, "0", ScheduleInk.AXIS)
    cells.write(y, max(2, end), last, ScheduleInk.AXIS)
    free = 2
    for phase in phases:
        first, behind = scale.column(phase.first_step), scale.column(phase.last_step)
        for name in phase.names:
            start = max(free, (first + behind + 1 - len(name)) // 2)
            # A warm-up is short; its name may extend into the next phase.
            if start + len(name) < end and (start + len(name) <= behind + 1 or phase is phases[0]):
                free = cells.write(y, start, name, ScheduleInk.TEXT) + 2
                break
