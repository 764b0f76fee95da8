"""The main screen: all panels, arranged by the size of the terminal."""

from __future__ import annotations

import math
import time
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.widgets import Static

from ...core.history import History
from ...core.protocol import (
    Evaluated,
    Event,
    Examples,
    KnobsChanged,
    LatentMap,
    Metrics,
    ModelReady,
    Reconstructed,
    Rewound,
    RunState,
    Sampled,
)
from ...core.run import PictureArchive
from ..control import Pending
from ..session import Role
from ..state import Cost, RunView, log_lines
from ..widgets import METRICS, CurvePanel, DigitsPanel, KeyFooter, LogPanel, MapPanel, SchedulePanel, StatusPanel
from .base import SteadyScreen
from .step_screen import StepScreen

SMALLEST = Size(60, 18)

ZOOM = 1.5
"""Factor of a press on the zoom keys."""

PAN = 8
"""Columns of a press on the pan keys."""


def layout_class(size: Size) -> str:
    """The style class of the layout that fits a terminal."""
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return "-tiny"
    if size.width < 100 and size.height >= 54:
        return "-tall"
    if size.width < 100 or size.height < 30:
        return "-small"
    if size.width < 160 or size.height < 50:
        return "-normal"
    return "-large"


class MonitorScreen(SteadyScreen[None]):
    """Shows a run. It holds no state of its own but what is not yet painted."""

    AUTO_FOCUS = ""
    ESCAPE_TO_MINIMIZE = False  # escape has more to do: see `action_live`

    def __init__(
        self,
        view: RunView,
        history: History,
        pending: Pending,
        run_path: Path,
        role: Role,
        *,
        picture_seconds: float,
    ) -> None:
        """Make the screen.

        Args:
            view: What is known of the run.
            history: What was measured.
            pending: What was asked for and not yet done.
            run_path: The run's directory.
            role: What this screen may do.
            picture_seconds: Time between two pictures that nobody asked for, at least.
        """
        super().__init__()
        self.latent_map: LatentMap | None = None
        """The newest map."""
        self._view = view
        self._history = history
        self._pending = pending
        self._run_path = run_path
        self._role = role
        self._picture_seconds = picture_seconds
        self._picture_shown = -math.inf
        self._archive = PictureArchive(run_path / "samples")
        self._picture: Sampled | None = None
        self._map_moved = False
        self._stepped = False
        self._cost: Cost | None = None

    def compose(self) -> ComposeResult:
        """Curves over digits on the left, the facts on the right."""
        with Horizontal(id="panels"):
            with Vertical(id="pictures"):
                yield CurvePanel(self._history)
                yield DigitsPanel()
            with Vertical(id="facts"):
                yield StatusPanel(self._run_path, self._role)
                yield SchedulePanel(self._history)
                yield MapPanel()
                yield LogPanel()
        yield Static(id="too-small")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Let the panels have the focus."""
        for panel in (CurvePanel, DigitsPanel, SchedulePanel, MapPanel):
            self.query_one(panel).can_focus = True

    def on_resize(self, event: events.Resize) -> None:
        """Take the layout that fits."""
        self._arrange(event.size)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was on top."""
        self._arrange(self.app.size)
        self.paint()

    def note(self, event: Event) -> None:
        """Remember what an event changes, and log it; it is on the screen after the next `paint`."""
        self.show_change(event)
        for line in log_lines(event):
            self.query_one(LogPanel).add(line)

    def show_change(self, event: Event) -> None:
        """Remember what an event changes in the panels, without a line of the log."""
        match event:
            case Metrics() | Evaluated() | KnobsChanged() | Rewound():
                self._stepped = True
            case Sampled():
                self._picture = event
            case Examples():
                self.query_one(DigitsPanel).show_examples(event)
            case Reconstructed():
                self.query_one(DigitsPanel).show_reconstructions(event)
            case LatentMap():
                self.latent_map, self._map_moved = event, True
            case ModelReady():
                self.query_one(SchedulePanel).set_schedule(
                    event.schedule_steps, event.schedule_rates, event.total_steps
                )
                self._stepped = True

    def follow_jump(self, untold: tuple[float, float] | None) -> None:
        """Take the cursor away after a jump of a replay, and drop the log's lines of the time that is told again.

        Args:
            untold: After the first time, up to the second (seconds since 1970); None: nothing is told again.
        """
        self.query_one(CurvePanel).set_cursor(None)
        if untold is not None:
            self.query_one(LogPanel).book.forget(*untold)

    def paint(self, cost: Cost | None = None) -> None:
        """Draw what changed since the last time; nothing under another screen, and nothing while the app closes.

        `cost` is what the screen has cost lately, if that is to be shown anew.
        """
        if not self.app.is_running or self.app.screen is not self:
            return
        with self.app.batch_update():
            self._cost = cost or self._cost
            self.query_one(StatusPanel).show(self._view, self._pending.text, time.time(), self._cost)
            self.query_one(LogPanel).paint()
            if self._stepped:
                self._stepped = False
                self.query_one(CurvePanel).repaint()
                self.query_one(SchedulePanel).set_position(
                    self._view.step, self._view.learning_rate, self._view.learning_rate_scale
                )
            if self._are_pictures_due():
                self._paint_pictures()

    def _are_pictures_due(self) -> bool:
        """Whether it is time for new pictures, or somebody waits for one; they cost more than all the rest."""
        asked = self._picture is not None and (self._picture.requested or self._view.state != RunState.TRAINING)
        return asked or time.monotonic() - self._picture_shown >= self._picture_seconds

    def _paint_pictures(self) -> None:
        names = self._view.data.class_names if self._view.data else ()
        if self._picture is not None:
            self.query_one(DigitsPanel).show(self._picture, names)
            self._picture, self._picture_shown = None, time.monotonic()
        if self.latent_map is not None and self._map_moved:
            self.query_one(MapPanel).show(self.latent_map, names)
            self._map_moved, self._picture_shown = False, time.monotonic()

    # -- the step cursor: one for all panels

    def on_curve_panel_cursor_moved(self, event: CurvePanel.CursorMoved) -> None:
        """Show the other panels at the cursor's step."""
        self.query_one(SchedulePanel).set_cursor(event.step)
        self.query_one(DigitsPanel).show_past(None if event.step is None else self._archive.at(event.step))

    def action_cursor(self, columns: int) -> None:
        """Move the cursor by columns of the curves."""
        self.query_one(CurvePanel).move_cursor(columns)

    def action_cursor_end(self, direction: int) -> None:
        """Put the cursor on the first step (-1) or the newest one (1)."""
        panel = self.query_one(CurvePanel)
        panel.cursor_home() if direction < 0 else panel.cursor_end()

    async def action_ask_step(self) -> None:
        """Ask for the step to put the cursor on."""
        first, last = self._history.first_step, self._history.last_step
        if last < first:
            self.notify("There is no step yet.")
        else:
            await self.app.push_screen(StepScreen(first, last), self._go_to)

    def _go_to(self, step: int | None) -> None:
        if step is not None:
            self.query_one(CurvePanel).set_cursor(step)

    def action_live(self) -> None:
        """Back from a maximised panel, else from the cursor, else from a part of the run to all of it."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.query_one(CurvePanel).back_to_live()

    # -- what the panels show

    def action_zoom(self, direction: int) -> None:
        """Show fewer (1) or more steps (-1)."""
        self.query_one(CurvePanel).zoom(ZOOM**direction)

    def action_pan(self, direction: int) -> None:
        """Show earlier (-1) or later steps (1)."""
        self.query_one(CurvePanel).pan(PAN * direction)

    def action_span(self) -> None:
        """Show the whole run, or its newest steps."""
        self.query_one(CurvePanel).next_span()

    def action_metric(self) -> None:
        """Show the next metric's curve."""
        panel = self.query_one(CurvePanel)
        panel.metric = METRICS[(METRICS.index(panel.metric) + 1) % len(METRICS)]

    def action_scale(self) -> None:
        """Switch the curve between a linear and a logarithmic scale."""
        panel = self.query_one(CurvePanel)
        panel.log_scale = not panel.log_scale

    def action_digits(self) -> None:
        """Show the next view of the digits."""
        self.query_one(DigitsPanel).next_view()

    def action_style(self) -> None:
        """Draw the digits in the next style."""
        self.query_one(DigitsPanel).next_style()

    def action_maximize(self) -> None:
        """Give the whole screen to the panel with the focus, the curves without one, or take it back."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self.focused or self.query_one(CurvePanel), container=False)

    def _arrange(self, size: Size) -> None:
        wanted = layout_class(size)
        for name in ("-tiny", "-small", "-tall", "-normal", "-large"):
            self.set_class(name == wanted, name)
        self.query_one("#too-small", Static).update(
            f"This terminal has {size.width}x{size.height} cells;\n"
            f"vae-tui needs {SMALLEST.width}x{SMALLEST.height}.\n\n"
            "Training is not disturbed."
        )
        self.call_after_refresh(self.paint)
