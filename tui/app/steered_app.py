"""What the keys of an app do to the run that it shows, and the ways out of the app."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual.app import App

from ...core.protocol import Ended, Failed, Stop
from ..control import ACTIONS, COMMANDS, Action, Pending, Steering
from ..screens import Choice, LeaveScreen
from ..session import Detached, HungUp, Session
from ..state import OVER, Knob, RunView
from ..widgets import CurvePanel
from .job_control import JobControl

MakeSteering = Callable[[Any, RunView, Pending, Callable[[], None]], Steering]
"""Makes the steering of a session; see `Steering`."""


class SteeredApp(App[Ended | Failed | Detached | HungUp]):
    """Turns keys into commands to a session, as far as its role allows.

    `run` returns the session's last event, Detached where the screen was left and the run goes on, HungUp where its
    terminal is gone, or None when the user left at once what does not go on.

    Args:
        session: Takes the commands.
        view: What is known of the run.
        told: Called after each command that is sent.
        steering: What the actions come to.
    """

    LISTED: ClassVar[tuple[Action, ...]] = ACTIONS
    """The actions, with the words for them."""

    def __init__(
        self, session: Session, view: RunView, *, told: Callable[[], None], steering: MakeSteering = Steering
    ) -> None:
        super().__init__()
        self.view = view
        self.pending = Pending()
        self.role = session.role
        self.steering = steering(session, view, self.pending, told)
        self._jobs = JobControl(self)
        self._requests: list[Callable[[], object]] = []
        self._requests_lock = threading.Lock()
        self._takes_requests = False

    def on_mount(self) -> None:
        """Take signals once the screen is there."""
        self.call_after_refresh(self._take_requests)

    def _take_requests(self) -> None:
        """Do what signals have asked for until now; from now on the app does so at once."""
        with self._requests_lock:
            self._takes_requests = True
        for request in self._requests:
            self.call_later(request)

    def handle_signal(self, number: signal.Signals) -> None:
        """Suspend the app, bring it back, or leave it. May be called in any thread, also before the app runs."""
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
        """Call a function in the app's loop, as soon as that runs."""
        with self._requests_lock:
            if not self._takes_requests:
                self._requests.append(callback)
                return
        self.call_later(callback)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What this screen may not do, or what there is nobody any more to be told, is shown dimmed."""
        if action in ("stop", "leave"):
            return (action == "stop") == self.role.owns
        if self.steering.why_not(action, parameters):
            return None
        return super().check_action(action, parameters)

    @property
    def actions(self) -> list[Action]:
        """The actions that there are on this screen: q has one of two meanings."""
        return [action for action in self.LISTED if self.check_action(*action.parsed) is not False]

    async def run_or_say(self, action: Action) -> None:
        """Run an action, or say why it is not possible."""
        reason = self.steering.why_not(*action.parsed)
        if reason:
            self.notify(reason)
        else:
            await self.run_action(action.action)

    def action_tell(self, action_id: str) -> None:
        """Send the command of an action that is nothing but a command."""
        self.steering.tell(COMMANDS[action_id])

    def action_pause(self) -> None:
        """Pause, or resume what is paused or about to be."""
        self._say(self.steering.pause())

    def action_turn(self, knob: Knob, direction: int) -> None:
        """Turn a knob up (`direction` 1) or down (-1)."""
        self._say(self.steering.turn(knob, direction))

    def action_rewind(self) -> None:
        """Go back to the checkpoint before the present step."""
        self.steering.rewind()

    def action_params(self) -> None:
        """Sample with the other parameters: averaged or present."""
        self.steering.select_params()

    def on_curve_panel_cursor_moved(self, event: CurvePanel.CursorMoved) -> None:
        """Note which step the user looks at."""
        self.steering.look_at(event.step)

    def _say(self, words: str) -> None:
        if words:
            self.notify(words)

    # -- ways out

    async def action_quit(self) -> None:
        """What q does."""
        if self.role.owns:
            self.action_stop()
        else:
            await self.action_leave()

    def action_stop(self) -> None:
        """Stop the run with a final checkpoint; the app leaves when the session has ended."""
        if self.view.last is not None:
            self.exit(self.view.last)
        else:
            self.steering.stop()

    async def action_leave(self) -> None:
        """Leave a run that somebody else has started: ask only who could stop it."""
        if self._can_ask:
            await self._ask()
        else:
            self._leave()

    def action_detach(self) -> None:
        """Leave, and let the run go on; what is over does not go on."""
        if self.role.owns and self.view.state in OVER:
            self.action_stop()
        else:
            self._leave()

    async def action_interrupt(self) -> None:
        """Ask how to leave; asked again, leave at once."""
        if self._can_ask and not isinstance(self.screen, LeaveScreen):
            await self._ask()
        else:
            self._leave_at_once()

    def action_suspend_process(self) -> None:
        """Go back to the shell for a while."""
        self._jobs.suspend()

    @property
    def _can_ask(self) -> bool:
        """Whether there is more than one way to leave."""
        if self.role.owns:
            return self.view.last is None
        return self.role.steers and self.view.state not in OVER

    async def _ask(self) -> None:
        def chosen(choice: Choice | None) -> None:
            if choice == "stop":
                self.action_stop()
            elif choice == "detach":
                self.action_detach()

        if not isinstance(self.screen, LeaveScreen):
            await self.push_screen(LeaveScreen(self.view, self.role), chosen)

    def _leave(self) -> None:
        """Leave the run as it is."""
        self.exit(self.view.last or (Detached() if self.role.outlives else None))

    def _leave_at_once(self) -> None:
        """Leave without waiting for anything: the owner's run ends there."""
        if self.role.owns and self.view.last is None:
            self.steering.tell(Stop(checkpoint=False))
            self.exit(None)
        else:
            self._leave()

    def _end(self) -> None:
        """End because a signal says so: the owner's run stops with a checkpoint, and the app follows it."""
        if self.view.last is not None or not self.role.owns:
            self._leave()
        elif Stop not in self.pending:
            self.steering.stop()
