"""The status panel: one row per fact, redrawn only when its text changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.protocol import OVER, Alert, ModelReady, RunState
from ..session import Role
from ..state import (
    Cost,
    RunView,
    amount,
    count,
    devices_name,
    duration,
    factor,
    fitting,
    not_finite,
    shorten,
    shorten_end,
    source_name,
    system_rows,
    test_loss,
)
from .block import Block

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

OPTIONAL = ("rate", "beta", "speed", "images", "active", "test", "system", "device", "disk")
"""Rows that are hidden while they are empty."""

TEXTS = ("trouble", "note")
"""Rows that may take several lines."""

Value = Content | str | tuple[str, ...]
"""The value of a row; of several texts, the first that fits is shown."""

UNBOUNDED = 10_000
"""More columns or lines than a terminal has: until the panel has its place."""


class FactRow(Static):
    """Show a label and a value on one line."""

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(id=id)
        self._label = label
        self._shown = Content()

    def show(self, value: Value, width: int) -> None:
        """Show a value, cut at a word if it is too wide; do nothing if it is already shown."""
        if isinstance(value, tuple):
            value = fitting(value, width - LABEL_WIDTH) or value[-1]
        content = shorten_content(Content.assemble((self._label, "$foreground-muted"), value), width)
        if not content.is_same(self._shown):
            self._shown = content
            self.update(content, layout=False)


class Bar(Static):
    """Show a thin progress bar with a percentage."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown = Content()

    def show(self, fraction: float | None, width: int) -> None:
        """Show a fraction from 0 to 1; None means unknown.

        Nothing is drawn if the bar stays the same.
        """
        done = min(1.0, fraction or 0.0)
        words = "" if fraction is None else f" {int(done * 100)}%"
        length = max(0, width - len(words))
        filled = int(done * length)
        content = Content.assemble(("━" * filled, "$primary"), ("─" * (length - filled), "$foreground 25%"), words)
        if not content.is_same(self._shown):
            self._shown = content
            self.update(content, layout=False)


class StatusPanel(Vertical):
    """Show the state of the run: as many rows as the screen has lines for."""

    def __init__(self, run_path: Path, role: Role) -> None:
        super().__init__()
        self.border_title = f"status · {role.name}" if role.name else "status"
        self._steers = role.steers
        self._run_path = run_path
        self._width = UNBOUNDED
        self._lines: Mapping[str, int] = dict.fromkeys(TEXTS, UNBOUNDED)
        """The lines of each row; rows without lines are hidden."""
        self._values: dict[str, Value] = {}
        self._texts: dict[str, Content | str] = {}
        self._fraction: float | None = None

    def compose(self) -> ComposeResult:
        """Compose one widget per row."""
        yield FactRow("", id="state")
        yield Bar(id="bar")
        yield FactRow("", id="aside")
        yield Block(id="trouble")
        for label, name in (
            ("step", "step"),
            ("epoch", "epoch"),
            ("speed", "speed"),
            ("", "images"),
            ("rate", "rate"),
            ("beta", "beta"),
            ("valid", "validation"),
            ("test", "test"),
            ("active", "active"),
            ("saved", "saved"),
            ("draws", "source"),
            ("params", "parameters"),
            ("data", "data"),
        ):
            yield FactRow(label.ljust(LABEL_WIDTH), id=name)
        yield Block(id="note")
        yield FactRow("run".ljust(LABEL_WIDTH), id="run")
        for name in ("screen", "system", "device", "disk"):
            yield FactRow(name.ljust(LABEL_WIDTH), id=name)

    def show(self, view: RunView, pending: str, now: float, cost: Cost | None = None) -> None:
        """Show the state of the run.

        Args:
            view: The run.
            pending: The command that the trainer has not acknowledged yet, in a few words; may be empty.
            now: The current time, in seconds since 1970.
            cost: The cost of the screen, if known.
        """
        self._fraction = view.fraction
        self._values = {
            **rows(view, pending, now),
            "screen": _cost(cost),
        }
        self._texts = {
            "trouble": _trouble(view, steers=self._steers),
            "note": Content.styled(view.data.note if view.data else "", "$text-warning"),
        }
        self._draw()

    def wanted(self, width: int) -> dict[str, int]:
        """Return the lines that each row needs in some columns; rows without content need none."""
        facts = [str(row.id) for row in self.query(FactRow)]
        lines = {name: 1 for name in facts if name not in OPTIONAL or self._values.get(name)}
        texts = {name: len(wrap(self._texts.get(name, ""), width)) for name in TEXTS}
        return {"bar": 1, **lines, **texts}

    def allot(self, lines: Mapping[str, int], width: int) -> None:
        """Show rows in some columns, each in its number of lines; hide the others."""
        self._lines, self._width = lines, width
        for row in self.query(Static):
            if row.id not in TEXTS:
                row.display = row.id in lines
        self._draw()

    def _draw(self) -> None:
        if not self.children:  # the app closes before it has composed them
            return
        self.query_one(Bar).show(self._fraction, 0 if self._width == UNBOUNDED else self._width)
        for name, value in self._values.items():
            self.query_one(f"#{name}", FactRow).show(value, self._width)
        for name, text in self._texts.items():
            self.query_one(f"#{name}", Block).show(first_lines(text, self._lines.get(name, 0), self._width))
        self.query_one("#run", FactRow).show(path_text(self._run_path, self._width - LABEL_WIDTH), self._width)


def shorten_content(content: Content, width: int) -> Content:
    """Cut the last words of a line that is wider than `width` cells, and end it with an ellipsis."""
    short = shorten_end(content.plain, width)
    return content if short == content.plain else content[: len(short) - 1] + "…"


def wrap(text: Content | str, width: int) -> list[Content]:
    """Return a text as lines; none if it is empty."""
    content = Content(text) if isinstance(text, str) else text
    return content.wrap(width) if content else []


def first_lines(text: Content | str, most: int, width: int) -> Content:
    """Return a text, or its first lines with an ellipsis if it has more than `most`."""
    content = Content(text) if isinstance(text, str) else text
    if most >= UNBOUNDED or len(lines := wrap(content, width)) <= most:
        return content
    if most < 1:
        return Content()
    *first, last = lines[:most]
    longer = Content(" ").join([last, *lines[most:]])
    return Content("\n").join([*first, shorten_content(longer, width)])


def path_text(path: Path, width: int) -> str:
    """Return a path, or the end of it if it is wider than `width` cells."""
    return fitting((str(path), f"…/{path.name}", path.name), width) or shorten(path.name, width)


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


def _trouble(view: RunView, *, steers: bool) -> Content:
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


def _cost(cost: Cost | None) -> str:
    if cost is None:
        return UNKNOWN
    return f"{cost.share:.1%} CPU, {cost.bytes_per_second / 1000:.1f} kB/s, {cost.frames_per_second:.2g} fps"


def _knob(scale: float) -> str:
    return "" if scale == 1 else f"{factor(scale)} of schedule"


def _data(view: RunView) -> str:
    if view.progress is not None:
        return amount(view.progress.done, view.progress.total, view.progress.unit)
    return f"{view.data.name}, {count(view.data.train_size)} images" if view.data else view.config.data.title


def _validation(view: RunView) -> Content | str:
    if view.validation is None:
        return UNKNOWN
    if view.best is None or view.best.loss == view.validation.loss:
        return Content.assemble(f"{view.validation.loss:.2f} ", ("best", "$text-success"))
    return Content.assemble(f"{view.validation.loss:.2f} ", ("best ", "$foreground-muted"), f"{view.best.loss:.2f}")


def _saved(view: RunView) -> Content | str:
    if view.saving is not None:
        return f"writing {count(view.saving)}…"
    if view.saved is None:
        return UNKNOWN
    words = f"step {count(view.saved.step)}"
    return Content.assemble(f"{words} ", ("best", "$text-success")) if view.saved.best else words
