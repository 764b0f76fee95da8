"""What a screen may ask of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedSession, at, hidden, opening, running, state, text_of, training
from textual.widgets import Static
from vae_tui.core.config import Config
from vae_tui.core.protocol.commands import Checkpoint, Command, Generate, Pause, Sample, SetKnobs, UseParams
from vae_tui.core.protocol.events import Ended, Event, NotFinite, RunState
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.control.pending import Pending
from vae_tui.tui.control.steering import Steering
from vae_tui.tui.session.session import OWNER, READER, RECORDING, VIEWER, Role
from vae_tui.tui.state.run_view import RunView

RUN = (*opening(), *training(105))
STEERING = {
    "pause",
    "checkpoint",
    "learning_rate_up",
    "learning_rate_down",
    "beta_up",
    "beta_down",
    "rewind",
}
DRAWING = {"sample", "params", *(f"sample_{label}" for label in range(10))}


class Desk:
    """A steering, and all that it needs."""

    def __init__(self, role: Role, *events: Event) -> None:
        self.session = ScriptedSession(role=role)
        self.view = RunView(Config())
        self.pending = Pending()
        self.steering = Steering(self.session, self.view, self.pending, lambda: None)
        self.see(*events)

    def see(self, *events: Event) -> None:
        """Take events in as the app does."""
        for event in events:
            self.view.apply(event)
            self.pending.acknowledge(event)

    @property
    def commands(self) -> list[Command]:
        return self.session.commands

    @property
    def refused(self) -> set[str]:
        """The actions that are not possible."""
        return {action.id for action in ACTIONS if self.steering.why_not(*action.parsed)}


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (OWNER, set()),
        (VIEWER, set()),
        (READER, STEERING | DRAWING),
        (RECORDING, STEERING | {"detach"}),
    ],
)
def test_a_role_may_do_so_much(role: Role, refused: set[str]):
    assert Desk(role, *RUN).refused == refused


def test_when_it_is_over_nothing_can_be_asked():
    assert Desk(OWNER, *RUN, Ended(step=105, reason="stopped")).refused == STEERING | DRAWING


async def test_what_a_reader_may_not_do_is_dimmed_and_the_palette_says_why():
    async with hidden(*RUN, role=READER) as (pilot, app, session):
        enabled = {active.binding.id: active.enabled for active in app.active_bindings.values()}
        assert not any(enabled[name] for name in (STEERING | DRAWING) & enabled.keys())
        assert all(enabled[name] for name in ("detach", "leave", "studio", "help", "log", "zoom_in"))
        assert "quit" not in enabled
        await pilot.press("space", "c", "s", "3", "e", "r", "comma")
        assert session.commands == []
        assert str(app.monitor.query_one("StatusPanel").border_title) == "status · read-only"
        await {command.title: command for command in app.get_system_commands(app.screen)}["Checkpoint now"].callback()
        await pilot.pause()
        (toast,) = app._notifications
        assert toast.message == (
            "This screen is read-only. To change the run, attach without --readonly or serve with --control."
        )
    assert session.commands == []


async def test_a_reader_explores_and_writes_nothing(tmp_path: Path):
    async with running(*RUN, role=READER, run_path=tmp_path) as (pilot, app, session):
        await pilot.press("g", "right", "w")
        await pilot.pause()
        assert "read-only" in str(app.screen.query_one("#message", Static).content)
    assert session.commands
    assert all(isinstance(command, Generate) for command in session.commands)
    assert not list(tmp_path.iterdir())


async def test_a_viewer_steers_as_the_owner_does():
    async with hidden(*RUN, role=VIEWER) as (pilot, app, session):
        assert str(app.monitor.query_one("StatusPanel").border_title) == "status · attached"
        await pilot.press("space", "c", "3", "e", "comma")
    assert session.commands == [Pause(), Checkpoint(), Sample(3), UseParams("raw"), SetKnobs(learning_rate_scale=0.8)]


async def test_who_cannot_steer_is_not_told_of_keys_that_would_help():
    wrong = NotFinite(step=105, time=at(105), metrics=("loss",))
    async with hidden(*RUN, wrong, state(RunState.PAUSED, 105, "not finite"), role=READER) as (_, app, _session):
        assert text_of(app, "#trouble") == "loss not finite at step 106"
        (toast,) = app._notifications
        assert toast.message == "Training is paused. Attach without --readonly to resume it."
