"""What the rows of the status panel say: a run's values, in words and colors."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ...core.protocol import OVER, Alert, ModelReady, RunState
from ..state import (
    Cost,
    RunView,
    amount,
    count,
    devices_name,
    duration,
    factor,
    not_finite,
    source_name,
    system_rows,
    test_loss,
)

STATE_STYLES: dict[RunState, str] = {
    RunState.PREPARING: "$text-accent",
    RunState.COMPILING: "$text-accent",
    RunState.TRAINING: "$text-success",
    RunState.PAUSED: "$text-warning",
    RunState.EVALUATING: "$text-primary",
    RunState.FINISHED: "$text-success",
    RunState.STOPPED: "$text-warning",
    RunState.FAILED: "$text-error",
}

LABEL_WIDTH = 7
UNKNOWN = "–"

BLANK = " "
"""Keeps the line of an optional row that has no value yet: a row that appears moves all rows below it."""

Value = Content | str | tuple[str, ...]
"""The value of a row; of several texts, the first that fits is shown."""


def rows(view: RunView, pending: str, now: float) -> dict[str, Value]:
    """Return the values of the rows, by the row's id."""
    model, epoch, is_over = view.model, view.epoch, view.state in OVER
    speed = None if is_over else view.steps_per_second
    return {
        "state": _state(view, now),
        "aside": Content.styled(_aside(view, pending), "$foreground-muted"),
        "step": f"{count(view.step)} of {count(model.total_steps)}" if model else UNKNOWN,
        "epoch": f"{epoch[0]} of {epoch[1]}" if epoch else UNKNOWN,
        "speed": f"{count(speed)} steps/s" if speed else "" if is_over else UNKNOWN,
        "images": _images(speed, model) if speed and model else "" if is_over else BLANK,
        "rate": _knob(view.learning_rate_scale),
        "beta": _knob(view.beta_scale),
        "validation": _validation(view),
        "test": test_loss(view),
        "active": _active(view),
        "saved": _saved(view),
        "source": _source(view),
        "parameters": _parameters(model) if model else UNKNOWN,
        "data": _data(view),
        **system_rows(view.system),
    }


def trouble(view: RunView, *, steers: bool) -> Content:
    """Return why the run waits for the user, or else the alerts.

    On a screen that steers the run, the keys that help are listed too.
    """
    if view.not_finite is None:
        return _alerts(view.alerts)
    keys = [(",", "learning rate down"), ("space", "go on")] if steers else []
    if steers and view.rewind_step is not None:
        keys.insert(0, ("r", f"back to step {count(view.rewind_step)}"))
    return Content("\n").join(
        [
            Content.styled(not_finite(view.not_finite), "$text-warning"),
            *(Content.assemble((key.ljust(LABEL_WIDTH), "bold $text-primary"), words) for key, words in keys),
        ]
    )


def cost_text(cost: Cost | None) -> str:
    """Return the cost of the screen as text."""
    if cost is None:
        return UNKNOWN
    return f"{cost.share:.1%} CPU, {cost.bytes_per_second / 1000:.1f} kB/s, {cost.frames_per_second:.2g} fps"


def _parameters(model: ModelReady) -> tuple[str, ...]:
    """Return the size of the model and what trains it, the longest text first."""
    short = f"{count(model.parameter_count)} on {devices_name(model)}"
    return (f"{short} in {count(model.processes)} processes", short) if model.processes > 1 else (short,)


def _images(speed: float, model: ModelReady) -> tuple[str, ...]:
    """Return the images per second, in all and on each device, the longest text first."""
    in_all = count(speed * model.batch_size)
    if model.devices == 1:
        return (f"{in_all} images/s",)
    each = count(speed * model.batch_size / model.devices)
    return f"{in_all} images/s, {each} a device", f"{in_all} img/s, {each} each", f"{in_all}/s, {each} each"


def _state(view: RunView, now: float) -> Content:
    state = view.shown_state(now)
    style = STATE_STYLES[state] if view.is_responding else "$text-error"
    return Content.styled(f"● {view.state_name(state)}{_so_far(view, now)}", f"bold {style}")


def _so_far(view: RunView, now: float) -> str:
    """Return how long the trainer has been compiling, as text.

    Nothing else on the screen changes during that time.
    """
    seconds = int(now - view.state_since)
    is_compiling = view.state == RunState.COMPILING and not view.detail and view.is_responding
    return f", {seconds} s" if is_compiling and seconds > 0 else ""


def _aside(view: RunView, pending: str) -> str:
    """Return what is in progress, or else the remaining time."""
    if pending:
        return f"{pending}…"
    if not view.is_responding:
        return "its process is suspended or stuck"
    if view.progress is not None:
        return view.progress.label
    if view.not_finite is not None:
        return ""  # the rows below explain it
    left = view.seconds_left
    if view.state in OVER and not view.detail and view.seconds:
        return f"took {duration(view.seconds)}"
    return view.detail or (f"{duration(_calm(left))} left" if left is not None else "")


def _source(view: RunView) -> str:
    """Return the parameters that draw; after the training, the step of the best checkpoint where it is not the last."""
    source = source_name(view.source)
    if view.state == RunState.FINISHED and view.sampled is not None and view.sampled.step < view.step:
        return f"best, step {count(view.sampled.step)} ({source})"
    return f"{source} parameters"


def _calm(seconds: float) -> float:
    """Round a time in seconds, the longer the coarser.

    An estimate that is rounded does not flicker.
    """
    grain = 60 if seconds >= 3600 else 10 if seconds >= 600 else 1
    return round(seconds / grain) * grain


def _alerts(alerts: Sequence[Alert]) -> Content:
    """Return the newest alert, and the kinds of the others."""
    if not alerts:
        return Content()
    *others, newest = alerts
    also = f"\nalso: {', '.join(alert.kind for alert in others)}" if others else ""
    return Content.assemble((newest.text, "$text-warning"), (also, "$foreground-muted"))


def _active(view: RunView) -> str:
    if view.active_units is not None:
        return f"{view.active_units} of {view.config.model.latents} latents"
    # Reserve the row from the start: a row that appears moves all rows below it, and the whole screen is sent again.
    return "" if view.validation else UNKNOWN


def _knob(scale: float) -> str:
    return "" if scale == 1 else f"{factor(scale)} of schedule"


def _data(view: RunView) -> str:
    if view.progress is not None:
        return amount(view.progress.done, view.progress.total, view.progress.unit)
    return f"{view.data.name}, {count(view.data.train_size)} images" if view.data else view.config.data.title


def _validation(view: RunView) -> Content | str:
    if view.validation is None:
        return UNKNOWN
    if view.best is None:
        return f"{view.validation.loss:.2f}"
    if view.best.loss == view.validation.loss:
        return Content.assemble(f"{view.validation.loss:.2f} ", ("best", "$text-success"))
    return Content.assemble(f"{view.validation.loss:.2f} ", ("best ", "$foreground-muted"), f"{view.best.loss:.2f}")


def _saved(view: RunView) -> Content | str:
    if view.saving is not None:
        return f"writing {count(view.saving)}…"
    if view.saved is None:
        return UNKNOWN
    words = f"step {count(view.saved.step)}"
    return Content.assemble(f"{words} ", ("best", "$text-success")) if view.saved.best else words
