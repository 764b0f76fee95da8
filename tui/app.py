"""The app: it connects a session's events to the screens, and the keys to the session's commands."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import Print
from textual.message import Message
from textual.screen import Screen

from ..core.commands import Command, Pause, Resume, Rewind, SetKnobs, Stop, UseParams
from ..core.config import Config
from ..core.errors import VaeTuiError
from ..core.events import Ended, Event, Failed, NotFinite, Notice, RunState
from ..core.history import History
from .bindings import ACTIONS, COMMANDS
from .knobs import KNOB_NAMES, Knob, factor, turned
from .narration import not_finite
from .pending import Pending
from .screens.failure import FailureScreen
from .screens.help import HelpScreen
from .screens.leave import Choice, LeaveScreen
from .screens.monitor import MonitorScreen
from .screens.run import RunScreen
from .session import Session
from .text import count
from .view import OVER, RunView

WATCH_SECONDS = 0.5
"""Time between two looks whether the session is still alive."""

NEWS_SECONDS = 10
"""How long a message stays that the user has to do something about."""

PAST_BATCH = 500
"""Past events that are taken in between two looks at the keyboard."""


class TrainerEvents(Message):
    """What a session said, in order. `past`: in an earlier life of the run, read from its log."""

    def __init__(self, events: tuple[Event, ...], *, past: bool = False) -> None:
        super().__init__()
        self.events = events
        self.past = past


class VaeTuiApp(App[Ended | Failed]):
    """Shows a session and lets the user steer it.

    `run` returns the session's last event, or None when the user left at once.
    """

    TITLE = "vae-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ACTIONS]

    def __init__(
        self,
        session: Session,
        *,
        run_path: Path,
        config: Config,
        past: Callable[[], Iterable[Event]] = tuple,
    ) -> None:
        """Make the app; nothing starts before the first frame is on the screen.

        Args:
            session: What to show and steer.
            run_path: The run's directory.
            config: The run's configuration.
            past: Gives the run's earlier events when it is resumed; called in a thread of its own.
        """
        super().__init__()
        self.animation_level = "none"
        self.view = RunView(config)
        self.history = History()
        self.pending = Pending()
        self.run_path = run_path
        self._session = session
        self._past = past
        self._started = False
        self._found_dead = False
        self.monitor = MonitorScreen(self.view, self.history, self.pending, run_path)

    def get_default_screen(self) -> Screen[None]:
        """The panels."""
        return self.monitor

    def on_mount(self) -> None:
        """Start the session once the first frame is out: importing JAX takes seconds."""
        self.call_after_refresh(threading.Thread(target=self._start, name="start", daemon=True).start)
        self.set_interval(WATCH_SECONDS, self._watch)
        self.begin_capture_print(self)

    def on_print(self, event: Print) -> None:
        """Pass on what Python code prints: Textual takes it, and the file descriptors lead to the run's log."""
        os.write(2 if event.stderr else 1, event.text.encode(errors="replace"))

    # -- events in

    def _start(self) -> None:
        """Read the past, then start the session, so that its first event comes after them (in a thread)."""
        batch: list[Event] = []
        try:
            for event in self._past():
                batch.append(event)
                if len(batch) == PAST_BATCH:
                    self.post_message(TrainerEvents(tuple(batch), past=True))
                    batch.clear()
        except (OSError, ValueError, VaeTuiError) as error:
            text = f"the run's earlier events cannot all be read: {error}"
            self._post(Notice(step=0, level="warning", text=text))
        finally:
            self.post_message(TrainerEvents(tuple(batch), past=True))
            self._session.start(self._post)
            self._started = True

    def _post(self, event: Event) -> None:
        """Hand an event to the app, from any thread, without waiting for the screen."""
        self.post_message(TrainerEvents((event,)))

    def on_trainer_events(self, message: TrainerEvents) -> None:
        """Take events in: history and view at once, the screen at its pace or, for an answer, now."""
        if message.past:
            for event in message.events:
                self.history.add(event)
                self.view.recall(event)
            return
        for event in message.events:
            self._take(event)

    def _take(self, event: Event) -> None:
        self.history.add(event)
        self.view.apply(event)
        self.monitor.note(event)
        if self.pending.acknowledge(event):
            self.monitor.paint()
        match event:
            case Notice(level="warning" | "error" as severity):
                self.notify(event.text, severity=severity, markup=False)
            case NotFinite():
                self._show_not_finite(event)
            case Failed():
                self._show_failure(event)
            case Ended():
                self.exit(event)

    def _show_not_finite(self, event: NotFinite) -> None:
        back = self.view.rewind_step
        ways = [f"r goes back to step {count(back)}"] if back is not None else []
        self.notify(
            ", ".join([*ways, "comma lowers the learning rate", "space goes on"]),
            title=not_finite(event),
            severity="warning",
            timeout=NEWS_SECONDS,
            markup=False,
        )

    def _show_failure(self, failed: Failed) -> None:
        def leave(wanted: bool | None) -> None:
            if wanted:
                self.exit(failed)

        self.monitor.paint()
        self.refresh_bindings()
        self.push_screen(FailureScreen(failed, self.run_path, self.view.saved), leave)

    def _watch(self) -> None:
        """Notice a session that has died without its last event."""
        if not self._started or self.view.last is not None or not self._session.join(0):
            return
        if not self._found_dead:
            self._found_dead = True  # its last words may still be on their way: look once more next time
            return
        self._take(
            Failed(
                step=self.view.step,
                message="the trainer ended without a word; that is a mistake in vae-tui, and its log may say more",
                traceback="",
            )
        )

    # -- commands out

    def _tell(self, command: Command) -> None:
        self.pending.send(command)
        self._session.send(command)
        self.monitor.paint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Once the session is over there is nobody to be told anything: show those keys dimmed."""
        if self.view.last is not None and action in ("tell", "pause", "params", "turn", "rewind"):
            return None
        return super().check_action(action, parameters)

    def action_tell(self, action_id: str) -> None:
        """Send the command of an action that is nothing but a command."""
        self._tell(COMMANDS[action_id])

    def action_pause(self) -> None:
        """Pause, or resume what is paused or about to be."""
        if self.view.state in OVER:
            self.notify(f"Training is {self.view.state}; there is nothing to pause.")
            return
        pausing = Pause in self.pending or (self.view.state == RunState.PAUSED and Resume not in self.pending)
        self._tell(Resume() if pausing else Pause())

    def action_turn(self, knob: Knob, direction: int) -> None:
        """Turn a knob to its next factor above (`direction` 1) or below (-1), on from where it was asked to be."""
        name = KNOB_NAMES[knob]
        if self.view.state in OVER:
            self.notify(f"Training is {self.view.state}; {name} has no effect any more.")
            return
        wanted = getattr(self.pending.knobs, knob)
        scale = getattr(self.view, knob) if wanted is None else wanted
        following = turned(scale, direction)
        if following is None:
            self.notify(f"The factor {factor(scale)} on {name} is the last one.")
        else:
            self._tell(SetKnobs(**{knob: following}))

    def action_rewind(self) -> None:
        """Go back to the checkpoint before the present step; one at a time."""
        if Rewind not in self.pending:
            self._tell(Rewind())

    def action_params(self) -> None:
        """Sample with the other parameters: averaged or present."""
        self._tell(UseParams("raw" if self.view.source == "ema" else "ema"))

    async def action_quit(self) -> None:
        """Stop with a final checkpoint; the app leaves when the session has ended."""
        if self.view.last is not None:
            self.exit(self.view.last)
        elif Stop not in self.pending:
            self._tell(Stop(checkpoint=True))

    async def action_interrupt(self) -> None:
        """Ask how to leave; asked again, leave at once."""

        async def chosen(choice: Choice | None) -> None:
            if choice == "stop":
                await self.action_quit()

        if self.view.last is not None or isinstance(self.screen, LeaveScreen):
            self.exit(self.view.last)
        else:
            self.push_screen(LeaveScreen(self.view), chosen)

    # -- the screen only

    def action_style(self) -> None:
        """Draw the digits in the next style."""
        self.monitor.next_style()

    def action_metric(self) -> None:
        """Show the next metric's curve."""
        self.monitor.next_metric()

    def action_scale(self) -> None:
        """Switch the curve between a linear and a logarithmic scale."""
        self.monitor.toggle_scale()

    def action_run_view(self) -> None:
        """Show what the run is made of."""
        self.push_screen(RunScreen(self.view, self.run_path))

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: every action, and Textual's themes and screenshot."""
        for action in ACTIONS:
            yield SystemCommand(action.title, action.tooltip, partial(self.run_action, action.action))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command
