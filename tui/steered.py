"""What the keys of an app do to the run that it shows, and the ways out of the app."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import App

from ..core.commands import Stop
from ..core.events import Ended, Failed
from .bindings import ACTIONS, COMMANDS, Action
from .knobs import Knob
from .pending import Pending
from .screens.leave import Choice, LeaveScreen
from .session import Detached, Session
from .steering import Steering
from .suspension import Hold, JobControl
from .view import OVER, RunView
from .widgets.curves import CurvePanel

MakeSteering = Callable[[Any, RunView, Pending, Callable[[], None]], Steering]
"""Makes the steering of a session; see `Steering`."""


class SteeredApp(App[Ended | Failed | Detached]):
    """Turns keys into commands to a session, as far as its role allows.

    `run` returns the session's last event, Detached where the screen was left and the run goes on, or None when the
    user left at once what does not go on.

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
        self.hold = Hold(self.steering, is_owner=self.role.owns)
        self._jobs = JobControl(self, self.hold)

    def listen_to_signals(self) -> None:
        """Leave when the process is told to end, and give the terminal back when it is to stop for a while."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._end)
        self._jobs.connect()

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
        """The process was told to end, by a signal; told again, it ends at once."""
        if self.role.owns and self.view.last is None and Stop not in self.pending:
            self.steering.stop()
        else:
            self._leave_at_once()
