"""The curve panel: metrics over the steps, with their validation values, and a cursor that reads out a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive

from ...core.history import History, Metric
from ..render.canvas import Symbols
from ..render.cells import Cells
from ..render.chart.chart import ChartView, PlotArea
from ..render.chart.curve_data import CurveData
from ..render.chart.curve_picture import CURVES, curve_grid, draw_curves
from ..render.chart.ink import Ink
from ..render.chart.readout import NAMES
from ..state import Viewport
from .cells_panel import CellsPanel

METRICS: tuple[Metric | Literal["all"], ...] = (*CURVES, "all")
"""What the panel can show, in the order of its key: one metric, or all of them as small multiples."""

WHEEL = 1.25
"""How far a notch of the mouse wheel zooms."""

WHEEL_COLUMNS = 4
"""How far a notch pans."""


class CurvePanel(CellsPanel):
    """Shows a metric's spread faint, its smoothed course bright, and the validation values joined and marked."""

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
    """The step that is read out; None shows the newest values."""
    viewport: reactive[Viewport] = reactive(Viewport(), repaint=False)
    symbols: reactive[Symbols | None] = reactive[Symbols | None](None, repaint=False)
    """What the curves are drawn with; None for what the terminal can show."""

    class CursorMoved(Message):
        """The cursor is at another step now; None: there is none."""

        def __init__(self, step: int | None) -> None:
            super().__init__()
            self.step = step

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._data = CurveData(history)
        self._drawn_version = -1
        self._places: list[PlotArea] = []
        """Where the plots are, in the picture that was drawn last."""
        self._name_metric()

    # What it shows

    def repaint(self) -> None:
        """Show what has been added to the history since the last time."""
        if self._drawn_version != self._history.version:
            self.cursor = self.cursor  # a rewind may have taken its step
            self.redraw()

    def validate_cursor(self, step: int | None) -> int | None:
        """Only a step that has been measured can be read out."""
        first, last = self._known
        return None if step is None or last < first else min(last, max(first, step))

    def watch_cursor(self, step: int | None) -> None:
        """Read out another step, and scroll to it."""
        if step is not None:
            self.viewport = self.viewport.show(step, *self._known)
        self.redraw()
        self.post_message(self.CursorMoved(step))

    def watch_metric(self) -> None:
        """Show another metric."""
        self._name_metric()
        self.redraw()

    def watch_log_scale(self) -> None:
        """Show the metric on another scale."""
        self._name_metric()
        self.redraw()

    def watch_viewport(self) -> None:
        """Show other steps."""
        self.redraw()

    def watch_symbols(self) -> None:
        """Draw with other symbols."""
        self.redraw()

    def on_resize(self) -> None:
        """Say which metrics have room."""
        self._name_metric()

    # Where it looks

    def set_cursor(self, step: int | None) -> None:
        """Read out a step, the nearest one that has been measured; None: show the newest values again."""
        self.cursor = step

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the plot, at least one step; without one, begin at the newest step in view."""
        place = self._place
        if place is not None:
            self.cursor = replace(place.steps, first=self._shown[0], last=self._shown[1]).moved(self._focus, columns)

    def cursor_home(self) -> None:
        """Read out the first step that is known."""
        self.cursor = self._known[0]

    def cursor_end(self) -> None:
        """Read out the newest step."""
        self.cursor = self._known[1]

    def back_to_live(self) -> None:
        """Show the newest values again; without a cursor, the whole run."""
        if self.cursor is None:
            self.viewport = Viewport()
        self.cursor = None

    def zoom(self, factor: float) -> None:
        """Show 1 / `factor` as many steps, around the cursor or else the newest step in view."""
        self.viewport = self.viewport.zoom(factor, self._focus, *self._known)

    def pan(self, columns: int) -> None:
        """Move the view by columns of the plot, to later steps where `columns` is positive."""
        first, last = self._shown
        if self._place is not None:
            steps = max(1, round(abs(columns) * (last - first + 1) / self._place.steps.width))
            self.viewport = self.viewport.pan(steps if columns > 0 else -steps, *self._known)

    def next_span(self) -> None:
        """Show the newest steps after the whole run, and the whole run after everything else."""
        self.viewport = self.viewport.next_span()

    def on_click(self, event: events.Click) -> None:
        """Read out the step that was clicked on."""
        if (step := self._step_under(event)) is not None:
            self.cursor = step

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in at the pointer, or pan to earlier steps."""
        self._wheel(event, WHEEL, -WHEEL_COLUMNS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out at the pointer, or pan to later steps."""
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
            self.viewport = self.viewport.zoom(factor, step, *self._known)

    def _step_under(self, event: events.MouseEvent) -> int | None:
        y, x = event.screen_y - self.content_region.y, event.screen_x - self.content_region.x
        return next((place.steps.step_at(x - place.x + 0.5) for place in self._places if place.has(y, x)), None)

    @property
    def _known(self) -> tuple[int, int]:
        return self._history.first_step, self._history.last_step

    @property
    def _shown(self) -> tuple[int, int]:
        return self.viewport.range(*self._known)

    @property
    def _focus(self) -> int:
        """The step that keys refer to."""
        return self.cursor if self.cursor is not None else min(self._known[1], self._shown[1])

    @property
    def _place(self) -> PlotArea | None:
        return self._places[0] if self._places else None

    # How it is drawn

    def make_styles(self) -> Sequence[Style]:
        """The styles of `Ink`."""
        names = [f"curves--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK]
        return [self.rich_style, *(self.get_component_rich_style(name) for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """A legend or what is known of the cursor's step, the charts below it."""
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

    def _name_metric(self) -> None:
        name = NAMES["loss" if self.metric == "all" else self.metric][2]
        if self.metric == "all":
            width, height = self.content_size
            name = "all metrics" if curve_grid(height, width) else f"{name} (all need more room)"
        self.border_title = name + (", log scale" if self.log_scale else "")
