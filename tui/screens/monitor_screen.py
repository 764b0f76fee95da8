"""The main screen: all panels, arranged by terminal size."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from ...core.history import History
from ...core.protocol import (
    Evaluated,
    Event,
    Examples,
    KnobsChanged,
    Metrics,
    ModelReady,
    Reconstructed,
    Rewound,
    Stop,
)
from ...core.run import PictureArchive
from ..control import Keymap, Pending, Situation, possible_actions
from ..render.chart.curve_data import EarlierRun
from ..session import Role
from ..state import Cost, LogWriter, PicturePace, RunView, has_other_classes
from ..widgets.curve_panel import CURVE_CHOICES, CurvePanel
from ..widgets.images_panel import ImagesPanel
from ..widgets.key_footer import KeyFooter
from ..widgets.log_panel import LogPanel
from ..widgets.map_panel import MapPanel
from ..widgets.schedule_panel import SchedulePanel
from ..widgets.status_panel import StatusPanel
from .curves_screen import CurvesScreen
from .earlier_run_screen import EarlierRunScreen
from .explanations import EXPLANATIONS, Explanation
from .panel_layout import SMALLEST, SMALLEST_STACKED, PanelName, Shape, arrange_panels, shape_of
from .panels import Panels
from .step_screen import StepScreen


class MonitorScreen(CurvesScreen[CurvePanel]):
    """Show a run; hold no state except what has not been painted yet."""

    def __init__(
        self,
        view: RunView,
        history: History,
        pending: Pending,
        run_path: Path,
        role: Role,
        *,
        picture_seconds: float,
        picture_style: str = "auto",
        log_scale: bool = False,
        keymap: Keymap | None = None,
        guide: Sequence[str] = (),
    ) -> None:
        """Make the screen.

        Args:
            view: The current state of the run.
            history: The metrics of the run.
            pending: The commands that the trainer has not acknowledged yet.
            run_path: The run's directory.
            role: What this screen may do.
            picture_seconds: Minimum seconds between two pictures that the user did not request.
            picture_style: How images are drawn at first.
            log_scale: Whether the axis of the curves is logarithmic at first.
            keymap: The keys that the user has given to actions.
            guide: What to tell the user until the first step.
        """
        super().__init__(CurvePanel(history, log_scale=log_scale, guide=guide))
        self._view = view
        self._history = history
        self._pending = pending
        self._run_path = run_path
        self._role = role
        self._keymap = keymap or {}
        self._archive = PictureArchive(run_path / "samples")
        self._picture_pace = PicturePace(picture_seconds)
        self._log_writer = LogWriter()
        self._stepped = False
        self._cost: Cost | None = None
        self._panels: dict[PanelName, Widget] = {
            "curves": self._curves,
            "images": ImagesPanel(picture_style),
            "status": StatusPanel(run_path, role),
            "schedule": SchedulePanel(history),
            "map": MapPanel(),
            "log": LogPanel(),
        }
        self._arranged: object = None
        """What the panels were arranged for: the size, the rows of the status, and the maximized panel."""

    def compose(self) -> ComposeResult:
        """Compose the panels and the line of keys."""
        self._classify(shape_of(self.app.size), update=False)  # now the panels are styled once, not again when arranged
        yield Panels(*self._panels.values(), id="panels")
        yield Static(id="too-small")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Make the panels focusable."""
        for panel in (CurvePanel, ImagesPanel, StatusPanel, SchedulePanel, MapPanel):
            self.query_one(panel).can_focus = True

    @property
    def focus_chain(self) -> list[Widget]:
        """Return the panels in the order of the tab key: column by column, not line by line."""
        focusable = super().focus_chain
        return [panel for panel in self._panels.values() if panel in focusable]

    def handle_event(self, event: Event) -> None:
        """Record an event and log it; the next `paint` shows it."""
        self.show_change(event)
        if isinstance(event, Rewound) or (isinstance(event, ModelReady) and event.step):  # resumed at a checkpoint
            self._archive.leave_out(event.step, event.time)
        for line in self._log_writer.lines(event):
            self.query_one(LogPanel).add(line)

    def show_change(self, event: Event) -> None:
        """Record what an event changes in the panels, without logging it."""
        match event:
            case Metrics() | Evaluated() | KnobsChanged() | Rewound():
                self._stepped = True
            case ModelReady():
                self.query_one(SchedulePanel).set_schedule(
                    event.schedule_steps, event.schedule_rates, event.total_steps
                )
                self._stepped = True
        match event:
            case Examples() | Reconstructed() | Rewound() | ModelReady():
                images = self.query_one(ImagesPanel)
                images.show_examples(self._view.examples)
                images.show_reconstructions(self._view.reconstructed)
        self._picture_pace.handle_event(event)

    def follow_jump(self, replayed: tuple[float, float] | None) -> None:
        """Remove the cursor and the log lines that a replay will repeat.

        Args:
            replayed: The time span of the events to replay, in seconds since 1970: after the first time, up to the
                second. None if nothing is replayed.
        """
        self._curves.cursor = None
        if replayed is not None:
            self.query_one(LogPanel).book.forget(*replayed)

    def paint(self, cost: Cost | None = None) -> None:
        """Draw what changed since the last paint.

        Nothing is drawn under another screen, or while the app closes.

        Args:
            cost: The recent cost of the screen; None keeps the cost that is shown.
        """
        if not self.app.is_running or self.app.screen is not self:
            return
        with self.app.batch_update():
            self._cost = cost or self._cost
            self.query_one(StatusPanel).show(self._view, self._pending.text, time.time(), self._cost)
            self._arrange()
            self.query_one(LogPanel).paint()
            self.paint_keys()
            if self._stepped:
                self._stepped = False
                self._curves.repaint()
                self.query_one(SchedulePanel).set_position(
                    self._view.step, self._view.learning_rate, self._view.learning_rate_scale
                )
            if self._picture_pace.is_due(self._view.state):
                self._paint_pictures()

    def paint_keys(self) -> None:
        """Show the keys that do something now in the footer."""
        if self.is_mounted and self.is_current:
            self.query_one(KeyFooter).show(possible_actions(self.situation))

    @property
    def explanation(self) -> Explanation | None:
        """What the focused panel shows, for the help; None if no panel has the focus."""
        focused = (EXPLANATIONS[name] for name, panel in self._panels.items() if panel.has_focus_within)
        return next(focused, None)

    @property
    def situation(self) -> Situation:
        """What the possible actions depend on."""
        situation = Situation(
            role=self._role,
            state=self._view.state,
            is_closed=self._view.last is not None,
            is_stopping=Stop in self._pending,
            is_pausing=self._pending.is_pausing(self._view.state),
            has_model=self._view.data is not None,
            has_other_classes=self._view.data is not None and has_other_classes(self._view.data.class_names),
            rewind_step=self._view.rewind_step,
            source=self._view.source,
            has_steps=self._history.first_step <= self._history.last_step,
            keymap=self._keymap,
        )
        if not self.is_mounted:
            return situation
        curves, images = self._curves, self.query_one(ImagesPanel)
        return replace(
            situation,
            has_cursor=curves.cursor is not None,
            is_whole=curves.viewport.is_full,
            is_maximized=self.maximized is not None,
            has_pages=images.has_pages,
            has_views=len(images.available_views()) > 1,
            has_styles=len(images.available_styles()) > 1,
        )

    def _paint_pictures(self) -> None:
        view = self._view
        names = view.data.class_names if view.data else ()
        self.query_one(ImagesPanel).show(view.sampled, names)
        self.query_one(MapPanel).show(view.latent_map, names)
        self._picture_pace.painted()

    # -- the step cursor: one for all panels

    def on_curve_panel_cursor_moved(self, event: CurvePanel.CursorMoved) -> None:
        """Show the cursor's step in the other panels."""
        self.query_one(SchedulePanel).set_cursor(event.step)
        self.query_one(ImagesPanel).show_past(None if event.step is None else self._archive.at(event.step))
        self.paint_keys()

    async def action_ask_step(self) -> None:
        """Ask the user for the step to move the cursor to."""
        first, last = self._history.first_step, self._history.last_step
        if last < first:
            self.notify("There is no step yet.")
        else:
            await self.app.push_screen(StepScreen(first, last), self._go_to)

    def _go_to(self, step: int | None) -> None:
        if step is not None:
            self._curves.cursor = step

    # -- what the panels show

    def action_metric(self) -> None:
        """Show the next metric's curve."""
        panel = self._curves
        panel.metric = CURVE_CHOICES[(CURVE_CHOICES.index(panel.metric) + 1) % len(CURVE_CHOICES)]

    async def action_overlay(self) -> None:
        """Draw an earlier run that the user chooses behind this one, or remove it."""

        def show(earlier: EarlierRun | None) -> None:
            panel.earlier = earlier

        panel = self._curves
        if panel.earlier is not None:
            panel.earlier = None
        else:
            await self.app.push_screen(EarlierRunScreen(self._run_path), show)

    def action_images(self) -> None:
        """Switch to the next view of the images."""
        self.query_one(ImagesPanel).next_view()

    def action_page(self, by: int) -> None:
        """Show the next (1) or the previous (-1) page of classes."""
        self.query_one(ImagesPanel).turn_page(by)

    def on_images_panel_pages_changed(self) -> None:
        """Show the keys of the pages while there are pages."""
        self.paint_keys()

    def action_style(self) -> None:
        """Draw the images in the next style, and name it."""
        self.notify(f"Picture style: {self.query_one(ImagesPanel).next_style()}", timeout=2)

    def _arrange(self) -> None:
        """Arrange the panels; do nothing if what they depend on is unchanged."""
        size = self.app.size
        shape = shape_of(size)
        status = self.query_one(StatusPanel)
        rows = status.wanted(shape.width("status")) if shape else {}
        key = (size, rows, self.maximized)
        if key == self._arranged:
            return
        self._arranged = key
        self._classify(shape)
        if shape is None:
            self.query_one("#too-small", Static).update(
                f"This terminal has {size.width}x{size.height} cells;\n"
                f"vae-tui needs {SMALLEST.width}x{SMALLEST.height}, or "
                f"{SMALLEST_STACKED.width}x{SMALLEST_STACKED.height}.\n\n"
                "Training is not disturbed. Enlarge the terminal; the keys work."
            )
            return
        self._place(shape, status, rows)

    def _classify(self, shape: Shape | None, *, update: bool = True) -> None:
        """Set the classes that the style sheet asks for; with `update`, style the panels by them."""
        self.set_class(shape is None, "-tiny", update=update)
        if shape is not None:
            self.set_class(shape.framed, "-framed", update=update)

    def _place(self, shape: Shape, status: StatusPanel, rows: Mapping[str, int]) -> None:
        arrangement = arrange_panels(shape, rows)
        regions = {self._panels[name]: region for name, region in arrangement.regions.items()}
        self.query_one(Panels).arrange_in(regions, maximized=self.maximized)
        status.allot(arrangement.rows, shape.width("status"))
