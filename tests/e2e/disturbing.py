"""Disturbing a training again and again, and comparing it with the same training undisturbed."""

from __future__ import annotations

from pathlib import Path

from commands import TRAIN
from processes import processes_of
from pseudoterminal import wait_for
from runlog import last_step, losses, metrics, records
from vae_tui.core.live.client import RunClient
from vae_tui.core.protocol.commands import Pause, Resume

STEPS = 10_000
SHORT = (*TRAIN, "--train.steps", str(STEPS))
"""A training that ends by itself, after about ten seconds."""


def keep_pace(run: Path, client: RunClient, share: float) -> None:
    """Let the training wait when more than a share of it is done: it must not be over before the last disturbance."""
    client.send(Pause() if last_step(run) > STEPS * share else Resume())


def assert_undisturbed(run: Path, calm: Path) -> None:
    """A run has ended by itself, and has taken the very steps that another one has taken."""
    for path in (run, calm):
        wait_for(lambda path=path: [record["type"] for record in records(path)[-1:]] == ["ended"])
    assert records(run)[-1]["reason"] == "finished"
    assert sorted(metrics(run)) == list(range(1, STEPS + 1))
    assert metrics(run) == metrics(calm)
    assert losses(run) == losses(calm)
    wait_for(lambda: processes_of(run) == [])
    assert not (run / "socket").exists()
