"""A run in another process as the app sees it: a real socket, a real log, and the trainer's end in the test's hands."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosted import wait_for
from scripted import (
    checkpointed,
    data_ready,
    eventually,
    make_app,
    metrics,
    model_ready,
    notice,
    opening,
    sampled,
    state,
    text_of,
    training,
)
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.live import server
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.server import RunServer
from vae_tui.core.live.sockets import connect, listen
from vae_tui.core.live.wire import Refused, encode
from vae_tui.core.protocol.commands import Command, Pause, Resume, Sample
from vae_tui.core.protocol.events import Ended, Evaluated, Event, Examples, Failed, Metrics, Notice, RunState, Sampled
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory, lock_path
from vae_tui.tui.screens.failure_screen import FailureScreen
from vae_tui.tui.session.attached_session import AttachedSession
from vae_tui.tui.session.session import READER, VIEWER, Role

ENDED = Ended(step=140, reason="stopped")


class Host:
    """The other process: a log and a server, and the test says what happens in it."""

    def __init__(self, run: RunDirectory) -> None:
        self.run = run
        self.commands: queue.Queue[Command] = queue.Queue()
        self._log = RunLog(run)
        self._server = RunServer(listen(run.path), run.path, self.commands)
        self._server.start()

    def log(self, *events: Event) -> None:
        for event in events:
            self._log.record(event)

    def say(self, *events: Event) -> None:
        self.log(*events)
        self.publish(*events)

    def publish(self, *events: Event) -> None:
        for event in events:
            self._server.publish(event)

    def hang_up(self) -> None:
        self._server.close()
        self._log.close()


class Screen:
    """A session, and what it has posted."""

    def __init__(self, run: Path, role: Role = VIEWER) -> None:
        self.session = AttachedSession(run, RunClient(connect(run), readonly=not role.steers), role)
        self._events: queue.Queue[Event] = queue.Queue()
        self.session.start(self._events.put)

    def until(self, kind: type[Event]) -> list[Event]:
        """Everything up to the first event of a kind."""
        seen: list[Event] = []
        while not seen or not isinstance(seen[-1], kind):
            seen.append(self._events.get(timeout=60))
            assert isinstance(seen[-1], kind) or not isinstance(seen[-1], Ended | Failed), seen[-1]
        return seen

    def rest(self) -> list[Event]:
        """What is left when the session has ended."""
        assert self.session.join(60)
        return [self._events.get_nowait() for _ in range(self._events.qsize())]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        host = Host(run)
        yield host
        host.hang_up()


def steps(events: list[Event]) -> list[int]:
    """The steps whose metrics came, one by one."""
    return [step for event in events if isinstance(event, Metrics) for step in range(event.first_step, event.step + 1)]


def examples(step: int) -> Examples:
    return Examples(step=step, images=sampled(step).images)


def test_the_past_comes_first_then_what_happens_and_the_end_at_the_end(host: Host) -> None:
    host.log(*opening(), *training(105), Ended(step=105, reason="stopped"))  # an earlier life
    host.say(state(RunState.PREPARING), data_ready(), model_ready(105), metrics(106, 120))
    screen = Screen(host.run.path)
    past = [*screen.until(type(model_ready())), *screen.until(type(model_ready())), *screen.until(Metrics)]
    assert steps(past) == list(range(1, 121))
    assert [event.step for event in past if isinstance(event, Evaluated)] == [35, 70, 105]
    assert not any(isinstance(event, Ended) for event in past)
    host.say(metrics(121, 140), examples(140), sampled(140), checkpointed(140))
    present = screen.until(type(checkpointed(0)))
    while not any(isinstance(event, Examples) for event in present):
        present += screen.until(Examples)
    assert steps(present) == list(range(121, 141))
    assert any(isinstance(event, Sampled) and event.step == 140 for event in present)
    host.say(notice("closing"), ENDED)
    *before, last = screen.rest()
    assert [event.text for event in before if isinstance(event, Notice)] == ["closing"]
    assert last == ENDED


def test_it_is_told_what_the_run_says_while_it_comes(host: Host) -> None:
    screen = Screen(host.run.path)
    for number in range(20):
        host.say(notice(f"number {number}"))
        assert [event.text for event in screen.until(Notice) if isinstance(event, Notice)] == [f"number {number}"]


def test_commands_go_to_the_other_process(host: Host) -> None:
    screen = Screen(host.run.path)
    for command in (Pause(), Sample(3), Resume()):
        screen.session.send(command)
    assert [host.commands.get(timeout=60) for _ in range(3)] == [Pause(), Sample(3), Resume()]


def test_a_command_is_sent_before_the_host_lets_anybody_in(tmp_path: Path) -> None:
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        RunLog(run).close()
        commands: queue.Queue[Command] = queue.Queue()
        server = RunServer(listen(run.path), run.path, commands)
        screen = Screen(run.path)
        screen.session.send(Pause())
        server.start()
        assert commands.get(timeout=60) == Pause()
        server.publish(ENDED)
        server.close()
        assert screen.rest()[-1] == ENDED


def test_a_host_that_hangs_up_without_a_last_word_has_died(host: Host) -> None:
    host.log(*opening(), *training(35), Ended(step=35, reason="stopped"))
    screen = Screen(host.run.path)
    screen.until(Sampled)
    host.publish(examples(35))
    screen.until(Examples)  # it has been let in: the end in its past is that of an earlier session
    host.hang_up()
    last = screen.rest()[-1]
    assert isinstance(last, Failed)
    assert "ended unexpectedly" in last.message
    assert str(host.run.path / "train.log") in last.message
    assert not last.usage
    screen.session.send(Pause())  # nobody is there, and nothing happens


def test_a_host_whose_heart_stands_still_does_not_respond(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(host.run.path)
    assert screen.session.is_responding
    monkeypatch.setattr(server, "beat", lambda run: None)
    os.utime(lock_path(host.run.path), (0, 0))
    assert not screen.session.is_responding
    monkeypatch.undo()
    wait_for(lambda: screen.session.is_responding)


def test_a_last_word_that_only_the_log_has_counts(host: Host) -> None:
    host.say(*opening())
    screen = Screen(host.run.path)
    screen.until(Sampled)
    host.log(ENDED)
    host.hang_up()
    assert screen.rest()[-1] == ENDED


def test_who_comes_too_late_to_be_let_in_learns_the_end_from_the_log(host: Host) -> None:
    here, there = socket.socketpair()
    host.log(*opening(), *training(35), ENDED)
    session = AttachedSession(host.run.path, RunClient(here, readonly=False), VIEWER)
    there.close()
    events: list[Event] = []
    session.start(events.append)
    assert session.join(60)
    assert events[-1] == ENDED


def test_damage_in_the_log_is_said_and_the_rest_comes(host: Host) -> None:
    host.log(notice("before"))
    with open(host.run.events_path, "ab") as file:
        file.write(b"{broken\n{also broken\n")
    screen = Screen(host.run.path, READER)
    seen = [event for _ in range(2) for event in screen.until(Notice)]
    host.say(notice("after"), ENDED)
    seen += screen.rest()
    assert seen[-1] == ENDED
    before, trouble, after = (event for event in seen if isinstance(event, Notice))
    assert (before.text, after.text) == ("before", "after")
    assert trouble.level == "warning"
    assert "part of the run's log cannot be shown" in trouble.text
    assert f"line 2 of {host.run.events_path} is damaged, as is another one: " in trouble.text


def test_a_log_that_cannot_be_read_is_said_once(host: Host) -> None:
    path = host.run.events_path
    path.rename(path.with_name("elsewhere"))
    path.mkdir()  # nobody can read this, not even root
    screen = Screen(host.run.path, READER)
    (trouble,) = screen.until(Notice)
    assert isinstance(trouble, Notice)
    assert f"cannot read {path}" in trouble.text
    host.say(notice("one"), notice("two"))
    host.say(examples(35))
    assert [type(event) for event in screen.until(Examples)] == [Examples]
    host.say(ENDED)
    assert screen.rest() == [ENDED]


def test_who_is_refused_is_told_why(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    session = AttachedSession(tmp_path, RunClient(here, readonly=False), VIEWER)
    there.sendall(encode(Refused("this run speaks version 7; update vae-tui")))
    there.close()
    events: list[Event] = []
    session.start(events.append)
    assert session.join(60)
    (failed,) = events
    assert isinstance(failed, Failed)
    assert (failed.message, failed.usage) == ("this run speaks version 7; update vae-tui", True)


def test_a_session_that_never_started_has_nothing_to_wait_for(host: Host) -> None:
    with contextlib.closing(RunClient(connect(host.run.path), readonly=True)) as client:
        assert AttachedSession(host.run.path, client, READER).join(0)


async def test_the_app_steers_another_process_until_it_dies(host: Host) -> None:
    host.say(*opening(), *training(105))
    client = RunClient(connect(host.run.path), readonly=False)
    app = make_app(AttachedSession(host.run.path, client, VIEWER), run_path=host.run.path)  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await eventually(pilot, lambda: "105 of" in text_of(app, "#step"))
        await pilot.press("space")
        assert text_of(app, "#aside") == "pausing…"
        assert host.commands.get(timeout=60) == Pause()
        host.say(state(RunState.PAUSED, 105))
        await eventually(pilot, lambda: text_of(app, "#state") == "● paused")
        assert "…" not in text_of(app, "#aside")
        await pilot.press("c")
        host.hang_up()  # it has the command, and never answers it
        await eventually(pilot, lambda: isinstance(app.screen, FailureScreen))
        await pilot.press("escape")
        await eventually(pilot, lambda: text_of(app, "#state") == "● failed")
        assert text_of(app, "#aside") == "took 0:05", "the command is no longer pending"
        await pilot.press("q")
    assert isinstance(app.return_value, Failed)
    assert "ended unexpectedly" in app.return_value.message
    assert dataclasses.replace(app.return_value, time=0.0).step == 105
