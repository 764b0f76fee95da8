"""Draw the loss curves of several runs as a picture file: pure functions from runs to pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...core.comparison import ComparedRun
from .chart import axes
from .chart.curve_data import number
from .chart.overlay_data import OverlaidCurve, sample_curve
from .chart.readout import NAMES
from .chart.scale import StepScale, ValueScale

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900
"""Pixels of the picture."""

_FONT_SIZE, _MARGIN, _LINE = 24, 32, 3
_TICKS_X, _TICKS_Y = 8, 6

_PARTS = WIDTH // 4
"""Parts of the steps: with as many as there are pixels, a smoothed curve would look rough."""

_INK, _GRID = "#303030", "#E0E0E0"

_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""The colors of Okabe & Ito 2008 on white, and gray: they are distinct for every kind of color vision."""


def draw_curves_picture(runs: Sequence[ComparedRun]) -> Image.Image:
    """Draw the smoothed training loss of runs by step as lines, and their validation losses as joined points.

    Args:
        runs: The runs, at least one; those without a step have a line in the legend only.
    """
    from PIL import Image, ImageDraw, ImageFont  # imported here: only this command needs it

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    draw.font = ImageFont.load_default(_FONT_SIZE)
    spans = [run.spans("step") for run in runs]
    last = max(_TICKS_X, *(end for _, end in spans))
    curves = [sample_curve(run, "loss", "step", 1, last, _PARTS) for run in runs]
    low, high = _value_range(curves)
    top = _MARGIN + _line_height() * (len(runs) + 1) + 10
    ticks = axes.linear_ticks(low, high, _TICKS_Y)
    labels = axes.tick_labels(ticks)
    left = _MARGIN + round(max((draw.textlength(label) for label in labels), default=0)) + 12
    bottom, right = HEIGHT - _MARGIN - _line_height(), WIDTH - _MARGIN
    values = ValueScale(low, high, False, bottom - top)
    steps = StepScale(1, last, right - left)
    draw.text((left, _MARGIN), f"{NAMES['loss'][2]}: lines are training (smoothed), points validation", fill=_INK)
    for index, (run, curve) in enumerate(zip(runs, curves, strict=True)):
        y = _MARGIN + _line_height() * (index + 1)
        draw.line([(left, y + _FONT_SIZE // 2 + 4), (left + 40, y + _FONT_SIZE // 2 + 4)], _COLORS[index], 2 * _LINE)
        draw.text((left + 52, y), _legend(run, curve), fill=_INK)
    _draw_axes(draw, (left, top, right, bottom), (values, ticks, labels), steps)
    for index, curve in enumerate(curves):
        _draw_curve(draw, (left, top), curve, steps, values, _COLORS[index])
    return picture


def _line_height() -> int:
    return _FONT_SIZE + 10


def _legend(run: ComparedRun, curve: OverlaidCurve) -> str:
    best = run.best()
    words = [run.name, f"best validation loss {number(best.loss)} at step {best.step:,}" if best else ""]
    return ": ".join(word for word in words if word)


def _value_range(curves: Sequence[OverlaidCurve]) -> tuple[float, float]:
    """Return the range of the losses: the first, high ones may be beyond it, but not the lowest ones."""
    values = np.concatenate([np.concatenate([curve.values, curve.point_values]) for curve in curves])
    low, high = axes.value_range(values, values, log=False)
    lowest = min(values[np.isfinite(values)], default=low)
    if lowest < low:
        step = axes.step_size(high - lowest, _TICKS_Y)
        low = math.floor(lowest / step) * step
    return low, high


def _draw_axes(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    loss: tuple[ValueScale, Sequence[float], Sequence[str]],
    steps: StepScale,
) -> None:
    """Draw the grid and its labels around the curves."""
    left, top, right, bottom = box
    values, ticks, labels = loss
    for y, label in zip(values.rows(np.array(ticks, float)), labels, strict=True):
        draw.line([(left, top + y), (right, top + y)], _GRID, 2)
        draw.text((left - 12, top + y), label, fill=_INK, anchor="rm")
    for step in axes.linear_ticks(float(steps.first), float(steps.last), _TICKS_X):
        x = left + float(steps.columns(np.array([float(step)]))[0])
        draw.line([(x, top), (x, bottom)], _GRID, 2)
        anchor = "rt" if x > right - 60 else "mt"
        draw.text((min(x, right), bottom + 10), f"{step:,.0f}", fill=_INK, anchor=anchor)
    draw.text((left, bottom + 10), "step", fill=_INK, anchor="lt")
    draw.line([(left, top), (left, bottom), (right, bottom)], _INK, 2)


def _draw_curve(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    curve: OverlaidCurve,
    steps: StepScale,
    values: ValueScale,
    color: str,
) -> None:
    left, top = corner
    for line in _lines(steps.columns(curve.positions), values.rows(curve.values), values.height):
        draw.line([(left + x, top + y) for x, y in line], color, _LINE, joint="curve")
    x, y = steps.columns(curve.point_positions), values.rows(curve.point_values)
    for line in _lines(x, y, values.height):
        draw.line([(left + x, top + y) for x, y in line], color, 1)
        for x, y in line[:: max(1, len(line) // 60)]:
            draw.circle((left + x, top + y), 5, fill=color)


def _lines(x: np.ndarray, y: np.ndarray, height: int) -> Iterator[list[tuple[float, float]]]:
    """Yield the parts of a curve between values that are missing or beyond the axis."""
    part: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(point[1]) and 0 <= point[1] <= height:
            part.append(point)
        else:
            if part:
                yield part
            part = []
    if part:
        yield part
