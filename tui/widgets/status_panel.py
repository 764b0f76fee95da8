"""The status panel: one row per fact, redrawn only when its text changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ..session import Role
from ..state import Cost, RunView, fitting, shorten, shorten_end
from .block import Block
from .status_rows import LABEL_WIDTH, Value, cost_text, rows, trouble

OPTIONAL = ("rate", "beta", "speed", "images", "active", "test", "system", "device", "disk")
"""Rows that are hidden while they are empty."""

TEXTS = ("trouble", "note")
"""Rows that may take several lines."""

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
            "screen": cost_text(cost),
        }
        self._texts = {
            "trouble": trouble(view, steers=self._steers),
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
