"""The main screen: all panels, arranged by the size of the terminal."""

from __future__ import annotations

import time
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Footer, Static

from ...core.events import Evaluated, Event, KnobsChanged, Metrics, ModelReady, Rewound, Sampled
from ...core.history import History
from ..narration import LogLine, log_lines
from ..pending import Pending
from ..view import RunView
from ..widgets.curves import CurvePanel
from ..widgets.digits import DigitsPanel
from ..widgets.log import LogPanel
from ..widgets.schedule import SchedulePanel
from ..widgets.status import StatusPanel

SMALLEST = Size(60, 18)
PAINT_SECONDS = 0.5
"""Time between two paintings of what the training changes. What a key asked for is painted at once."""

METRICS = ("loss", "reconstruction", "kl", "grad_norm")


def layout_class(size: Size) -> str:
    """The style class of the layout that fits a terminal."""
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return "-tiny"
    if size.width < 100 or size.height < 30:
        return "-small"
    if size.width < 160 or size.height < 50:
        return "-normal"
    return "-large"


class MonitorScreen(Screen[None]):
    """Shows a run. It holds no state of its own but what is not yet painted."""

    AUTO_FOCUS = ""

    def __init__(self, view: RunView, history: History, pending: Pending, run_path: Path) -> None:
        super().__init__()
        self._view = view
        self._history = history
        self._pending = pending
        self._run_path = run_path
        self._picture: Sampled | None = None
        self._stepped = False

    def compose(self) -> ComposeResult:
        """Curves over digits on the left, the facts on the right."""
        with Horizontal(id="panels"):
            with Vertical(id="pictures"):
                yield CurvePanel(self._history)
                yield DigitsPanel()
            with Vertical(id="facts"):
                yield StatusPanel(self._run_path)
                yield SchedulePanel(self._history)
                yield LogPanel()
        yield Static(id="too-small")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Paint at a steady pace."""
        self.set_interval(PAINT_SECONDS, self.paint)

    def on_resize(self, event: events.Resize) -> None:
        """Take the layout that fits."""
        self._arrange(event.size)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was on top."""
        self._arrange(self.app.size)
        self.paint()

    def note(self, event: Event) -> None:
        """Remember what an event changes; it is on the screen after the next `paint`."""
        match event:
            case Metrics() | Evaluated() | KnobsChanged() | Rewound():
                self._stepped = True
            case Sampled():
                self._picture = event
            case ModelReady():
                self.query_one(SchedulePanel).set_schedule(
                    event.schedule_steps, event.schedule_rates, event.total_steps
                )
                self._stepped = True
        for line in log_lines(event):
            self.add_line(line)

    def add_line(self, line: LogLine) -> None:
        """Add an entry to the log panel."""
        self.query_one(LogPanel).add(line)

    def paint(self) -> None:
        """Draw what changed since the last time; nothing under another screen, and nothing while the app closes."""
        if not self.app.is_running or self.app.screen is not self:
            return
        with self.app.batch_update():
            self.query_one(StatusPanel).show(self._view, self._pending.text, time.time())
            self.query_one(LogPanel).paint()
            if self._stepped:
                self._stepped = False
                self.query_one(CurvePanel).repaint()
                self.query_one(SchedulePanel).set_position(
                    self._view.step, self._view.learning_rate, self._view.learning_rate_scale
                )
            if self._picture is not None:
                names = self._view.data.class_names if self._view.data else ()
                self.query_one(DigitsPanel).show(self._picture, names)
                self._picture = None

    def next_metric(self) -> None:
        """Show the next metric's curve."""
        panel = self.query_one(CurvePanel)
        panel.metric = METRICS[(METRICS.index(panel.metric) + 1) % len(METRICS)]

    def toggle_scale(self) -> None:
        """Switch the curve between a linear and a logarithmic scale."""
        panel = self.query_one(CurvePanel)
        panel.log_scale = not panel.log_scale

    def next_style(self) -> None:
        """Draw the digits in the next style."""
        self.query_one(DigitsPanel).next_style()

    def _arrange(self, size: Size) -> None:
        wanted = layout_class(size)
        for name in ("-tiny", "-small", "-normal", "-large"):
            self.set_class(name == wanted, name)
        self.query_one("#too-small", Static).update(
            f"This terminal has {size.width}x{size.height} cells;\n"
            f"vae-tui needs {SMALLEST.width}x{SMALLEST.height}.\n\n"
            "Training is not disturbed."
        )
        self.call_after_refresh(self.paint)
