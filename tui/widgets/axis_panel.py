"""The base of the panels of curves: a cursor on the axis, and the part of the axis that is shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.message import Message
from textual.reactive import reactive

from ..render.chart.chart import PlotArea
from ..state import Viewport
from .cells_panel import CellsPanel

WHEEL = 1.25
"""Zoom factor per notch of the mouse wheel."""

WHEEL_COLUMNS = 4
"""Columns panned per notch of the mouse wheel."""


class AxisPanel(CellsPanel):
    """Show curves over whole positions, such as steps, with a cursor that keys and mouse move.

    Args:
        log_scale: Whether the axis of the values is logarithmic at first.
    """

    log_scale: reactive[bool] = reactive(False, repaint=False)
    cursor: reactive[int | None] = reactive[int | None](None, repaint=False, init=False)
    """The position whose values are shown; None shows the newest values."""
    viewport: reactive[Viewport] = reactive(Viewport(), repaint=False)

    _places: Sequence[PlotArea] = ()
    """The areas of the plots in the picture drawn last."""

    def __init__(self, *, log_scale: bool = False) -> None:
        super().__init__()
        self.set_reactive(AxisPanel.log_scale, log_scale)

    @property
    @abstractmethod
    def _known(self) -> tuple[int, int]:
        """The first and the last measured position; the last is below the first if there is none."""
        ...

    @property
    @abstractmethod
    def _span(self) -> tuple[int, int, int | None]:
        """The first and the last known position, and the last one to come, if it is known."""
        ...

    @abstractmethod
    def _moved(self, position: int | None) -> Message:
        """Return the message to post when the cursor has moved, or was removed (None)."""
        ...

    @abstractmethod
    def _title(self) -> str:
        """Return what is shown."""
        ...

    def validate_cursor(self, position: int | None) -> int | None:
        """Clamp the cursor to the measured positions."""
        first, last = self._known
        return None if position is None or last < first else min(last, max(first, position))

    def watch_cursor(self, position: int | None) -> None:
        """Show the values of another position, and scroll to it."""
        if position is not None:
            self.viewport = self.viewport.show(position, *self._span)
        self.redraw()
        self.post_message(self._moved(position))

    def watch_log_scale(self) -> None:
        """Switch between the linear and the logarithmic scale."""
        self.redraw()

    def watch_viewport(self) -> None:
        """Show another range."""
        self.redraw()

    def redraw(self) -> None:
        """Draw the charts, and name them in the title."""
        title = self._title()
        if self.border_title != title:  # assigning it redraws the whole panel
            self.border_title = title
        super().redraw()

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the plot, at least one position.

        Without a cursor, start at the newest visible position.
        """
        if self._places:
            scale = replace(self._places[0].steps, first=self._shown[0], last=self._shown[1])
            self.cursor = scale.moved(self._focus, columns)

    def cursor_to_end(self, direction: int) -> None:
        """Move the cursor to the first (-1) or the newest (1) position."""
        self.cursor = self._known[0 if direction < 0 else 1]

    def back_to_newest(self) -> None:
        """Remove the cursor; without a cursor, show everything."""
        if self.cursor is None:
            self.viewport = Viewport()
        self.cursor = None

    def zoom(self, factor: float) -> None:
        """Show 1 / `factor` of the range around the cursor, or the newest visible position."""
        self.viewport = self.viewport.zoom(factor, self._focus, *self._span)

    def pan(self, columns: int) -> None:
        """Pan by columns of the plot; positive `columns` pan to later positions."""
        first, last = self._shown
        if self._places:
            positions = max(1, round(abs(columns) * (last - first + 1) / self._places[0].steps.width))
            self.viewport = self.viewport.pan(positions if columns > 0 else -positions, *self._span)

    def next_span(self) -> None:
        """Switch between the newest part and everything."""
        self.viewport = self.viewport.next_span()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked position."""
        if (position := self._position_under(event)) is not None:
            self.cursor = position

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in at the pointer, or pan to earlier positions with shift."""
        self._wheel(event, WHEEL, -WHEEL_COLUMNS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out at the pointer, or pan to later positions with shift."""
        self._wheel(event, 1 / WHEEL, WHEEL_COLUMNS)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Pan to earlier positions."""
        self.pan(-WHEEL_COLUMNS)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Pan to later positions."""
        self.pan(WHEEL_COLUMNS)

    def _wheel(self, event: events.MouseEvent, factor: float, columns: int) -> None:
        if event.shift:
            self.pan(columns)
        elif (position := self._position_under(event)) is not None:
            self.viewport = self.viewport.zoom(factor, position, *self._span)

    def _position_under(self, event: events.MouseEvent) -> int | None:
        y, x = event.screen_y - self.content_region.y, event.screen_x - self.content_region.x
        return next((place.steps.step_at(x - place.x + 0.5) for place in self._places if place.has(y, x)), None)

    @property
    def _shown(self) -> tuple[int, int]:
        return self.viewport.range(*self._span)

    @property
    def _focus(self) -> int:
        """The position that keys act on: the cursor, or the newest visible one."""
        return self.cursor if self.cursor is not None else min(self._known[1], self._shown[1])
