"""A replay that the test plays, by a clock of its own, and what a screen knows of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from replayed import Listener, write_log
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.protocol.commands import Command
from vae_tui.core.protocol.events import Event, RunState
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.session.replay.log_index import LogIndex
from vae_tui.tui.session.replay.replay import Replay
from vae_tui.tui.session.replay.replay_commands import ReplayCommand
from vae_tui.tui.session.replay.replay_models import Models

NOW = 1000.0
"""Where the clock of these tests begins."""


def recorded(folder: Path, events: Iterable[Event]) -> Path:
    """A run with these events in its log."""
    path = folder / "run"
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run:
        write_log(run, events)
    return path


class Played:
    """A replay with a clock of the test's own."""

    def __init__(self, run: Path, speed: float | None) -> None:
        self.listener = Listener()
        self.index = LogIndex(run)
        self.now = NOW
        models = Models(run, "latest", self.listener.hear)  # they do not begin: nothing is drawn here
        self.replay = Replay(self.index, run, models, self.listener.hear)
        self.replay.begin(speed, self.now)

    def wait(self, seconds: float) -> None:
        """Let time go by, and tell what is due."""
        self.now += seconds
        self.replay.advance(self.now)

    def tell(self, command: Command | ReplayCommand) -> list[Event]:
        """Obey a command. Returns what was said to it."""
        before = len(self.listener.events)
        self.replay.handle_command(command, self.now)
        return self.listener.events[before:]

    @property
    def standing(self) -> tuple[RunState, str]:
        return self.listener.view.state, self.listener.view.detail
