"""The run view: a run's configuration, in as many columns as fit."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from ..state import Fact, RunView, Section, run_sections, shorten
from ..widgets.app_capabilities import capabilities_of
from .base import Dialog
from .columns import GAP, Columns, in_columns

COLUMN_WIDTH = 52
"""Cells below which a column is too narrow to read."""

MAX_COLUMNS = 3
PAINT_SECONDS = 0.5


class RunScreen(Dialog[None]):
    """Show a run's configuration, model, optimizer and environment, and follow changes."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,i,q", "dismiss", "Close")]

    def __init__(self, view: RunView, run_path: Path) -> None:
        super().__init__()
        self._view = view
        self._run_path = run_path

    def compose(self) -> ComposeResult:
        """Compose columns in a scrolling box; columns that do not fit stay empty."""
        with VerticalScroll(classes="dialog whole") as box:
            box.border_title = "Run view"
            box.border_subtitle = "esc closes · arrows scroll"
            yield Columns(MAX_COLUMNS)

    def on_mount(self) -> None:
        """Start following the run."""
        self.set_interval(PAINT_SECONDS, self._paint)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the sections again, once the box has been resized."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        if not self.is_on_stack:
            return
        columns = self.query_one(Columns)
        width = columns.content_size.width
        number = max(1, min(MAX_COLUMNS, width // COLUMN_WIDTH))
        sections = run_sections(self._view, self._run_path, capabilities_of(self.app), self.app.size)
        columns.show(in_columns([section_lines(section, width // number - GAP) for section in sections], number))


def section_lines(section: Section, width: int) -> list[Content]:
    """Return the lines of a section.

    The lines are its title, its facts with aligned values, and an empty line.

    Args:
        section: The section.
        width: Cells of a line, at most.
    """
    lines = [Content.styled(section.title, "bold $text-primary")]
    indent = max(len(fact.label) for fact in section.facts)
    indent = min(indent + 2, width // 2 + 4) if indent else 0
    for fact in section.facts:
        lines += _fact_lines(fact, indent, max(1, width - indent))
    return [*lines, Content()]


def _fact_lines(fact: Fact, indent: int, width: int) -> list[Content]:
    value = textwrap.wrap(fact.value, width, drop_whitespace=False) or [""]
    style = "bold $text-warning" if fact.is_changed else "$foreground"
    if not fact.has_effect:
        style = "dim $foreground-muted"
    lines = [Content.styled(line, style) for line in value]
    if fact.remark:
        if len(value[-1]) + 2 + len(fact.remark) <= width:
            lines[-1] = Content.assemble(lines[-1], ("  " + fact.remark, "$foreground-muted"))
        else:
            lines += [Content.styled(line, "$foreground-muted") for line in textwrap.wrap(fact.remark, width)]
    label = shorten(fact.label, indent - 1).ljust(indent) if indent else ""
    return [
        Content.assemble((label if number == 0 else " " * indent, "$foreground-muted"), line)
        for number, line in enumerate(lines)
    ]
