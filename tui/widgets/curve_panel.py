"""The curve panel: metrics by step, with their validation values and a step cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive

from ...core.history import History
from ...core.protocol import Metric
from ..render.canvas import Symbols
from ..render.cells import Cells
from ..render.chart.chart import ChartView, PlotArea
from ..render.chart.curve_data import CurveData
from ..render.chart.curve_picture import CURVES, curve_grid, draw_curves
from ..render.chart.ink import Ink
from ..render.chart.readout import NAMES
from ..state import Viewport
from .cells_panel import CellsPanel

CURVE_CHOICES: tuple[Metric | Literal["all"], ...] = (*CURVES, "all")
"""What the panel can show, in the order of the metric key: one metric, or all of them as small multiples."""

WHEEL = 1.25
"""Zoom factor per notch of the mouse wheel."""

WHEEL_COLUMNS = 4
"""Columns panned per notch of the mouse wheel."""


class CurvePanel(CellsPanel):
    """Show metrics by step.

    The spread is dim, the smoothed curve bright, and the validation values are joined and marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"curves--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK}

    DEFAULT_CSS = """
    CurvePanel {
        & > .curves--axis { color: $text-muted; }
        & > .curves--envelope { color: $primary 60%; }
        & > .curves--curve { color: $text-primary; }
        & > .curves--points { color: $text-warning; }
        & > .curves--best { color: $text-success; }
        & > .curves--clipped { color: $text-error; }
        & > .curves--text { color: $foreground; }
        & > .curves--cursor { color: $foreground; text-style: bold; }
        & > .curves--event { color: $foreground; }
        & > .curves--alert { color: $text-error; text-style: bold; }
        & > .curves--range { color: $text-warning; }
    }
    """

    metric: reactive[Metric | Literal["all"]] = reactive[Metric | Literal["all"]]("loss", repaint=False)
    log_scale: reactive[bool] = reactive(False, repaint=False)
    cursor: reactive[int | None] = reactive[int | None](None, repaint=False, init=False)
    """The step whose values are shown; None shows the newest values."""
    viewport: reactive[Viewport] = reactive(Viewport(), repaint=False)
    symbols: reactive[Symbols | None] = reactive[Symbols | None](None, repaint=False)
    """The symbols of the curves; None chooses by the terminal's capabilities."""

    class CursorMoved(Message):
        """Posted when the cursor moved to another step, or was removed (None)."""

        def __init__(self, step: int | None) -> None:
            super().__init__()
            self.step = step

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._data = CurveData(history)
        self._drawn_version = -1
        self._places: list[PlotArea] = []
        """The areas of the plots in the picture drawn last."""
        self.border_title = self._title()

    # Content

    def repaint(self) -> None:
        """Draw what was added to the history since the last drawing."""
        if self._drawn_version != self._history.version:
            self.cursor = self.cursor  # validate it again: a rewind may have removed its step
            self.redraw()

    def validate_cursor(self, step: int | None) -> int | None:
        """Clamp the cursor to the steps that have been measured."""
        first, last = self._known
        return None if step is None or last < first else min(last, max(first, step))

    def watch_cursor(self, step: int | None) -> None:
        """Show another step's values, and scroll to the step."""
        if step is not None:
            self.viewport = self.viewport.show(step, *self._span)
        self.redraw()
        self.post_message(self.CursorMoved(step))

    def watch_metric(self) -> None:
        """Show another metric."""
        self.redraw()

    def watch_log_scale(self) -> None:
        """Switch between the linear and the logarithmic scale."""
        self.redraw()

    def watch_viewport(self) -> None:
        """Show another range of steps."""
        self.redraw()

    def watch_symbols(self) -> None:
        """Draw with other symbols."""
        self.redraw()

    def redraw(self) -> None:
        """Draw the charts, and name them in the title."""
        title = self._title()
        if self.border_title != title:  # assigning it redraws the whole panel
            self.border_title = title
        super().redraw()

    # Cursor and viewport

    def set_cursor(self, step: int | None) -> None:
        """Move the cursor to the measured step nearest to `step`; None removes the cursor."""
        self.cursor = step

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the plot, at least one step.

        Without a cursor, start at the newest visible step.
        """
        place = self._place
        if place is not None:
            self.cursor = replace(place.steps, first=self._shown[0], last=self._shown[1]).moved(self._focus, columns)

    def cursor_home(self) -> None:
        """Move the cursor to the first known step."""
        self.cursor = self._known[0]

    def cursor_end(self) -> None:
        """Move the cursor to the newest step."""
        self.cursor = self._known[1]

    def back_to_live(self) -> None:
        """Remove the cursor; without a cursor, show the whole run."""
        if self.cursor is None:
            self.viewport = Viewport()
        self.cursor = None

    def zoom(self, factor: float) -> None:
        """Show 1 / `factor` as many steps around the cursor.

        Without a cursor, around the newest visible step.
        """
        self.viewport = self.viewport.zoom(factor, self._focus, *self._span)

    def pan(self, columns: int) -> None:
        """Pan by columns of the plot; positive `columns` pan to later steps."""
        first, last = self._shown
        if self._place is not None:
            steps = max(1, round(abs(columns) * (last - first + 1) / self._place.steps.width))
            self.viewport = self.viewport.pan(steps if columns > 0 else -steps, *self._span)

    def next_span(self) -> None:
        """Switch between the newest steps and the whole run."""
        self.viewport = self.viewport.next_span()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked step."""
        if (step := self._step_under(event)) is not None:
            self.cursor = step

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in at the pointer, or pan to earlier steps with shift."""
        self._wheel(event, WHEEL, -WHEEL_COLUMNS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out at the pointer, or pan to later steps with shift."""
        self._wheel(event, 1 / WHEEL, WHEEL_COLUMNS)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Pan to earlier steps."""
        self.pan(-WHEEL_COLUMNS)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Pan to later steps."""
        self.pan(WHEEL_COLUMNS)

    def _wheel(self, event: events.MouseEvent, factor: float, columns: int) -> None:
        if event.shift:
            self.pan(columns)
        elif (step := self._step_under(event)) is not None:
            self.viewport = self.viewport.zoom(factor, step, *self._span)

    def _step_under(self, event: events.MouseEvent) -> int | None:
        y, x = event.screen_y - self.content_region.y, event.screen_x - self.content_region.x
        return next((place.steps.step_at(x - place.x + 0.5) for place in self._places if place.has(y, x)), None)

    @property
    def _known(self) -> tuple[int, int]:
        return self._history.first_step, self._history.last_step

    @property
    def _span(self) -> tuple[int, int, int | None]:
        """The known steps, and the last step of the run."""
        return *self._known, self._history.final_step

    @property
    def _shown(self) -> tuple[int, int]:
        return self.viewport.range(*self._span)

    @property
    def _focus(self) -> int:
        """The step that keys act on: the cursor, or the newest visible step."""
        return self.cursor if self.cursor is not None else min(self._known[1], self._shown[1])

    @property
    def _place(self) -> PlotArea | None:
        return self._places[0] if self._places else None

    # Drawing

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of `Ink`."""
        names = [f"curves--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK]
        return [self.rich_style, *(self.get_component_rich_style(name) for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the charts below a legend or the values of the cursor's step."""
        self._drawn_version = self._history.version
        terminal = self.terminal
        view = ChartView(
            steps=self._shown,
            known=self._known,
            marks=self._history.marks(*self._shown),
            cursor=self.cursor,
            log=self.log_scale,
            symbols=self.symbols or ("braille" if terminal.unicode else "ascii"),
            colors=terminal.colors != "none",
        )
        cells, self._places = draw_curves(self._data, self.metric, view, height, width)
        return cells

    def _title(self) -> str:
        """Return the name of the metric, the shown steps unless they are all, and the scale."""
        _, word, name = NAMES["loss" if self.metric == "all" else self.metric]
        if self.metric == "all":
            width, height = self.content_size
            word = name = "all metrics" if curve_grid(height, width) else f"{name} (all need more room)"
        if not self.viewport.is_full:
            first, last = self._shown
            name = f"{word}, steps {first:,}-{last:,}"
        return name + (", log scale" if self.log_scale else "")
