"""List the actions on a comparison of runs, for key bindings, footer, help and command palette."""

from __future__ import annotations

from collections.abc import Iterator

from .actions import ACTIONS, APP, CURVES, IMAGES, VIEWS, Action, KeyHint

_SHARED = (
    "cursor_left",
    "cursor_right",
    "cursor_left_fast",
    "cursor_right_fast",
    "scale",
    "zoom_in",
    "zoom_out",
    "pan_left",
    "pan_right",
    "cursor_home",
    "cursor_end",
    "focus_next",
)
"""The actions that are the same as on a run."""

_CLASSES = KeyHint(
    ("0-9", "up", "down"), "class", "Class of the samples", "Show the samples of another class of all runs"
)


def _screen(id: str, key: str, label: str, title: str, tooltip: str, group: str, call: str = "") -> Action:
    return Action(id, key, label, title, tooltip, call=f"screen.{call or id}", group=group)


def _class(id: str, key: str, title: str, call: str) -> Action:
    return Action(id, key, "", title, _CLASSES.tooltip, call=f"screen.{call}", family=_CLASSES, group=IMAGES)


def _actions() -> Iterator[Action]:
    """Yield the actions, the most important first."""
    known = {action.id: action for action in ACTIONS}
    yield Action("quit", "q,ctrl+c", "leave", "Leave", "The runs are not changed", group=APP)
    yield Action("help", "question_mark", "help", "Help", "Show every key", group=VIEWS)
    yield _screen("metric", "m", "metric", "Next metric", "Loss, its parts, gradient norm, learning rate", CURVES)
    yield _screen("axis", "t", "axis", "Next axis", "Steps, epochs, or training time without pauses", CURVES)
    yield from (known[id] for id in _SHARED[:4])
    yield from (_class(f"class_{label}", str(label), f"Class {label}", f"show_class({label})") for label in range(10))
    yield _class("class_previous", "up", "Previous class", "step_class(-1)")
    yield _class("class_next", "down", "Next class", "step_class(1)")
    yield _screen("live", "escape", "newest", "Newest values", "Remove the cursor, then show the whole runs", CURVES)
    yield _screen(
        "maximize", "z,enter", "maximize", "Maximize a panel", "Show the focused panel, else the curves, alone", VIEWS
    )
    yield _screen(
        "comparable", "o", "comparable", "Comparable runs only", "Leave out losses that mean something else", CURVES
    )
    yield _screen("span", "f", "span", "Full or recent", "Show the whole runs, or their newest part", CURVES)
    yield from (known[id] for id in _SHARED[4:])
    yield known["copy"]
    yield Action(
        "suspend_process", "ctrl+z", "shell", "Back to the shell", "fg brings the screen back", group=APP, priority=True
    )


COMPARE_ACTIONS: tuple[Action, ...] = tuple(_actions())
"""All actions, the most important first: a narrow footer leaves out the last ones."""
