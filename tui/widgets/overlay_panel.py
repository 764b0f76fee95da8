"""The overlay panel: one metric of several runs, with a cursor that reads out all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive

from ...core.comparison import AXES, Axis, ComparedRun
from ...core.protocol import LOSS_METRICS, METRICS, Metric
from ..render.cells import Cells
from ..render.chart.chart import PlotArea
from ..render.chart.ink import Ink
from ..render.chart.overlay import OverlayView, draw_overlay
from ..render.chart.position_axis import AXIS_NAMES
from ..render.chart.readout import NAMES
from ..render.run_signs import doubt_sign
from ..state import Viewport
from ..state.comparison_rows import doubts_of
from .cells_panel import CellsPanel
from .curve_panel import WHEEL, WHEEL_COLUMNS
from .run_styles import run_styles


class OverlayPanel(CellsPanel):
    """Show the smoothed metric of each run as a line, and its validation values as marks.

    Args:
        runs: The runs, in the order of their letters.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"overlay--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK}

    DEFAULT_CSS = """
    OverlayPanel {
        & > .overlay--axis { color: $text-muted; }
        & > .overlay--text { color: $foreground; }
        & > .overlay--cursor { color: $foreground; text-style: bold; }
        & > .overlay--range { color: $text-warning; }
    }
    """

    metric: reactive[Metric] = reactive[Metric]("loss", repaint=False)
    axis: reactive[Axis] = reactive[Axis]("step", repaint=False)
    log_scale: reactive[bool] = reactive(False, repaint=False)
    only_comparable: reactive[bool] = reactive(False, repaint=False)
    """Whether to leave out the curves of runs whose losses do not compare with the first run's."""
    cursor: reactive[int | None] = reactive[int | None](None, repaint=False, init=False)
    """The position whose values are shown; None shows the newest values."""
    viewport: reactive[Viewport] = reactive(Viewport(), repaint=False)

    class CursorMoved(Message):
        """Posted when the cursor moved, or was removed (None), or its axis changed."""

        def __init__(self, axis: Axis, position: int | None) -> None:
            super().__init__()
            self.axis: Axis = axis
            self.position = position

    def __init__(self, runs: Sequence[ComparedRun]) -> None:
        super().__init__()
        self._runs = runs
        self._doubts = doubts_of(runs)
        self._place: PlotArea | None = None
        self.border_title = self._title()

    # Content

    def repaint(self) -> None:
        """Draw what the runs have added."""
        self._doubts = doubts_of(self._runs)
        self.redraw()

    def next_metric(self) -> None:
        """Show the next metric."""
        self.metric = METRICS[(METRICS.index(self.metric) + 1) % len(METRICS)]

    def next_axis(self) -> None:
        """Show the curves on the next axis; the cursor stays at its step of the first run that has the step."""
        axis = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        moved = None
        if self.cursor is not None:
            steps = ((run, run.step_at(self.axis, self.cursor)) for run in self._runs)
            moved = next((run.position(axis, step) for run, step in steps if step is not None), None)
        with self.prevent(self.CursorMoved):
            self.cursor = None
        self.viewport = Viewport()
        self.axis = axis
        self.cursor = moved
        self.post_message(self.CursorMoved(axis, moved))

    def validate_cursor(self, position: int | None) -> int | None:
        """Clamp the cursor to the measured positions."""
        first, last = self._known
        return None if position is None or last < first else min(last, max(first, position))

    def watch_cursor(self, position: int | None) -> None:
        """Show the values of another position, and scroll to it."""
        if position is not None:
            self.viewport = self.viewport.show(position, *self._span)
        self.redraw()
        self.post_message(self.CursorMoved(self.axis, position))

    def watch_metric(self) -> None:
        """Show another metric."""
        self.redraw()

    def watch_axis(self) -> None:
        """Show another axis."""
        self.redraw()

    def watch_log_scale(self) -> None:
        """Switch between the linear and the logarithmic scale."""
        self.redraw()

    def watch_only_comparable(self) -> None:
        """Show or leave out the curves that do not compare."""
        self.redraw()

    def watch_viewport(self) -> None:
        """Show another range."""
        self.redraw()

    def redraw(self) -> None:
        """Draw the chart, and name it in the title."""
        title = self._title()
        if self.border_title != title:  # assigning it redraws the whole panel
            self.border_title = title
        super().redraw()

    # Cursor and viewport

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the plot; without a cursor, start at the newest visible position."""
        if self._place is not None:
            scale = replace(self._place.steps, first=self._shown[0], last=self._shown[1])
            self.cursor = scale.moved(self._focus, columns)

    def cursor_to_end(self, direction: int) -> None:
        """Move the cursor to the first (-1) or the newest (1) position."""
        self.cursor = self._known[0 if direction < 0 else 1]

    def back_to_newest(self) -> None:
        """Remove the cursor; without a cursor, show the whole runs."""
        if self.cursor is None:
            self.viewport = Viewport()
        self.cursor = None

    def zoom(self, factor: float) -> None:
        """Show 1 / `factor` of the range around the cursor, or the newest visible position."""
        self.viewport = self.viewport.zoom(factor, self._focus, *self._span)

    def pan(self, columns: int) -> None:
        """Pan by columns of the plot; positive `columns` pan to later positions."""
        first, last = self._shown
        if self._place is not None:
            positions = max(1, round(abs(columns) * (last - first + 1) / self._place.steps.width))
            self.viewport = self.viewport.pan(positions if columns > 0 else -positions, *self._span)

    def next_span(self) -> None:
        """Switch between the newest part and the whole runs."""
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

    def _wheel(self, event: events.MouseEvent, factor: float, columns: int) -> None:
        if event.shift:
            self.pan(columns)
        elif (position := self._position_under(event)) is not None:
            self.viewport = self.viewport.zoom(factor, position, *self._span)

    def _position_under(self, event: events.MouseEvent) -> int | None:
        y, x = event.screen_y - self.content_region.y, event.screen_x - self.content_region.x
        place = self._place
        return place.steps.step_at(x - place.x + 0.5) if place and place.has(y, x) else None

    @property
    def _known(self) -> tuple[int, int]:
        spans = [span for run in self._runs if (span := run.spans(self.axis))[0] <= span[1]]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (1, 0)

    @property
    def _span(self) -> tuple[int, int, int | None]:
        """The first and the last known position, and the last one that a run will have."""
        finals = [run.final(self.axis) for run in self._runs if run.history.last_step >= run.history.first_step]
        known = [final for final in finals if final is not None]
        first = self._known[0] if self.axis == "step" else 0
        return first, self._known[1], max(known) if known and len(known) == len(finals) else None

    @property
    def _shown(self) -> tuple[int, int]:
        return self.viewport.range(*self._span)

    @property
    def _focus(self) -> int:
        return self.cursor if self.cursor is not None else min(self._known[1], self._shown[1])

    # Drawing

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of `Ink`, then of the runs."""
        names = [f"overlay--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK]
        words = [self.get_component_rich_style(name) for name in names]
        return [self.rich_style, *words, *run_styles(self.rich_style, self.terminal.colors)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the values of all runs above the chart."""
        terminal = self.terminal
        doubts = self._doubts
        left_out = [self._leaves_out and any(doubt.extent == "all" for doubt in found) for found in doubts]
        view = OverlayView(
            metric=self.metric,
            axis=self.axis,
            shown=self._shown,
            known=self._known,
            cursor=self.cursor,
            log=self.log_scale,
            symbols="braille" if terminal.unicode else "ascii",
            colors=terminal.colors != "none",
            marks=[doubt_sign(found, unicode=terminal.unicode) for found in doubts],
            left_out=left_out,
        )
        cells, self._place = draw_overlay(self._runs, view, height, width)
        return cells

    @property
    def _leaves_out(self) -> bool:
        return self.only_comparable and self.metric in LOSS_METRICS

    def _title(self) -> str:
        """Return the name of the metric, the axis, and what the user has chosen."""
        facts = (
            (True, f"{NAMES[self.metric][2]}, by {AXIS_NAMES[self.axis]}"),
            (not self.viewport.is_full, "a part"),
            (self.log_scale, "log scale"),
            (self._leaves_out, "comparable runs only"),
        )
        return ", ".join(text for holds, text in facts if holds)
