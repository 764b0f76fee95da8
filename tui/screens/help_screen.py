"""The help dialog: the focused panel, the possible actions, and the legend of the marks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from ..control import GROUPS, Action, key_symbols
from ..render.chart.timeline import mark_legend
from ..widgets.app_capabilities import capabilities_of
from ..widgets.block import Block
from .base import Dialog
from .columns import GAP, Columns, in_columns
from .explanations import Explanation, explain

MAX_COLUMNS = 4

FRAME = 7, 3
"""Columns and lines of the box around its content: border, padding and scroll bar."""

TEXT_WIDTH = 96
"""Cells of an explanation's lines, at most: longer lines are hard to read."""

SHORTEST = 28
"""Cells of a text, at least, where there is more than one column."""


@dataclass(frozen=True)
class Entry:
    """One line of the help: what to look for, and what it means."""

    group: str
    keys: str
    title: str
    tooltip: str


class Legend(NamedTuple):
    """A group of the help that explains signs."""

    group: str
    signs: Callable[[bool], list[tuple[str, str, str]]]
    """Returns each sign, its title and its meaning; the argument is whether the terminal has Unicode."""


MARKS = Legend("marks under the curves", mark_legend)


def help_entries(actions: Iterable[Action], unicode: bool, legend: Legend = MARKS) -> list[Entry]:
    """Return the entries of actions, one per family, then those of the signs.

    Args:
        actions: The possible actions.
        unicode: Whether the terminal can show more than ASCII.
        legend: The signs to explain.
    """
    hints = {action.hint: action.group for action in actions}
    keys = [
        Entry(group, key_symbols(hint.keys, unicode), hint.title, hint.tooltip)
        for hint, group in sorted(hints.items(), key=lambda item: GROUPS.index(item[1]))
    ]
    return [*keys, *(Entry(legend.group, *sign) for sign in legend.signs(unicode))]


def help_columns(listed: list[Entry], width: int, height: int) -> list[Content]:
    """Return the help in as few columns as fit a box; if it never fits, in the shortest columns.

    Args:
        listed: The entries.
        width: Cells of the box.
        height: Lines of the box.
    """
    keys = max(len(entry.keys) for entry in listed)
    forms: list[list[Content]] = []
    for number in range(1, MAX_COLUMNS + 1):
        cells = width // number - GAP - keys - 2
        if number > 1 and cells < SHORTEST:
            break
        columns = in_columns(_sections(listed, keys, max(1, cells)), number)
        forms.append([column.rstrip("\n") for column in columns])
    return next((columns for columns in forms if _height(columns) <= height), min(forms, key=_height))


def _sections(listed: list[Entry], keys: int, width: int) -> list[list[Content]]:
    """Return the lines of each group.

    Args:
        listed: The entries.
        keys: Cells of the key column.
        width: Cells of the text beside it.
    """
    titles = max(len(entry.title) for entry in listed)
    if titles + 2 + max(len(entry.tooltip) for entry in listed) > width:
        titles = 0
    sections = []
    for group in dict.fromkeys(entry.group for entry in listed):
        lines = [line for entry in listed if entry.group == group for line in _lines(entry, keys, titles, width)]
        sections.append([Content.assemble(" " * (keys + 2), (group, "bold")), *lines, Content()])
    return sections


def _lines(entry: Entry, keys: int, titles: int, width: int) -> list[Content]:
    """Return an entry's lines: the explanation follows the title, and is wrapped.

    Args:
        entry: The entry.
        keys: Cells of the key column.
        titles: Cells of the title, at least.
        width: Cells of the text beside the keys.
    """
    title = entry.title.ljust(titles)
    first, *more = textwrap.wrap(entry.tooltip, width, initial_indent=" " * (len(title) + 2), break_long_words=False)
    muted = "$foreground-muted"
    return [
        Content.assemble(
            (entry.keys.rjust(keys), "bold $text-primary"), f"  {title}", (first[len(title) :].rstrip(), muted)
        ),
        *(Content.styled(" " * (keys + 2) + line, muted) for line in more),
    ]


def _height(columns: list[Content]) -> int:
    """Return the lines of the tallest column."""
    return max(column.plain.count("\n") + 1 for column in columns)


class HelpScreen(Dialog[None]):
    """Show the keys of the possible actions over the panels.

    Args:
        actions: The possible actions.
        legend: The signs to explain.
        explanation: What to explain before the keys; None: no panel has the focus.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,q", "dismiss", "Close")]

    def __init__(
        self, actions: Iterable[Action], legend: Legend = MARKS, explanation: Explanation | None = None
    ) -> None:
        super().__init__()
        self._explanation = explanation
        self._legend = legend
        self._actions = list(actions)

    def compose(self) -> ComposeResult:
        """Compose a scrolling box."""
        with VerticalScroll(classes="dialog whole") as box:
            box.border_title = "help" if self._explanation else "keys"
            box.border_subtitle = "esc closes · ctrl+p opens the command palette"
            yield Block()
            yield Columns(MAX_COLUMNS)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the form that fits, and fit the box to it."""
        width, height = event.size.width - FRAME[0], event.size.height - FRAME[1]
        if self._explanation is not None:
            text = explain(self._explanation, min(width, TEXT_WIDTH))
            self.query_one(VerticalScroll).query_children(Block).first().show(text)
            height -= text.plain.count("\n") + 1
        columns = help_columns(
            help_entries(self._actions, capabilities_of(self.app).unicode, self._legend), width, height
        )
        self.query_one(Columns).show(columns)
        widest = max(line.cell_length for column in columns for line in column.split())
        is_wide = len(columns) > 1 or self._explanation is not None
        self.query_one(VerticalScroll).styles.width = "100%" if is_wide else widest + GAP + FRAME[0]
