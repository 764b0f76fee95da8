"""The help dialog, generated from the list of actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from ..control import Action
from .base import Dialog
from .columns import GAP, Columns, in_columns

MAX_COLUMNS = 4


@dataclass(frozen=True)
class Entry:
    """One line of the help: an action, or a family of actions."""

    group: str
    keys: str
    title: str
    tooltip: str


def help_entries(actions: Iterable[Action]) -> list[Entry]:
    """Return the help entries of actions, in order, one per family."""
    found = {
        action.family or action.id: (
            Entry(action.group, action.family.keys, action.family.title, action.family.tooltip)
            if action.family
            else Entry(action.group, action.key_display or action.key, action.title, action.tooltip)
        )
        for action in actions
    }
    return list(found.values())


def help_columns(listed: list[Entry], width: int, height: int) -> list[Content]:
    """Return the help as columns that fit a box.

    The help includes explanations if all of it fits with them.

    If not even the short form fits, use the form with the shortest columns; the box scrolls.

    Args:
        listed: The entries.
        width: Cells of the box.
        height: Lines of the box.
    """
    forms = list(_forms(listed, width))
    return next((columns for columns in forms if _height(columns) <= height), min(forms, key=_height))


def _forms(listed: list[Entry], width: int) -> Iterator[list[Content]]:
    """Yield the help in every form that fits the width, best first."""
    keys = max(len(entry.keys) for entry in listed)
    titles = max(len(entry.title) for entry in listed)
    for with_tooltips in (True, False):
        tooltips = max(len(entry.tooltip) for entry in listed) + 2 if with_tooltips else 0
        most = min(MAX_COLUMNS, width // (keys + 2 + titles + tooltips + GAP))
        for number in range(most, 0, -1):
            yield in_columns(_sections(listed, keys, titles if with_tooltips else 0), number)
    if width < keys + 2 + titles + GAP:
        yield in_columns(_sections(listed, keys, 0), 1)


def _sections(listed: list[Entry], keys: int, titles: int) -> list[list[Content]]:
    """Return the lines of each group.

    Args:
        listed: The entries.
        keys: Cells of the key column.
        titles: Cells of the title column; 0 omits the explanations.
    """
    sections = []
    for group in dict.fromkeys(entry.group for entry in listed):
        lines = [
            Content.assemble(
                (entry.keys.rjust(keys), "bold $text-primary"),
                f"  {entry.title:<{titles}}",
                *([(f"  {entry.tooltip}", "$foreground-muted")] if titles else []),
            )
            for entry in listed
            if entry.group == group
        ]
        heading = [Content.assemble(" " * (keys + 2), (group, "bold"))] if group else []
        sections.append([*heading, *lines, Content()])
    return sections


def _height(columns: list[Content]) -> int:
    """Return the lines of the tallest column.

    The empty line under its last section does not count.
    """
    return max(column.plain.count("\n") for column in columns)


class HelpScreen(Dialog[None]):
    """Show every key over the panels."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,q", "dismiss", "Close")]

    def __init__(self, actions: Iterable[Action]) -> None:
        super().__init__()
        self._entries = help_entries(actions)

    def compose(self) -> ComposeResult:
        """Compose a scrolling box."""
        with VerticalScroll(classes="dialog whole") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes · ctrl+p opens the command palette"
            yield Columns(MAX_COLUMNS)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the form that fits, once the box has been resized."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        if not self.is_on_stack:
            return
        box = self.query_one(VerticalScroll)
        columns = help_columns(self._entries, box.content_size.width, box.content_size.height)
        self.query_one(Columns).show(columns)
