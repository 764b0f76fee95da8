"""A replay of a run that was really trained: what its log tells, and answers from its checkpoints."""

from __future__ import annotations

import dataclasses
import json
import queue
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from vae_tui.core.commands import (
    Checkpoint,
    Command,
    Generate,
    Pause,
    Resume,
    Rewind,
    Sample,
    SetKnobs,
    Stop,
    UseParams,
)
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.events import (
    Ended,
    Evaluated,
    Event,
    Examples,
    Failed,
    Generated,
    LatentMap,
    Metrics,
    Notice,
    ParamsSelected,
    Reconstructed,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.rundir import RunDirectory
from vae_tui.core.training import run_training
from vae_tui.tui.replay.commands import LookAt, ReplayCommand
from vae_tui.tui.replay.session import ReplaySession

CONFIG = Config(
    data=DataConfig(name="mnist5k", dir="no/such/folder"),
    model=ModelConfig(hidden=(8,), latents=3),
    optim=OptimConfig(warmup_steps=1),
    train=TrainConfig(steps=10, batch_size=1500, ema_decay=0.5),  # 3 steps an epoch
    run=RunConfig(samples_per_class=2, sample_steps=3),
)

STEPS = (3, 6, 9, 10)
"""The steps of the checkpoints."""

Matches = type[Event] | Callable[[Event], bool]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A run that has finished, and all that it has said."""
    path = tmp_path_factory.mktemp("runs") / "run"
    events: list[Event] = []
    config = dataclasses.replace(CONFIG, run=dataclasses.replace(CONFIG.run, dir=str(path), keep_checkpoints=4))
    with RunDirectory.create(config) as run:
        run_training(run, queue.Queue(), events.append, resume=False, attended=lambda: False)
    assert isinstance(events[-1], Ended)
    assert sorted(int(folder.name) for folder in (path / "checkpoints").iterdir()) == list(STEPS)
    return path, events


@pytest.fixture
def copied(trained: tuple[Path, list[Event]], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


class Replayed:
    """A session on a saved run; what it says is waited for."""

    def __init__(self, session: ReplaySession) -> None:
        self.session = session
        self._events: queue.Queue[Event] = queue.Queue()
        session.start(self._events.put)

    def until(self, matches: Matches) -> list[Event]:
        """Everything up to the first event that matches."""
        seen: list[Event] = []
        while True:
            seen.append(self._events.get(timeout=120))
            if isinstance(seen[-1], matches) if isinstance(matches, type) else matches(seen[-1]):
                return seen
            assert not isinstance(seen[-1], Failed | Ended), seen[-1]

    def ask(self, command: Command | ReplayCommand, matches: Matches) -> Event:
        self.session.send(command)
        return self.until(matches)[-1]

    def generated(self, weights: str = "ema") -> Generated:
        """The digits that a studio would get now."""
        codes = np.linspace(-1, 1, 6).reshape(2, 3).astype(np.float32)
        question = Generate(7, codes, np.eye(10, dtype=np.float32)[[2, 5]], weights)  # type: ignore[arg-type]
        answer = self.ask(question, Generated)
        assert isinstance(answer, Generated)
        assert (answer.ticket, answer.weights) == (7, weights)
        return answer


Start = Callable[..., Replayed]


@pytest.fixture
def start() -> Iterator[Start]:
    opened: list[Replayed] = []

    def start(path: Path, **arguments: object) -> Replayed:
        opened.append(Replayed(ReplaySession(path, **arguments)))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for replayed in opened:
        replayed.session.send(Stop())
        assert replayed.session.join(60)


def requested(event: Event) -> bool:
    return isinstance(event, Sampled) and event.requested


def paused(event: Event) -> bool:
    return isinstance(event, StateChanged) and event.state == RunState.PAUSED


def test_a_run_is_told_again_and_shown_as_in_training(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    seen = start(path).until(Reconstructed)
    for kind in (Evaluated, Sampled, LatentMap, Reconstructed, Examples):
        live = [event for event in said if isinstance(event, kind)][-1]
        told = [event for event in seen if isinstance(event, kind)][-1]
        assert told.step == (live.step if kind is not Examples else 10)
        for field in ("loss", "images", "labels", "latents"):
            if hasattr(live, field):
                np.testing.assert_allclose(getattr(told, field), getattr(live, field), atol=1e-4)
    losses = [
        np.concatenate([event.loss for event in events if isinstance(event, Metrics)]).tolist()
        for events in (said, seen)
    ]
    assert losses[0] == losses[1]
    assert [event.state for event in seen if isinstance(event, StateChanged)][-1] == RunState.FINISHED
    assert not any(isinstance(event, Ended) for event in seen)


def test_questions_are_answered_as_the_trainer_answers_them(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    ema, raw, best = (replayed.generated(weights) for weights in ("ema", "raw", "best"))
    assert [answer.problem for answer in (ema, raw, best)] == ["", "", ""]
    assert (ema.images != raw.images).any()
    steps = [event.step for event in said if isinstance(event, Evaluated) and event.best]
    assert ((best.images == ema.images).all()) == (steps[-1] == 10)
    wrong = Generate(9, np.zeros((1, 2), np.float32), np.eye(10, dtype=np.float32)[:1])
    answer = replayed.ask(wrong, Generated)
    assert isinstance(answer, Generated)
    assert answer.images.shape == (0, 28, 28)
    assert "this model takes 1x3" in answer.problem


def test_digits_are_drawn_anew_from_either_parameters(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    drawn = [event for event in said if isinstance(event, Sampled)][-1]
    one = replayed.ask(Sample(7), requested)
    assert isinstance(one, Sampled)
    changed = (one.images != drawn.images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])
    assert (one.label, one.source) == (7, "ema")
    replayed.session.send(UseParams("raw"))
    *_, selected, raw = replayed.until(requested)
    assert isinstance(selected, ParamsSelected)
    assert isinstance(raw, Sampled)
    assert raw.source == "raw"
    assert (raw.images != one.images).any()
    refused = replayed.ask(Sample(10), Notice)
    assert isinstance(refused, Notice)
    assert "no class 10" in refused.text


def test_what_is_drawn_is_drawn_with_the_checkpoint_of_the_moment(
    trained: tuple[Path, list[Event]], start: Start
) -> None:
    """At the end the one that was asked for; before, the nearest one at or before the step, else the first."""
    replayed = start(trained[0], checkpoint="6")
    drawn = {6: replayed.generated().images}
    assert replayed.generated().step == 6
    for step, expected in ((10, 10), (9, 9), (8, 6), (6, 6), (4, 3), (1, 3), (0, 3)):
        replayed.session.send(LookAt(step))
        answer = replayed.generated()
        assert answer.step == expected
        np.testing.assert_array_equal(drawn.setdefault(expected, answer.images), answer.images)
    assert all((drawn[3] != drawn[step]).any() for step in (6, 9, 10))
    replayed.session.send(LookAt(None))
    assert replayed.generated().step == 6
    replayed.ask(Rewind(4), paused)
    assert replayed.generated().step == 3
    sampled = replayed.ask(Sample(), requested)
    assert sampled.step == 3
    best = replayed.generated("best")
    replayed.ask(Rewind(10), lambda event: isinstance(event, StateChanged) and event.state == RunState.FINISHED)
    np.testing.assert_array_equal(replayed.generated("best").images, best.images)


def test_the_map_and_the_reconstructions_follow_the_moment(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    replayed.until(Reconstructed)
    replayed.session.send(Rewind(3))
    shown = replayed.until(Reconstructed)[-2:]
    live = [event for event in said if isinstance(event, LatentMap | Reconstructed) and event.step == 3]
    for event, expected in zip(shown, live, strict=True):
        assert type(event) is type(expected)
        assert event.step == 3
        for field in ("images",) if isinstance(event, Reconstructed) else ("labels", "latents"):
            np.testing.assert_allclose(getattr(event, field), getattr(expected, field), atol=1e-4)


def test_a_played_run_is_told_from_its_start_to_its_end(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path, speed=64.0)
    seen = replayed.until(lambda event: isinstance(event, StateChanged) and event.detail == "space plays it x64")
    chunks = [(event.first_step, event.step) for event in seen if isinstance(event, Metrics)]
    assert [step for first, last in chunks for step in range(first, last + 1)] == list(range(1, 11))
    assert [event.step for event in seen if isinstance(event, Evaluated)] == [
        event.step for event in said if isinstance(event, Evaluated)
    ]
    replayed.session.send(Resume())
    again = replayed.until(lambda event: isinstance(event, StateChanged) and event.detail == "space plays it x64")
    assert [event.step for event in again if isinstance(event, Evaluated)] == [
        event.step for event in seen if isinstance(event, Evaluated)
    ]


def test_a_slow_replay_obeys_at_once(trained: tuple[Path, list[Event]], start: Start) -> None:
    replayed = start(trained[0], speed=1e-12)  # ages between two events
    replayed.until(lambda event: isinstance(event, StateChanged) and event.detail == "replay x1e-12")
    replayed.ask(Pause(), paused)
    replayed.ask(Rewind(6), lambda event: isinstance(event, Metrics) and event.step == 6)


@pytest.mark.parametrize("command", [Checkpoint(), SetKnobs(0.5)])
def test_what_would_train_it_is_refused(trained: tuple[Path, list[Event]], start: Start, command: Command) -> None:
    path, _ = trained
    notice = start(path).ask(command, Notice)
    assert isinstance(notice, Notice)
    assert notice.level == "warning"
    assert notice.text == f"this run is not being trained; vae-tui train --resume {path} goes on with it"


def test_stopping_ends_it(trained: tuple[Path, list[Event]]) -> None:
    replayed = Replayed(ReplaySession(trained[0]))
    replayed.until(Reconstructed)
    ended = replayed.ask(Stop(), Ended)
    assert ended == Ended(step=10, time=ended.time, reason="stopped")
    assert replayed.session.join(60)


def test_stopping_at_once_ends_it_without_a_wait_for_a_model(trained: tuple[Path, list[Event]]) -> None:
    session = ReplaySession(trained[0])
    session.send(Stop())
    replayed = Replayed(session)
    seen = replayed.until(Ended)
    assert not any(isinstance(event, Examples) for event in seen)
    assert session.join(60)


def test_without_the_data_set_there_is_no_map_but_all_the_rest(copied: Path, start: Start) -> None:
    """Nothing is downloaded for it: its folder of data sets is not even there."""
    for model in copied.glob("checkpoints/*/model/metadata"):
        model.write_text(model.read_text().replace("mnist5k", "kmnist"))
    replayed = start(copied)
    notice = replayed.until(Notice)[-1]
    assert isinstance(notice, Notice)
    assert "kmnist" in notice.text
    assert "vae-tui data prepare kmnist" in notice.text
    assert replayed.generated().images.shape == (2, 28, 28)


def empty(pattern: str) -> Callable[[Path], object]:
    """Damage files of the last checkpoint."""
    return lambda run: [path.write_bytes(b"") for path in run.glob(f"checkpoints/10/{pattern}") if path.is_file()]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: shutil.rmtree(run / "checkpoints"), "no checkpoints yet"),
        (empty("state/**/*"), "cannot read the checkpoint"),
        (empty("**/*"), "cannot read the checkpoint"),
    ],
    ids=["no checkpoint", "parameters", "checkpoint"],
)
def test_without_a_model_the_run_is_told_and_each_answer_says_why(
    copied: Path, start: Start, damage: Callable[[Path], object], message: str
) -> None:
    damage(copied)
    replayed = start(copied)
    seen = replayed.until(Notice)
    assert seen[-1].level == "warning"  # type: ignore[attr-defined]
    assert message in seen[-1].text  # type: ignore[attr-defined]
    assert sum(event.step - event.first_step + 1 for event in seen if isinstance(event, Metrics)) == 10
    answer = replayed.generated()
    assert answer.images.shape == (0, 28, 28)
    assert message in answer.problem
    notice = replayed.ask(Sample(), Notice)
    assert message in notice.text  # type: ignore[attr-defined]


def test_an_earlier_checkpoint_that_is_damaged_hides_no_other(copied: Path, start: Start) -> None:
    for path in copied.glob("checkpoints/6/state/**/*"):
        if path.is_file():
            path.write_bytes(b"")
    replayed = start(copied)
    replayed.until(Reconstructed)
    replayed.session.send(LookAt(6))
    notice = replayed.until(Notice)[-1]
    assert "cannot read the checkpoint" in notice.text  # type: ignore[attr-defined]
    assert "cannot read the checkpoint" in replayed.generated().problem
    replayed.session.send(LookAt(9))
    assert (replayed.generated().step, replayed.generated().problem) == (9, "")


def test_a_run_without_a_log_fails_with_a_clear_message(copied: Path) -> None:
    (copied / "events.jsonl").unlink()
    replayed = Replayed(ReplaySession(copied))
    failed = replayed.until(Failed)[-1]
    assert isinstance(failed, Failed)
    assert failed.usage
    assert failed.message == f"{copied} has no log (events.jsonl): there is nothing to replay"
    assert replayed.session.join(60)


def test_a_run_that_was_killed_is_stopped(copied: Path, start: Start) -> None:
    events = copied / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if json.loads(line)["type"] == "metrics")
    events.write_text("".join(lines[: last + 1]) + '{"type":"eval')
    seen = start(copied).until(Examples)
    state = [event for event in seen if isinstance(event, StateChanged)][-1]
    assert state.state == RunState.STOPPED
    assert state.step == [event.step for event in seen if isinstance(event, Metrics)][-1]
