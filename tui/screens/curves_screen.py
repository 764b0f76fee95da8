"""The base of the screens of panels around curves: keys that move along the axis, and a maximized panel."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from textual import events

from ..widgets.axis_panel import AxisPanel
from .base import SteadyScreen

Curves = TypeVar("Curves", bound=AxisPanel)

ZOOM = 1.5
"""Zoom factor per key press."""

PAN = 8
"""Columns panned per key press."""


class CurvesScreen(SteadyScreen[None], Generic[Curves]):
    """Show panels, one of them with curves.

    Args:
        curves: The panel with the curves.
    """

    AUTO_FOCUS = ""
    ALLOW_IN_MAXIMIZED_VIEW = "KeyFooter"
    ESCAPE_TO_MINIMIZE = False  # `action_live` handles escape

    def __init__(self, curves: Curves) -> None:
        super().__init__()
        self._curves = curves

    @abstractmethod
    def paint(self) -> None:
        """Draw what changed since the last paint; nothing under another screen."""
        ...

    @abstractmethod
    def _arrange(self) -> None:
        """Arrange the panels for the size of the terminal."""
        ...

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panels for the new size."""
        self._arrange()

    def on_screen_resume(self) -> None:
        """Paint what changed while another screen was on top."""
        self._arrange()
        self.paint()

    def watch_maximized(self) -> None:
        """Arrange the panels again: a maximized panel is shown even if it has no region."""
        self._arrange()

    def action_maximize(self) -> None:
        """Maximize the focused panel (by default the curves), or restore the maximized one."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self.focused or self._curves, container=False)

    def action_live(self) -> None:
        """Restore the maximized panel, remove the cursor, or show everything, whichever applies first."""
        if self.maximized is not None:
            self.minimize()
        else:
            self._curves.back_to_newest()

    def action_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the plot."""
        self._curves.move_cursor(columns)

    def action_cursor_end(self, direction: int) -> None:
        """Move the cursor to the first (-1) or the newest (1) position."""
        self._curves.cursor_to_end(direction)

    def action_zoom(self, direction: int) -> None:
        """Show a smaller (1) or a larger (-1) range."""
        self._curves.zoom(ZOOM**direction)

    def action_pan(self, direction: int) -> None:
        """Show an earlier (-1) or a later (1) range."""
        self._curves.pan(PAN * direction)

    def action_span(self) -> None:
        """Switch between everything and its newest part."""
        self._curves.next_span()

    def action_scale(self) -> None:
        """Switch the curves between a linear and a logarithmic scale."""
        self._curves.log_scale = not self._curves.log_scale
