"""The trainer's thread: a real trainer, events out, commands in."""

from __future__ import annotations

import queue
from pathlib import Path

from vae_tui.core.commands import Stop
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.events import Ended, Event, Failed, Metrics, RunState, StateChanged
from vae_tui.core.rundir import RunDirectory
from vae_tui.tui.session import TrainerSession


def until(events: queue.Queue[Event], kind: type[Event]) -> list[Event]:
    """Everything up to the first event of a kind."""
    seen: list[Event] = []
    while not seen or not isinstance(seen[-1], kind):
        seen.append(events.get(timeout=120))
        assert not isinstance(seen[-1], Failed) or kind is Failed, seen[-1]
    return seen


def test_a_session_that_never_started_has_nothing_to_wait_for(tmp_path: Path):
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        assert TrainerSession(run, resume=False).join(0)


def test_it_trains_until_it_is_told_to_stop(tmp_path: Path):
    config = Config(
        data=DataConfig(name="mnist5k"),
        model=ModelConfig(hidden=(8,), latents=2),
        optim=OptimConfig(warmup_steps=1),
        train=TrainConfig(steps=3),
        run=RunConfig(dir=str(tmp_path / "run"), samples_per_class=1),
    )
    events: queue.Queue[Event] = queue.Queue()
    with RunDirectory.create(config) as run:
        session = TrainerSession(run, resume=False)
        session.start(events.put)
        seen: list[Event] = []
        while not any(isinstance(event, StateChanged) and event.state == RunState.FINISHED for event in seen):
            seen += until(events, StateChanged)
        assert not session.join(0), "after its last step it goes on listening"
        session.send(Stop())
        seen += until(events, Ended)
        assert session.join(60)
    metrics = [event for event in seen if isinstance(event, Metrics)]
    assert metrics[-1].step == 3
    assert seen[-1] == Ended(step=3, time=seen[-1].time, reason="finished", checkpoint=seen[-1].checkpoint)  # type: ignore[attr-defined]


def test_what_goes_wrong_arrives_as_the_last_event(tmp_path: Path):
    events: queue.Queue[Event] = queue.Queue()
    config = Config(data=DataConfig(name="nonsense"), run=RunConfig(dir=str(tmp_path / "run")))
    with RunDirectory.create(config) as run:
        session = TrainerSession(run, resume=False)
        session.start(events.put)
        failed = until(events, Failed)[-1]
        assert session.join(60)
    assert isinstance(failed, Failed)
    assert failed.usage
    assert "nonsense" in failed.message
