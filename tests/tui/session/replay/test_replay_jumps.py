"""A replay tells a log in any order: at every moment the screen knows what it knew then."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import read_records
from played import NOW, Played, recorded
from replayed import Life, Listener, failed_life, two_lives, work_seconds
from vae_tui.core.protocol.commands import Command, Pause, Resume, Rewind
from vae_tui.core.protocol.events import Ended, Failed, Metrics, Notice, RunState, Sampled
from vae_tui.core.protocol.records import from_record
from vae_tui.core.run.rundir import RunDirectory, events_path
from vae_tui.core.run.sample_files import PictureArchive
from vae_tui.tui.session.replay.clock import play_times
from vae_tui.tui.session.replay.log_index import LogIndex
from vae_tui.tui.session.replay.replay_commands import LookAt, ReplayCommand, Skip, TurnSpeed
from vae_tui.tui.session.replay.replay_events import Restated


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("lives"), two_lives())


@cache
def known_at(run: Path, position: int) -> dict[str, object]:
    """What the screen knew when so many lines had been written."""
    records = read_records(events_path(run))[:position]
    left_out = ("sampled", "ended", "failed")
    return Listener(from_record(record) for record in records if record["type"] not in left_out).known()


def test_all_of_it_at_once_is_what_the_run_has_said(lives: Path) -> None:
    played = Played(lives, None)
    assert played.listener.known() == known_at(lives, len(played.index))
    assert played.standing[0] == RunState.FINISHED
    assert played.listener.view.fraction == 1
    assert played.replay.wait(played.now) is None
    pictures = [event for event in played.listener.events if isinstance(event, Sampled)]
    assert [picture.step for picture in pictures] == [120]


@given(
    st.sampled_from([None, 1.0, 4.0]),
    st.lists(
        st.one_of(
            st.floats(0, 30),
            st.integers(0, 130).map(Rewind),
            st.just(Rewind()),
            st.sampled_from(
                [Pause(), Resume(), TurnSpeed(1), TurnSpeed(-1), Skip(1), Skip(-1), LookAt(7), LookAt(None)]
            ),
        ),
        max_size=8,
    ),
)
def test_wherever_it_has_jumped_the_screen_knows_what_it_knew_then(
    lives: Path, speed: float | None, actions: list[float | Command | ReplayCommand]
) -> None:
    played = Played(lives, speed)
    for action in actions:
        if isinstance(action, float | int):
            played.wait(action)
        else:
            played.tell(action)
        position = played.replay.position
        assert played.listener.known() == known_at(lives, position)
        assert played.replay.step == played.listener.view.step


def test_it_takes_as_long_as_the_training_did(lives: Path) -> None:
    work = work_seconds(two_lives())
    played = Played(lives, 2.0)
    index = played.index
    seconds = play_times(index.times, index.idle)[-1]
    assert work < seconds < work + 20  # two starts, two pauses, and the end: not the hours that they took
    steps = []
    while (wait := played.replay.wait(played.now)) is not None:
        played.wait(wait + 1e-6)
        steps.append(played.listener.view.step)
    np.testing.assert_allclose(played.now - NOW, seconds / 2, atol=0.1)
    assert set(range(5, 121, 5)) <= set(steps)


def test_metrics_and_pictures_come_at_their_steps(lives: Path) -> None:
    played = Played(lives, 1.0)
    while played.listener.view.step < 20:
        played.wait(0.05)
    chunks = [event for event in played.listener.events if isinstance(event, Metrics)]
    assert [(event.first_step, event.step) for event in chunks] == [(1, 5), (6, 10), (11, 15), (16, 20)]
    pictures = [event for event in played.listener.events if isinstance(event, Sampled)]
    assert [picture.step for picture in pictures] == [10, 20]


def test_a_jump_back_brings_the_picture_the_knobs_and_the_length_of_then(lives: Path) -> None:
    played = Played(lives, None)
    view = played.listener.view
    assert view.model is not None
    assert (view.model.total_steps, view.learning_rate_scale) == (120, 0.25)
    said = played.tell(Rewind(37))
    assert (view.step, view.model.total_steps, view.learning_rate_scale) == (35, 100, 0.5)
    picture = next(event for event in said if isinstance(event, Sampled))
    archived = PictureArchive(lives / "samples").at(35)
    assert archived is not None
    np.testing.assert_array_equal(picture.images, archived.images)
    assert played.standing == (RunState.PAUSED, "replay x1")
    assert played.replay.wait(played.now) is None


def test_back_is_the_way_that_the_run_took_last_and_on_is_the_next(lives: Path) -> None:
    """It has been at step 50 twice: before it went back to 40, and after."""
    played = Played(lives, None)
    played.tell(Rewind(50))
    assert played.listener.view.learning_rate_scale == 0.25
    played.tell(Rewind(30))
    played.tell(Rewind(50))
    assert played.listener.view.learning_rate_scale == 0.5
    assert played.listener.view.step == 50
    played.tell(Rewind(10**6))
    assert played.standing[0] == RunState.FINISHED


def test_pausing_going_on_and_another_speed_are_answered_at_once(lives: Path) -> None:
    played = Played(lives, 4.0)
    played.wait(2)
    assert played.standing[1] == "replay x4"
    played.tell(Pause())
    assert played.standing == (RunState.PAUSED, "replay x4")
    step = played.listener.view.step
    played.wait(100)
    assert played.listener.view.step == step
    played.tell(TurnSpeed(-1))
    assert played.standing == (RunState.PAUSED, "replay x2")
    played.tell(Resume())
    assert played.standing == (RunState.TRAINING, "replay x2")
    played.wait(0.5)
    assert step < played.listener.view.step <= step + 10


def test_from_the_end_it_is_played_from_the_start(lives: Path) -> None:
    played = Played(lives, None)
    assert played.standing == (RunState.FINISHED, "space plays it x1")
    said = played.tell(Resume())
    assert played.listener.history.last_step == 0
    assert isinstance(said[-1], Restated)
    played.wait(6)
    assert 0 < played.listener.view.step < 60
    assert played.standing == (RunState.TRAINING, "replay x1")


def test_it_skips_from_checkpoint_to_checkpoint(lives: Path) -> None:
    played = Played(lives, None)
    for step in (100, 80, 60, 40, 20, 0, 0):
        played.tell(Skip(-1))
        assert played.listener.view.step == step
    for step in (20, 40, 60, 80, 100, 120, 120):
        played.tell(Skip(1))
        assert played.listener.view.step == step
    assert played.standing[0] == RunState.FINISHED


def test_back_to_the_cursor_else_to_the_checkpoint_before(lives: Path) -> None:
    played = Played(lives, None)
    for step in (100, 80):
        played.tell(Rewind())
        assert played.listener.view.step == step
    played.tell(LookAt(62))
    played.tell(Rewind())
    assert played.listener.view.step == 60
    played.tell(LookAt(None))
    played.tell(Rewind())
    assert played.listener.view.step == 40


def test_how_a_run_failed_is_told_and_is_not_the_end(tmp_path: Path) -> None:
    played = Played(recorded(tmp_path, failed_life()), None)
    assert played.standing[0] == RunState.FAILED
    assert not any(isinstance(event, Failed | Ended) for event in played.listener.events)
    notice = next(event for event in played.listener.events if isinstance(event, Notice))
    assert (notice.level, notice.text) == ("error", "the disk is full")


def test_a_run_that_was_killed_is_stopped_where_it_was(tmp_path: Path) -> None:
    life = Life(NOW, 0, seed=1)
    run = recorded(tmp_path, [*life.opening(), *life.train(20)])
    with open(run / "events.jsonl", "a") as log:
        log.write('{"type":"eval')
    played = Played(run, None)
    assert played.standing == (RunState.STOPPED, "interrupted, space plays it x1")
    assert played.listener.view.step == 20
    assert not any(isinstance(event, Notice) for event in played.listener.events)


def test_a_run_that_is_being_trained_is_not_called_interrupted(tmp_path: Path) -> None:
    life = Life(NOW, 0, seed=1)
    run = recorded(tmp_path, [*life.opening(), *life.train(20)])
    with RunDirectory.resume(run):
        assert Played(run, None).standing == (RunState.PAUSED, "the run goes on, space plays it x1")


def test_a_jump_out_of_a_pause_leaves_no_mark_of_its_end(tmp_path: Path) -> None:
    """What is told again from before the pause was not resumed there."""
    life = Life(NOW, 0, seed=1)
    opening, first, rest = life.opening(), list(life.train(20)), list(life.train(40))
    run = recorded(tmp_path, [*opening, *first, *rest, life.state(RunState.PAUSED)])
    played = Played(run, None)
    played.tell(Rewind(10))
    played.tell(Resume())
    played.wait(1000)
    marks = played.listener.history.marks(1, 40)
    assert [mark.kind for mark in marks if mark.kind in ("pause", "resume")] == ["pause"]


def test_a_replay_of_a_pause_goes_on_playing(tmp_path: Path) -> None:
    life = Life(NOW, 0, seed=1)
    first = [*life.opening(), *life.train(20), life.state(RunState.PAUSED)]
    life.later(3600)
    played = Played(recorded(tmp_path, [*first, life.state(RunState.TRAINING), *life.train(40)]), 1.0)
    while first[-1] not in played.listener.events[-3:]:
        played.wait(0.05)
    assert played.standing == (RunState.TRAINING, "run paused, replay x1")
    played.tell(Pause())
    assert played.standing == (RunState.PAUSED, "replay x1")


def test_the_samples_of_a_position_are_of_no_discarded_step(lives: Path) -> None:
    index = LogIndex(lives)
    found = [(index.step_at(position), index.last_sampled(position)) for position in range(len(index) + 1)]
    assert all(picture is None or step - 10 <= picture.step <= step for step, picture in found if step)


def test_a_speed_that_nobody_chose_is_over_within_a_minute(tmp_path: Path) -> None:
    life = Life(NOW, 0, seed=1)
    events = [*life.opening(), *life.train(20)]
    day = [dataclasses.replace(event, time=NOW + 3600 * (event.time - NOW)) for event in events]
    played = Played(recorded(tmp_path, day), None)
    played.tell(Resume())
    state, detail = played.standing
    assert detail == "run preparing data, replay x256"
    assert state == RunState.TRAINING
    played.wait(61)
    assert played.standing[0] == RunState.STOPPED
