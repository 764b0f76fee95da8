"""Provide the actions on the run, and the ways to leave the app."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual.actions import ActionParseResult
from textual.dom import DOMNode
from textual.events import Key
from textual.message import Message

from ...core.protocol import OVER, Ended, Failed, Sample, Stop
from ..control import ACTIONS, COMMANDS, Keymap, Pending, Steering, rebind, why_not
from ..screens.class_screen import ClassScreen
from ..screens.leave_screen import Choice, LeaveScreen
from ..screens.monitor_screen import MonitorScreen
from ..screens.rewind_screen import RewindScreen
from ..session import Detached, HungUp, Session
from ..state import Knob, RunView
from ..widgets.curve_panel import CurvePanel
from .screen_options import ScreenOptions
from .terminal_app import TerminalApp

_BY_CALL = {action.action: action for action in ACTIONS}


def _keys_to_leave(keymap: Keymap) -> set[str]:
    """Return the keys of the actions that stop the run."""
    actions = [action for action in rebind(ACTIONS, keymap) if action.id in ("quit", "interrupt")]
    return {key for action in actions for key in action.key.split(",")}


class SteeredApp(TerminalApp[Ended | Failed | Detached | HungUp]):
    """Turns keys into commands to a session, as far as its role allows.

    `run` returns the session's last event, Detached if the user left and the run continues, HungUp if the terminal is
    gone, or None if the user left a run that does not continue.

    Args:
        session: Takes the commands.
        view: The state of the run.
        options: The options of the screen.
        on_send: Called after each command that is sent.
    """

    monitor: MonitorScreen
    """The screen with the panels, which the subclass makes."""

    STEERING_CLASS: ClassVar[type[Steering]] = Steering
    """Makes the object that turns actions into commands."""

    def __init__(self, session: Session, view: RunView, options: ScreenOptions, *, on_send: Callable[[], None]) -> None:
        super().__init__(options)
        self.view = view
        self.pending = Pending()
        self.role = session.role
        self.steering = self.STEERING_CLASS(session, view, self.pending, on_send)
        self._requests: list[Callable[[], object]] = []
        self._requests_lock = threading.Lock()
        self._runs_requests = False
        self.is_left = False
        """Whether the app was told to exit, so that it did not end by itself."""
        self.is_asked_to_end = False
        """Whether the user has asked to leave, also when the run was just about to end anyway."""
        self._keys_to_leave = _keys_to_leave(options.keymap)

    def on_mount(self) -> None:
        """Handle signals from the first frame on."""
        self.call_after_refresh(self._run_requests)

    def _run_requests(self) -> None:
        """Run the callbacks of early signals; later ones run at once."""
        with self._requests_lock:
            self._runs_requests = True
        for request in self._requests:
            self.call_later(request)

    def handle_signal(self, number: signal.Signals) -> None:
        """Suspend, resume or end the app.

        May be called in any thread, and before the app runs.
        """
        match number:
            case signal.SIGTSTP:
                self._request(self._jobs.suspend)
            case signal.SIGCONT:
                self._request(self._jobs.resume)
            case signal.SIGHUP:
                self._jobs.give_up()
                self._request(partial(self.exit, HungUp()))
            case _:
                self._jobs.give_up()
                self._request(self._end)

    def _request(self, callback: Callable[[], object]) -> None:
        """Call a function in the app's event loop, once the loop runs."""
        with self._requests_lock:
            if not self._runs_requests:
                self._requests.append(callback)
                return
        self.call_later(callback)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, or notify the user why it is not possible now."""
        if default_namespace in (None, self) and (known := _BY_CALL.get(str(action))):
            reason = why_not(known, self.monitor.situation)
            if reason:
                self.notify(reason)
                return True
        is_handled = await super().run_action(action, default_namespace, namespaces)
        self.monitor.paint_keys()
        return is_handled

    def action_send(self, action_id: str) -> None:
        """Send the command of an action that only sends a command."""
        self.steering.send(COMMANDS[action_id])

    async def action_sample_class(self) -> None:
        """Ask for a class, and draw new samples of it."""

        def chosen(label: int | None) -> None:
            if label is not None:
                self.steering.send(Sample(label))

        if self.view.data is None:
            self.notify("The classes are not known yet. Try again once the data set is in memory.")
        else:
            await self.push_screen(ClassScreen(self.view.data.class_names), chosen)

    def action_pause(self) -> None:
        """Pause, or resume a run that is paused or about to be."""
        self.steering.pause()

    def action_turn(self, knob: Knob, direction: int) -> None:
        """Turn a knob up (`direction` 1) or down (-1)."""
        limit = self.steering.turn(knob, direction)
        if limit:
            self.notify(limit)

    async def action_rewind(self) -> None:
        """Go back to the checkpoint before the current step; ask first if steps are lost."""

        def answered(rewinds: bool | None) -> None:
            if rewinds:
                self.steering.rewind()

        checkpoint = self.view.rewind_step
        if not self.role.steers or checkpoint is None:
            self.steering.rewind()
        else:
            await self.push_screen(RewindScreen(self.view.step, checkpoint), answered)

    def action_params(self) -> None:
        """Switch the samples between the averaged (EMA) and the raw parameters."""
        self.steering.select_params()

    def on_curve_panel_cursor_moved(self, event: CurvePanel.CursorMoved) -> None:
        """Forward the position of the step cursor."""
        self.steering.look_at(event.step)

    # -- ways out

    def watch_input(self, message: Message) -> None:
        """Note a key that asks to leave while the app is closing, and does nothing more."""
        if self.is_left and isinstance(message, Key) and message.key in self._keys_to_leave:
            self.is_asked_to_end = True

    def exit(self, *arguments: Any, **options: Any) -> None:
        """Exit the app on purpose; see Textual's `App.exit`."""
        self.is_left = True
        super().exit(*arguments, **options)

    async def action_quit(self) -> None:
        """Stop the run, or leave it; ask first while it trains."""
        if self._is_to_ask and Stop not in self.pending:
            await self._ask()
        elif self.role.owns:
            self._stop()
        else:
            self._leave()

    def action_detach(self) -> None:
        """Leave, and let the run continue; an owner stops a finished one."""
        if self.role.owns and self.view.state in OVER:
            self._stop()
        else:
            self._leave()

    async def action_interrupt(self) -> None:
        """Copy the selected text, else ask how to leave; the second time, leave at once."""
        if self.screen.get_selected_text():
            await self.run_action("copy")
        elif isinstance(self.screen, LeaveScreen):
            self._leave_at_once()
        elif self._is_to_ask or Stop in self.pending:
            await self._ask()
        else:
            await self.action_quit()

    def action_suspend_process(self) -> None:
        """Suspend the app and go back to the shell."""
        self._jobs.suspend()

    @property
    def _is_to_ask(self) -> bool:
        """Whether leaving may change a run that still trains."""
        return self.role.steers and self.view.last is None and self.view.state not in OVER

    async def _ask(self) -> None:
        def chosen(choice: Choice | None) -> None:
            self.is_asked_to_end = False
            if choice == "stop":
                self._stop()
            elif choice == "detach":
                self.action_detach()

        self.is_asked_to_end = True  # the run may end by itself before the answer
        if not isinstance(self.screen, LeaveScreen):
            await self.push_screen(LeaveScreen(self.view, self.role), chosen)

    def _stop(self) -> None:
        """Stop the run with a final checkpoint; the app exits when the session ends."""
        self.is_asked_to_end = True
        if self.view.last is not None:
            self.exit(self.view.last)
        else:
            self.steering.stop()

    def _leave(self) -> None:
        """Leave without changing the run."""
        self.is_asked_to_end = True
        self.exit(self.view.last or (Detached() if self.role.outlives else None))

    def _leave_at_once(self) -> None:
        """Leave at once; the owner's run stops without a checkpoint."""
        self.is_asked_to_end = True
        if self.role.owns and self.view.last is None:
            self.steering.send(Stop(checkpoint=False))
            self.exit(None)
        else:
            self._leave()

    def _end(self) -> None:
        """End after a signal; an owner stops the run first."""
        if self.view.last is not None or not self.role.owns:
            self._leave()
        elif Stop not in self.pending:
            self.steering.stop()
