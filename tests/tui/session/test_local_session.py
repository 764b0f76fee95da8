"""The session of a run that this process trains: a real log, and the trainer's thread in the test's hands."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import checkpointed, evaluated, metrics, state
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.live.live_run import LiveRun
from vae_tui.core.protocol.commands import Command, Pause
from vae_tui.core.protocol.events import (
    Checkpointed,
    Ended,
    Evaluated,
    Event,
    Examples,
    Failed,
    Generated,
    LatentMap,
    Metrics,
    Notice,
    RunState,
)
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.session.local_session import MAX_WAITING, LocalSession

ENDED = Ended(step=9, reason="stopped")


class Trainer:
    """Stands in for a `LiveRun`: the test says what happens, in its own thread, and it is logged as usual."""

    def __init__(self, run: RunDirectory) -> None:
        self.viewers = 0
        self.has_screen = False
        self.commands: list[Command] = []
        self.run = run
        self._handlers: list[Callable[[Event], None]] = []
        self._log: RunLog | None = None

    def subscribe(self, handle: Callable[[Event], None]) -> None:
        self._handlers.append(handle)

    def start(self) -> None:
        self._log = RunLog(self.run)

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def say(self, *events: Event) -> None:
        assert self._log is not None
        for event in events:
            self._log.record(event)
            for handle in self._handlers:
                handle(event)


class App:
    """Takes a session's events, unless it is told to hang."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._events: queue.Queue[Event] = queue.Queue()

    def post(self, event: Event) -> None:
        self.goes_on.wait()
        self._events.put(event)

    def until_last(self) -> list[Event]:
        """Everything up to the last event."""
        seen: list[Event] = []
        while not seen or not isinstance(seen[-1], Ended | Failed):
            seen.append(self._events.get(timeout=60))
        return seen

    def next(self) -> Event:
        return self._events.get(timeout=60)

    @property
    def has_more(self) -> bool:
        return not self._events.empty()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        yield run


def make(run: RunDirectory) -> tuple[LocalSession, Trainer, App]:
    """A session that has been started."""
    trainer, app = Trainer(run), App()
    session = LocalSession(run.path, cast(LiveRun, trainer))
    session.start(app.post)
    return session, trainer, app


def steps_of(events: list[Event]) -> list[int]:
    """The steps whose metrics were handed over, in order."""
    return [step for event in events if isinstance(event, Metrics) for step in range(event.first_step, event.step + 1)]


def log_earlier_life(run: RunDirectory, *events: Event) -> None:
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()


def generated(ticket: int) -> Generated:
    return Generated(step=1, ticket=ticket, images=np.zeros((1, 28, 28), np.uint8), weights="ema")


def latent_map(step: int) -> LatentMap:
    return LatentMap(
        step=step,
        points=np.zeros((1, 2), np.float32),
        labels=np.zeros(1, np.int32),
        latents=np.zeros((1, 2), np.float32),
        explained=(0.5, 0.25),
    )


def test_the_app_gets_the_very_objects_that_the_trainer_says(run: RunDirectory) -> None:
    _, trainer, app = make(run)
    said = [state(RunState.TRAINING), metrics(1, 5), latent_map(5), evaluated(5), generated(1)]
    for event in said:
        trainer.say(event)
        assert app.next() is event
    trainer.say(ENDED)
    assert app.until_last() == [ENDED]


def test_commands_go_to_the_trainer_and_screens_are_counted(run: RunDirectory) -> None:
    session, trainer, _ = make(run)
    assert trainer.has_screen
    trainer.viewers = 2
    assert session.viewers == 3
    session.send(Pause())
    assert trainer.commands == [Pause()]
    session.close()
    assert not trainer.has_screen


def test_the_past_of_a_resumed_run_comes_first_and_its_end_is_not_the_end(run: RunDirectory) -> None:
    log_earlier_life(run, metrics(1, 35), evaluated(35), ENDED)
    with run.events_path.open("ab") as file:
        file.write(b'{"type":"metrics","torn')
    _, trainer, app = make(run)
    trainer.say(metrics(36, 40), ENDED)
    seen = app.until_last()
    assert [type(event) for event in seen] == [Metrics, Evaluated, Metrics, Ended]
    assert steps_of(seen) == list(range(1, 41))


def test_an_app_that_hangs_does_not_hold_the_trainer_up_and_misses_nothing_that_is_logged(run: RunDirectory) -> None:
    _, trainer, app = make(run)
    app.goes_on.clear()
    last = 4 * MAX_WAITING
    for step in range(1, last + 1):  # this would never end if the trainer waited
        trainer.say(metrics(step, step), latent_map(step))
        if step % 500 == 0:
            trainer.say(checkpointed(step), generated(step))
    examples = Examples(step=last, images=np.zeros((1, 1, 28, 28), np.uint8))
    trainer.say(examples)
    app.goes_on.set()
    trainer.say(ENDED)
    seen = app.until_last()
    assert steps_of(seen) == list(range(1, last + 1))
    assert [event.step for event in seen if isinstance(event, Checkpointed)] == list(range(500, last + 1, 500))
    assert [event.ticket for event in seen if isinstance(event, Generated)] == list(range(500, last + 1, 500))
    assert [event for event in seen if isinstance(event, LatentMap)][-1].step == last
    assert examples in seen
    assert len(seen) < 3 * MAX_WAITING, "what was missed comes many steps at a time"


def test_what_comes_after_it_has_caught_up_is_handed_over_as_it_is(run: RunDirectory) -> None:
    _, trainer, app = make(run)
    app.goes_on.clear()
    trainer.say(*(metrics(step, step) for step in range(1, 2 * MAX_WAITING + 1)))
    app.goes_on.set()
    step = 0
    while step < 2 * MAX_WAITING:
        step = app.next().step
    for following in range(step + 1, step + 200):  # soon one of them comes as the same object
        event = metrics(following, following)
        trainer.say(event)
        if app.next() is event:
            return
    raise AssertionError("everything is read from the log")


def test_a_log_that_is_gone_is_told_and_the_end_comes_all_the_same(run: RunDirectory) -> None:
    log_earlier_life(run, metrics(1, 35))
    trainer, app = Trainer(run), App()
    session = LocalSession(run.path, cast(LiveRun, trainer))
    app.goes_on.clear()
    session.start(app.post)
    trainer.say(*(metrics(step, step) for step in range(36, 40)))
    run.events_path.write_bytes(b"")
    trainer.say(ENDED)
    app.goes_on.set()
    assert app.until_last()[-1] == ENDED
    assert session.join(60)


def test_a_session_that_is_closed_says_nothing_more(run: RunDirectory) -> None:
    session, trainer, app = make(run)
    trainer.say(metrics(1, 1))
    app.next()
    session.close()
    assert session.join(60)
    trainer.say(metrics(2, 2), ENDED)
    assert not app.has_more


def test_damage_in_the_past_is_told_once_and_the_rest_is_shown(run: RunDirectory) -> None:
    log_earlier_life(run, metrics(1, 35))
    with run.events_path.open("ab") as file:
        file.write(b'{"type":"metrics","damaged"\n')
    log_earlier_life(run, metrics(36, 40))
    _, trainer, app = make(run)
    trainer.say(metrics(41, 45), ENDED)
    seen = app.until_last()
    assert steps_of(seen) == list(range(1, 46))
    assert len([event for event in seen if isinstance(event, Notice)]) == 1


@given(past=st.integers(0, 50), turns=st.lists(st.tuples(st.integers(1, 700), st.booleans()), max_size=8))
def test_every_step_is_shown_once_however_the_app_keeps_up(past: int, turns: list[tuple[int, bool]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        RunDirectory.create(Config(run=RunConfig(dir=f"{folder}/run"))) as run,
    ):
        if past:
            log_earlier_life(run, *(metrics(step, step) for step in range(1, past + 1)))
        _, trainer, app = make(run)
        step = past
        for count, goes_on in turns:
            (app.goes_on.set if goes_on else app.goes_on.clear)()
            trainer.say(*(metrics(first, first) for first in range(step + 1, step + count + 1)))
            step += count
        app.goes_on.set()
        trainer.say(ENDED)
        assert steps_of(app.until_last()) == list(range(1, step + 1))
