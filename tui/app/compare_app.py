"""The app that compares runs: it follows their logs, and changes none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from ...core.comparison import ComparedRun
from ..control import Action, rebind
from ..control.compare_actions import COMPARE_ACTIONS
from ..render.run_signs import sign_legend
from ..screens.compare_screen import CompareScreen
from ..screens.copy_screen import Copyable, copyable_of_comparison
from ..screens.explanations import Explanation
from ..screens.help_screen import Legend
from ..widgets.overlay_panel import OverlayPanel
from .actions_app import ActionsApp
from .screen_options import ScreenOptions

FOLLOW_SECONDS = 1.0
"""Time between two looks at the logs."""


class CompareApp(ActionsApp[None]):
    """Shows a comparison of runs until the user leaves.

    Args:
        runs: The runs, which have been read.
        options: The options of the screen.
    """

    TITLE = "vae-tui compare"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in COMPARE_ACTIONS]
    LEGEND = Legend("signs", sign_legend)

    def __init__(self, runs: Sequence[ComparedRun], options: ScreenOptions) -> None:
        super().__init__(options)
        self._runs = runs
        self._actions = rebind(COMPARE_ACTIONS, options.keymap)
        self._comparison = CompareScreen(runs, self._actions, log_scale=options.log_scale)

    @property
    def actions(self) -> Sequence[Action]:
        """The actions on a comparison."""
        return self._actions

    @property
    def explanation(self) -> Explanation | None:
        """What the focused panel shows."""
        return self._comparison.explanation

    @property
    def copyable(self) -> Sequence[Copyable]:
        """The command that compares the runs, and their directories."""
        return copyable_of_comparison([run.path for run in self._runs])

    def get_default_screen(self) -> Screen[None]:
        """Return the screen with the comparison."""
        return self._comparison

    def on_mount(self) -> None:
        """Start following the runs."""
        self.set_interval(FOLLOW_SECONDS, self.follow)
        self.call_after_refresh(lambda: self.remember_changes(self._comparison.query_one(OverlayPanel), "log_scale"))

    def follow(self) -> None:
        """Read what the runs have added, and paint it."""
        known = [run.problem for run in self._runs]
        changed = [run.follow() for run in self._runs]
        for run, problem in zip(self._runs, known, strict=True):
            if run.problem != problem:
                self.notify(run.problem, title=f"the log of {run.name}", severity="error", timeout=10)
        if any(changed):
            self._comparison.paint()
