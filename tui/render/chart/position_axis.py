"""Choose the ticks and words of an axis of steps, epochs or training time."""

from __future__ import annotations

from ....core.comparison import UNITS, Axis
from .axes import linear_ticks, tick_labels
from .axis_frame import step_ticks
from .scale import StepScale

_TICK_COLUMNS = 12
"""Columns per label, with the space around it."""

_MINUTES, _HOURS = 180, 3 * 3600
"""Seconds of a range from which its labels are in minutes and in hours."""

AXIS_NAMES: dict[Axis, str] = {"step": "steps", "epoch": "epochs", "time": "training time"}


def position_ticks(axis: Axis, scale: StepScale) -> tuple[list[int], list[str]]:
    """Return the positions of round ticks, and their labels; the last label names the unit."""
    if axis == "step":
        ticks = step_ticks(scale)
        labels, unit = tick_labels([float(tick) for tick in ticks]), "steps"
    else:
        size, unit = _unit(axis, scale.length)
        last = max(scale.last, scale.first + 1)
        values = linear_ticks(scale.first / size, last / size, max(1, scale.width // _TICK_COLUMNS))
        ticks, labels = [round(value * size) for value in values], tick_labels(values)
    return ticks, [*labels[:-1], f"{labels[-1]} {unit}"] if labels else []


def _unit(axis: Axis, length: int) -> tuple[float, str]:
    """Return the positions per unit of the labels, and its name."""
    if axis == "epoch":
        return float(UNITS["epoch"]), "epochs"
    seconds = length / UNITS["time"]
    if seconds < _MINUTES:
        size, name = 1.0, "s"
    else:
        size, name = (60.0, "min") if seconds < _HOURS else (3600.0, "h")
    return size * UNITS["time"], name


def position_text(axis: Axis, position: int) -> str:
    """Return a position in words: "step 1,200", "epoch 3.25" or "time 12:30"."""
    value = position / UNITS[axis]
    match axis:
        case "step":
            return f"step {position:,}"
        case "epoch":
            return f"epoch {value:.2f}"
    if value < 60:
        return f"time {value:.1f} s"
    minutes, second = divmod(int(value), 60)
    hour, minute = divmod(minutes, 60)
    return f"time {hour}:{minute:02}:{second:02}" if hour else f"time {minute}:{second:02}"
