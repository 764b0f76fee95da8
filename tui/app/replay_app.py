"""The app on a replay: the same panels, and the words for what its keys do there."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from ..control.actions import ACTIONS, Action
from ..control.replay_steering import worded
from .app import VaeTuiApp


class ReplayApp(VaeTuiApp):
    """Shows a replay and lets the user play it."""

    CSS_PATH = "app.tcss"
    LISTED: ClassVar[tuple[Action, ...]] = tuple(worded(action) for action in ACTIONS)
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in LISTED]
