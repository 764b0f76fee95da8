"""List the actions on a library of runs, for key bindings, footer, help and command palette."""

from __future__ import annotations

from dataclasses import replace

from ...core.comparison import MAX_RUNS
from ...core.library import LibraryRun
from .actions import APP, RUNS, VIEWS, Action, KeyHint

_MOVE = KeyHint(("up", "down"), "move", "Select a run", "Page up, page down, home and end go further")
_SORT = KeyHint(("s", "S"), "sort", "Sort", "By the next column; S turns the order around")


def _screen(id: str, key: str, label: str, title: str, tooltip: str, group: str = RUNS, call: str = "") -> Action:
    return Action(id, key, label, title, tooltip, call=f"screen.{call or id}", group=group)


def _member(id: str, key: str, title: str, call: str, family: KeyHint) -> Action:
    return Action(id, key, "", title, family.tooltip, call=f"screen.{call}", family=family, group=VIEWS)


BROWSE_ACTIONS: tuple[Action, ...] = (
    Action("quit", "q,ctrl+c", "leave", "Leave", "The runs are not changed", call="screen.leave", group=APP),
    Action("help", "question_mark", "help", "Help", "Show every key", group=VIEWS),
    _screen("open", "enter", "open", "Open the run", "Attach to a live run, replay another one"),
    Action(
        "filter",
        "slash",
        "filter",
        "Filter",
        "Words, data:mnist, state:live, tag:good, loss<90, lr>1e-3, seed=1",
        call="screen.filter",
        group=VIEWS,
        priority=True,  # handled before the next key is looked at: that one is for the filter
    ),
    _screen("clear", "escape", "clear", "Show all runs", "Remove the filter, then the marks", VIEWS),
    _member("sort", "s", "Sort by the next column", "sort", _SORT),
    _member("reverse", "S", "Turn the order around", "reverse", _SORT),
    _screen("mark", "space", "mark", "Mark the run", f"Up to {MAX_RUNS}, to compare them"),
    _screen("compare", "c", "compare", "Compare", "The marked runs: settings, curves and samples"),
    _screen("resume", "r", "resume", "Resume the run", "Train on from its last checkpoint"),
    _screen("note", "n", "note", "Note", "Write a line about the run"),
    _screen("tags", "t", "tags", "Tags", "Give the run words to find it by"),
    _screen("delete", "D", "delete", "Delete the run", "Ask, then move it to the trash"),
    _screen("undo", "u", "undo", "Undo a deletion", "Bring back the run that was deleted last"),
    Action("copy", "y", "copy", "Copy", "A path or command of the run", group=APP),
    _member("up", "up,k", "Run above", "move(-1)", _MOVE),
    _member("down", "down,j", "Run below", "move(1)", _MOVE),
    _member("page_up", "pageup", "Page up", "page(-1)", _MOVE),
    _member("page_down", "pagedown", "Page down", "page(1)", _MOVE),
    _member("first", "home,g", "First run", "move_to_end(-1)", _MOVE),
    _member("last", "end,G", "Last run", "move_to_end(1)", _MOVE),
    Action(
        "suspend_process", "ctrl+z", "shell", "Back to the shell", "fg brings the screen back", group=APP, priority=True
    ),
)
"""All actions, the most important first: a narrow footer leaves out the last ones."""


def possible_browse_actions(
    run: LibraryRun | None, *, marked: int, is_filtered: bool, has_deleted: bool
) -> list[Action]:
    """Return the actions that do something now, with their texts, the most important first.

    Args:
        run: The selected run; None without one.
        marked: How many runs are marked.
        is_filtered: Whether there is a filter.
        has_deleted: Whether a run can be brought back.
    """
    useful = {"clear": is_filtered or marked > 0, "undo": has_deleted, "compare": marked > 1}
    actions = [
        action
        for action in BROWSE_ACTIONS
        if useful.get(action.id, True) and not why_not_browse(action.id, run, marked=marked)
    ]
    return [_reword(action, run) for action in actions]


def why_not_browse(action_id: str, run: LibraryRun | None, *, marked: int) -> str:
    """Return why an action on a run is not possible now, for the user, or an empty text.

    Args:
        action_id: The action.
        run: The selected run; None without one.
        marked: How many runs are marked.
    """
    if action_id == "compare":
        return "" if marked > 1 else "Mark two runs or more with space, then compare them."
    if action_id not in ("open", "resume", "mark", "note", "tags", "copy", "delete"):
        return ""
    if run is None:
        return "There is no run here."
    if action_id in ("open", "resume", "mark") and run.summary.problem:
        return f"{run.name} cannot be read: {run.summary.problem}"
    if run.is_live and action_id == "resume":
        return f"{run.name} is live already; enter attaches to it."
    if run.is_live and action_id == "delete":
        return f"{run.name} is live; stop it first: enter attaches, then q."
    return ""


def _reword(action: Action, run: LibraryRun | None) -> Action:
    """Return an action with the texts that hold for the selected run."""
    if action.id == "open" and run is not None:
        word = "attach" if run.is_live else "replay"
        return replace(action, label=word)
    return action
