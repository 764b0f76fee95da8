"""A live run on a disk without sockets."""

from collections.abc import Callable
from pathlib import Path

import pytest
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError
from vae_tui.core.live import live_run
from vae_tui.core.live.live_run import LiveRun
from vae_tui.core.live.sockets import connect
from vae_tui.core.protocol.events import Ended, Event
from vae_tui.core.run.rundir import RunDirectory, socket_path
from vae_tui.core.training.launch import Launch


def test_a_run_trains_on_a_disk_without_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise RunError(f"cannot make the socket {socket_path(path)}: Operation not permitted")

    def run_training(
        run: RunDirectory,
        commands: object,
        listen: Callable[[Event], None],
        launch: Launch,
        *,
        limits: list[str],
        **options: object,
    ) -> Ended:
        last = Ended(step=len(limits), reason="finished")
        listen(last)
        (said,) = limits
        assert said.endswith("Operation not permitted; this run trains without it, and no other screen can attach")
        with pytest.raises(
            RunError, match=r"process \d+, which trains .*, has no socket; if that lasts, .*`kill \d+` stops the run"
        ):
            connect(run.path)
        return last

    monkeypatch.setattr(live_run, "listen", refuse)
    monkeypatch.setattr(live_run, "run_training", run_training)
    with RunDirectory.create(Config(), tmp_path) as run:
        live = LiveRun(run, Launch(is_resumed=False))
        events: list[Event] = []
        live.subscribe(events.append)
        live.start()
        assert live.viewers == 0
        assert [live.wait()] == events
