"""A run from end to end: how it is stopped before it has begun, and what becomes of errors."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import vae_tui.core.training.trainer
from compared import evaluated
from logs import write
from vae_tui.core.config import Config, DataConfig, RunConfig
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import Ended, Event, Failed, KnobsChanged, Progress, RunState, StateChanged
from vae_tui.core.run.event_log import read_events
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training import run_training
from vae_tui.core.training.launch import Launch


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    config = Config(data=DataConfig(name="mnist5k"), run=RunConfig(dir=str(tmp_path / "run")))
    with RunDirectory.create(config) as directory:
        yield directory


class Stuck:
    """Stands for what cannot be interrupted: a read from a dead link, a compiler. Later it goes on."""

    def __init__(self) -> None:
        self.is_called = threading.Event()
        self.is_free = threading.Event()
        self.is_done = threading.Event()

    def __call__(self, *arguments: object, **options: object) -> object:
        self.is_called.set()
        self.is_free.wait()
        try:
            for argument in arguments:
                if callable(argument):  # reports a progress
                    argument("downloading", 1, 2, "bytes")
        finally:
            self.is_done.set()
        raise AssertionError("this goes no further")


@pytest.mark.parametrize("place", ["data", "compiler"])
@pytest.mark.parametrize("resume", [False, True])
def test_a_run_is_stopped_in_the_middle_of_what_cannot_be_interrupted(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, place: str, resume: bool
) -> None:
    """A resumed run ends where its last checkpoint is."""
    stuck = Stuck()
    if place == "data":
        monkeypatch.setattr(run_training, "load_dataset", stuck)
    else:
        monkeypatch.setattr(vae_tui.core.training.trainer, "Trainer", stuck)
    if resume:
        (run.checkpoints_path / "70").mkdir(parents=True)
    commands: queue.Queue = queue.Queue()
    threading.Thread(target=lambda: stuck.is_called.wait() and commands.put(Stop())).start()
    heard: list[Event] = []
    last = run_training.run_training(run, commands, heard.append, Launch(is_resumed=resume))
    assert last == heard[-1]
    assert isinstance(last, Ended)
    assert (last.step, last.reason) == (70 if resume else 0, "stopped")
    assert last.checkpoint == (str(run.checkpoints_path / "70") if resume else None)
    assert run_training.is_preparing()
    told = len(heard)
    stuck.is_free.set()
    stuck.is_done.wait()
    assert len(heard) == told  # nobody hears of what has been given up
    logged = list(read_events(run.events_path))
    assert logged[-1] == last
    assert not any(isinstance(event, Progress) for event in logged)


def test_a_preparation_that_ends_by_itself_is_waited_for(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: queue.Queue = queue.Queue()

    def load_dataset(config: DataConfig, report: Callable[[str, int, int, str], None]) -> None:
        report("downloading", 1, 2, "bytes")
        commands.put(Stop())
        report("downloading", 2, 2, "bytes")

    monkeypatch.setattr(run_training, "load_dataset", load_dataset)
    heard: list[Event] = []
    last = run_training.run_training(run, commands, heard.append, Launch(is_resumed=False))
    assert isinstance(last, Ended)
    assert len([event for event in heard if isinstance(event, Progress)]) == 1
    assert not run_training.is_preparing()


def test_a_resumed_run_knows_its_past(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = KnobsChanged(step=30, learning_rate_scale=0.5, beta_scale=1.0)
    write(run, changed, evaluated(40, 9.0, "test"))
    known: dict[str, Any] = {}

    def create(*arguments: object, **options: object) -> object:
        known.update(options)
        raise ArithmeticError("this goes no further")

    monkeypatch.setattr(vae_tui.core.training.trainer, "Trainer", create)
    run_training.run_training(run, queue.Queue(), lambda event: None, Launch(is_resumed=True))
    assert known["resume"]
    assert known["knob_changes"] == [changed]
    assert known["tested_step"] == 40


def test_a_log_that_cannot_be_written_is_told(run: RunDirectory) -> None:
    run.events_path.mkdir()
    heard: list[Event] = []
    last = run_training.run_training(run, queue.Queue(), heard.append, Launch(is_resumed=False))
    assert isinstance(last, Failed)
    assert f"cannot write {run.events_path}" in last.message
    assert heard == [last]


def test_a_disk_that_is_lost_ends_the_run(run: RunDirectory) -> None:
    heard: list[Event] = []

    def listen(event: Event) -> None:
        heard.append(event)
        if isinstance(event, StateChanged) and event.state == RunState.PREPARING:
            run.path.rename(run.path.with_name("lost"))
            run.path.touch()

    last = run_training.run_training(run, queue.Queue(), listen, Launch(is_resumed=False))
    assert isinstance(last, Failed)
    assert last.message == f"cannot write to the run directory {run.path}: Not a directory"
    assert heard[-1] == last


def test_an_error_of_who_listens_ends_the_run(run: RunDirectory) -> None:
    heard: list[Event] = []

    def listen(event: Event) -> None:
        heard.append(event)
        if isinstance(event, StateChanged) and event.state == RunState.COMPILING:
            raise ArithmeticError("no")

    last = run_training.run_training(run, queue.Queue(), listen, Launch(is_resumed=False))
    assert isinstance(last, Failed)
    assert last.message == "ArithmeticError: no"
    assert heard[-1] == last
