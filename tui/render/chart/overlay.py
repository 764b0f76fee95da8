"""Draw the curves of several runs in one chart, with a legend or the values at the cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from ....core.comparison import Axis, ComparedRun
from ....core.protocol import LOSS_METRICS, Metric
from ..canvas import DOTS, Symbols, glyphs, inked, polyline
from ..cells import Cells
from ..run_signs import LETTERS, point_sign
from . import axes, flow
from .axis_frame import draw_rule, draw_tick_labels, draw_value_axis
from .chart import PlotArea
from .curve_data import number
from .ink import Ink
from .overlay_data import OverlaidCurve, read_run, sample_curve
from .plot import draw_cursor
from .position_axis import position_text, position_ticks
from .scale import StepScale, ValueScale

RUN_INK = len(Ink)
"""The style of the first run; the others follow."""

_TURN = 3
"""Columns after which another one of several overlapping curves is seen."""

_LETTERS_APART = {True: 36, False: 18}
"""Columns between two letters on a curve, with and without colors."""

_POINTS_APART = 5
"""Columns between two validation values that are marked, at least."""


@dataclass(frozen=True)
class OverlayView:
    """The settings of a chart of several runs."""

    metric: Metric
    axis: Axis
    shown: tuple[int, int]
    """The first and the last shown position."""
    known: tuple[int, int]
    """The first and the last measured position of all runs."""
    cursor: int | None = None
    log: bool = False
    symbols: Symbols = "braille"
    colors: bool = True
    marks: Sequence[str] = ()
    """The mark of each run, for those whose losses do not compare with the first run's."""
    left_out: Sequence[bool] = ()
    """Whether each run has no curve; empty: all have one."""

    @property
    def unicode(self) -> bool:
        """Return whether the terminal can show more than ASCII."""
        return self.symbols != "ascii"


def draw_overlay(
    runs: Sequence[ComparedRun], view: OverlayView, height: int, width: int
) -> tuple[Cells, PlotArea | None]:
    """Draw the readout of all runs above one chart.

    Returns:
        The cells, and the place of the plot in them; None if there is nothing to plot.
    """
    cells = Cells.blank(height, width)
    if view.known[1] < view.known[0]:
        text = "waiting for the first step"
        cells.write(height // 2, max(0, (width - len(text)) // 2), text, Ink.AXIS)
        return cells, None
    lines = _balanced(flow.arrange_items(_readouts(runs, view), width, max(2, min(4, height // 5))), width)
    top = min(len(lines), max(0, height - 4))
    for y, line in enumerate(lines[:top]):
        flow.write(cells, y, line)
    return cells, _draw_chart(cells, runs, view, top)


def _draw_chart(cells: Cells, runs: Sequence[ComparedRun], view: OverlayView, top: int) -> PlotArea:
    """Draw the plot and its axes below line `top`."""
    height, width = cells.glyphs.shape[0] - top, cells.glyphs.shape[1]
    bottom = 2 if height >= 7 else 1 if height >= 4 else 0
    down, across = DOTS[view.symbols]
    curves = [
        sample_curve(run, view.metric, view.axis, *view.shown, width * across)
        if not (view.left_out and view.left_out[index])
        else OverlaidCurve.empty()
        for index, run in enumerate(runs)
    ]
    low, high = _value_range(curves, view)
    ticks = (axes.log_ticks if view.log else axes.linear_ticks)(low, high, max(1, height // 3))
    labels = axes.tick_labels(ticks)
    left = max(map(len, labels), default=0) + 1
    left = left if width >= left + 10 and height >= 3 else 0
    place = PlotArea(top, left, height - bottom, StepScale(*view.shown, width - left))
    values = ValueScale(low, high, view.log, place.height * down)
    plot = _draw_plot(curves, place, values, view)
    if view.cursor is not None and view.shown[0] <= view.cursor <= view.shown[1]:
        draw_cursor(plot, place.steps.column(view.cursor), view.symbols)
    part = Cells(cells.glyphs[top:], cells.styles[top:])
    part.paste(plot, 0, left)
    if left:
        draw_value_axis(part, left, values, down, ticks, labels, view.unicode)
    if bottom:
        numbers, words = position_ticks(view.axis, place.steps)
        draw_tick_labels(part, height - 1, left, place.steps, numbers, words)
        if bottom == 2:
            draw_rule(part, height - 2, left, place.steps, numbers, view.known, view.unicode)
    return place


def _value_range(curves: Sequence[OverlaidCurve], view: OverlayView) -> tuple[float, float]:
    first, last = view.shown
    inside = [curve.values[(curve.positions >= first - 0.5) & (curve.positions <= last + 0.5)] for curve in curves]
    values = np.concatenate([*inside, *(curve.point_values for curve in curves)])
    return axes.value_range(values, values, log=view.log)


def _draw_plot(curves: Sequence[OverlaidCurve], place: PlotArea, values: ValueScale, view: OverlayView) -> Cells:
    across = DOTS[view.symbols][1]
    dots = StepScale(*view.shown, place.steps.width * across)
    canvases = [
        polyline(dots.columns(curve.positions), values.rows(curve.values), values.height, dots.width)
        for curve in curves
    ]
    cells = Cells.blank(place.height, place.steps.width)
    masks = np.array([inked(canvas, view.symbols) for canvas in canvases])
    for index, (canvas, seen) in enumerate(zip(canvases, take_turns(masks), strict=True)):
        small = np.uint32(ord(LETTERS[index].lower()))
        cells.glyphs[seen] = glyphs(canvas, view.symbols)[seen] if view.unicode else small
        cells.styles[seen] = RUN_INK + index
    if view.unicode:
        _write_letters(cells, masks, view.colors)
    for index, curve in enumerate(curves):
        _mark_points(cells, curve, index, place, values, view)
    return cells


def take_turns(masks: Bool[np.ndarray, "runs height width"]) -> Bool[np.ndarray, "runs height width"]:
    """Return where each curve is seen: curves that share a cell take turns by column."""
    ranks: Int[np.ndarray, "runs height width"] = masks.cumsum(axis=0) - 1
    shared = masks.sum(axis=0).clip(1)
    turn = (np.arange(masks.shape[2]) // _TURN) % shared
    return masks & (ranks == turn)


def _write_letters(cells: Cells, masks: Bool[np.ndarray, "runs height width"], colors: bool) -> None:
    """Write each run's letter on its curve: at its end, and at intervals that differ from run to run."""
    count, _, width = masks.shape
    apart = _LETTERS_APART[colors]
    taken = np.zeros(masks.shape[1:], bool)
    for index, mask in enumerate(masks):
        columns = np.flatnonzero(mask.any(axis=0))
        if not len(columns):
            continue
        start = apart * (index + 1) // (count + 1)
        for column in [int(columns[-1]), *range(start, width, apart)]:
            rows = np.flatnonzero(mask[:, column] & ~taken[:, column])
            if len(rows):
                row = rows[len(rows) // 2]
                cells.glyphs[row, column] = ord(LETTERS[index])
                cells.styles[row, column] = RUN_INK + index
                taken[row, column] = True


def _mark_points(
    cells: Cells, curve: OverlaidCurve, index: int, place: PlotArea, values: ValueScale, view: OverlayView
) -> None:
    """Mark the validation values of a run: all of them, or an even selection with the newest."""
    x = place.steps.columns(curve.point_positions)
    y = values.rows(curve.point_values) // DOTS[view.symbols][0]
    height, width = cells.glyphs.shape
    inside = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
    if not len(inside):
        return
    dense = _POINTS_APART * (len(inside) - 1) / max(1.0, float(x[inside[-1]] - x[inside[0]]))
    shown = inside[:: -max(1, math.ceil(dense))]
    rows, columns = y[shown].astype(int), x[shown].astype(int)
    cells.glyphs[rows, columns] = ord(point_sign(index, unicode=view.unicode))
    cells.styles[rows, columns] = RUN_INK + index


def _readouts(runs: Sequence[ComparedRun], view: OverlayView) -> list[list[flow.Item]]:
    """Return the values of all runs at the cursor, or the newest ones, in several lengths, longest first."""
    readings = [read_run(run, view.metric, view.axis, view.cursor) for run in runs]
    variants = []
    for form in range(4):
        items = []
        if view.cursor is not None:
            items.append(flow.Item(((position_text(view.axis, view.cursor), Ink.CURSOR),), -1))
        for index, (run, reading) in enumerate(zip(runs, readings, strict=True)):
            mark = view.marks[index] if view.marks and view.metric in LOSS_METRICS else ""
            words = [(f"{LETTERS[index]}{mark}", RUN_INK + index)]
            if form == 0:
                words.append((run.name, Ink.AXIS))
            missing = "no step" if form < 3 else "-"
            words.append((missing if reading.step is None else _value(reading.value), Ink.TEXT))
            if form < 3 and math.isfinite(reading.validation):
                sign = point_sign(index, unicode=view.unicode) if view.unicode else "valid"
                words += [(sign, RUN_INK + index), (_value(reading.validation), Ink.TEXT)]
            if form < 2 and view.axis != "step" and view.cursor is not None and reading.step is not None:
                words.append((f"step {reading.step:,}", Ink.AXIS))
            items.append(flow.Item(tuple(words)))
        variants.append(items)
    return variants


def _balanced(lines: list[list[flow.Item]], width: int) -> list[list[flow.Item]]:
    """Spread items evenly over as many lines, where they fit."""
    items = [item for line in lines for item in line]
    each = max(1, math.ceil(len(items) / max(1, len(lines))))  # in a tiny panel, all items are left out
    even = [items[start : start + each] for start in range(0, len(items), each)]
    fits = all(sum(item.width + 2 for item in line) - 2 <= width for line in even)
    return even if fits else lines


def _value(value: float) -> str:
    return f"{value:.3g}" if 0 < abs(value) < 1 else number(value)
