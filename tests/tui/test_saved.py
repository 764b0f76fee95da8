"""A saved run: what its log tells, then answers from its checkpoints."""

from __future__ import annotations

import dataclasses
import json
import queue
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from vae_tui.core.commands import Checkpoint, Command, Generate, Pause, Sample, Stop, UseParams
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
from vae_tui.core.runlog import read_events
from vae_tui.core.training import run_training
from vae_tui.tui.saved import SavedSession

CONFIG = Config(
    data=DataConfig(name="mnist5k", dir="no/such/folder"),
    model=ModelConfig(hidden=(8,), latents=3),
    optim=OptimConfig(warmup_steps=1),
    train=TrainConfig(steps=4, batch_size=1500, ema_decay=0.5),  # 3 steps an epoch
    run=RunConfig(samples_per_class=2, sample_steps=3),
)

Matches = type[Event] | Callable[[Event], bool]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A run that has finished, and all that it has said."""
    path = tmp_path_factory.mktemp("runs") / "run"
    events: list[Event] = []
    config = dataclasses.replace(CONFIG, run=dataclasses.replace(CONFIG.run, dir=str(path)))
    with RunDirectory.create(config) as run:
        run_training(run, queue.Queue(), events.append, resume=False, attended=False)
    assert isinstance(events[-1], Ended)
    return path, events


@pytest.fixture
def copied(trained: tuple[Path, list[Event]], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


class Saved:
    """A session on a saved run; what it says is waited for."""

    def __init__(self, session: SavedSession) -> None:
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

    def ask(self, command: Command, matches: Matches) -> Event:
        self.session.send(command)
        return self.until(matches)[-1]


@pytest.fixture
def start() -> Iterator[Callable[..., Saved]]:
    opened: list[Saved] = []

    def start(path: Path, checkpoint: str = "latest") -> Saved:
        opened.append(Saved(SavedSession(path, checkpoint=checkpoint)))
        return opened[-1]

    yield start
    for saved in opened:
        saved.session.send(Stop())
        assert saved.session.join(60)


def generate(ticket: int, weights: str = "ema") -> Generate:
    codes = np.linspace(-1, 1, 6).reshape(2, 3).astype(np.float32)
    return Generate(ticket, codes, np.eye(10, dtype=np.float32)[[2, 5]], weights)  # type: ignore[arg-type]


def test_a_run_is_told_again_and_shown_as_in_training(
    trained: tuple[Path, list[Event]], start: Callable[..., Saved]
) -> None:
    path, said = trained
    seen = start(path).until(Reconstructed)
    past = list(read_events(path / "events.jsonl"))
    assert isinstance(past[-1], Ended)
    assert [(type(event), event.time, event.step) for event in seen[: len(past) - 1]] == [
        (type(event), event.time, event.step) for event in past[:-1]
    ]
    picture, *shown = seen[len(past) - 1 :]
    last_picture = [event for event in said if isinstance(event, Sampled)][-1]
    assert isinstance(picture, Sampled)
    assert picture.step == last_picture.step
    np.testing.assert_array_equal(picture.images, last_picture.images)
    assert [type(event) for event in shown] == [Examples, LatentMap, Reconstructed]
    assert [event.state for event in seen if isinstance(event, StateChanged)][-1] == RunState.FINISHED
    for event in shown:
        live = [other for other in said if type(other) is type(event)][-1]
        for field in ("images",) if not isinstance(event, LatentMap) else ("labels", "latents"):
            np.testing.assert_allclose(getattr(event, field), getattr(live, field), atol=1e-4)


def test_questions_are_answered_as_the_trainer_answers_them(
    trained: tuple[Path, list[Event]], start: Callable[..., Saved]
) -> None:
    path, said = trained
    saved = start(path)
    answers = [saved.ask(generate(ticket, weights), Generated) for ticket, weights in enumerate(("ema", "raw", "best"))]
    assert [(answer.ticket, answer.weights, answer.problem) for answer in answers if isinstance(answer, Generated)] == [
        (0, "ema", ""),
        (1, "raw", ""),
        (2, "best", ""),
    ]
    ema, raw, best = (answer.images for answer in answers if isinstance(answer, Generated))
    assert (ema != raw).any()
    steps = [event.step for event in said if isinstance(event, Evaluated) and event.best]
    assert ((best == ema).all()) == (steps[-1] == 4)
    wrong = saved.ask(Generate(9, np.zeros((1, 2), np.float32), np.eye(10, dtype=np.float32)[:1]), Generated)
    assert isinstance(wrong, Generated)
    assert wrong.images.shape == (0, 28, 28)
    assert "this model takes 1x3" in wrong.problem


def test_digits_are_drawn_anew_from_either_parameters(
    trained: tuple[Path, list[Event]], start: Callable[..., Saved]
) -> None:
    path, said = trained
    saved = start(path)
    drawn = [event for event in said if isinstance(event, Sampled)][-1]
    one = saved.ask(Sample(7), lambda event: isinstance(event, Sampled) and event.requested)
    assert isinstance(one, Sampled)
    changed = (one.images != drawn.images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])
    assert (one.label, one.source) == (7, "ema")
    saved.session.send(UseParams("raw"))
    *_, selected, raw = saved.until(Sampled)
    assert isinstance(selected, ParamsSelected)
    assert isinstance(raw, Sampled)
    assert raw.source == "raw"
    assert (raw.images != one.images).any()
    refused = saved.ask(Sample(10), Notice)
    assert isinstance(refused, Notice)
    assert "no class 10" in refused.text


def test_a_checkpoint_can_be_chosen(trained: tuple[Path, list[Event]], start: Callable[..., Saved]) -> None:
    saved = start(trained[0], "3")
    assert saved.until(Reconstructed)[-1].step == 3
    assert saved.ask(generate(1), Generated).step == 3


def test_stopping_ends_it(trained: tuple[Path, list[Event]]) -> None:
    path, _ = trained
    saved = Saved(SavedSession(path))
    saved.until(Reconstructed)
    ended = saved.ask(Stop(), Ended)
    assert ended == Ended(step=4, time=ended.time, reason="stopped", checkpoint=str(path / "checkpoints" / "4"))
    assert saved.session.join(60)


def test_stopping_at_once_ends_it_before_a_model_is_read(trained: tuple[Path, list[Event]]) -> None:
    session = SavedSession(trained[0])
    session.send(Stop())
    saved = Saved(session)
    assert saved.until(Ended)[-1].checkpoint is None  # type: ignore[attr-defined]
    assert session.join(60)


@pytest.mark.parametrize("command", [Pause(), Checkpoint()])
def test_what_would_train_it_is_refused(
    trained: tuple[Path, list[Event]], start: Callable[..., Saved], command: Command
) -> None:
    path, _ = trained
    notice = start(path).ask(command, Notice)
    assert isinstance(notice, Notice)
    assert notice.level == "warning"
    assert notice.text == f"this run is not being trained; vae-tui train --resume {path} goes on with it"


def test_a_run_that_was_killed_is_stopped(copied: Path, start: Callable[..., Saved]) -> None:
    events = copied / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if json.loads(line)["type"] == "metrics")
    events.write_text("".join(lines[: last + 1]) + '{"type":"eval')
    seen = start(copied).until(Examples)
    state = [event for event in seen if isinstance(event, StateChanged)][-1]
    assert state.state == RunState.STOPPED
    assert state.step == [event.step for event in seen if isinstance(event, Metrics)][-1]


def test_without_the_data_set_there_is_no_map_but_all_the_rest(copied: Path, start: Callable[..., Saved]) -> None:
    """Nothing is downloaded for it: its folder of data sets is not even there."""
    for model in copied.glob("checkpoints/*/model/metadata"):
        model.write_text(model.read_text().replace("mnist5k", "kmnist"))
    saved = start(copied)
    notice = saved.until(Notice)[-1]
    assert isinstance(notice, Notice)
    assert "kmnist" in notice.text
    assert "vae-tui data prepare kmnist" in notice.text
    answer = saved.ask(generate(5), Generated)
    assert isinstance(answer, Generated)
    assert answer.images.shape == (2, 28, 28)


def empty(pattern: str) -> Callable[[Path], object]:
    """Damage files of the last checkpoint."""
    return lambda run: [path.write_bytes(b"") for path in run.glob(f"checkpoints/4/{pattern}") if path.is_file()]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: shutil.rmtree(run / "checkpoints"), "no checkpoints yet"),
        (lambda run: (run / "events.jsonl").write_text("nonsense\n"), "JSON is malformed"),
        (empty("state/**/*"), "cannot read the checkpoint"),
        (empty("**/*"), "cannot read the checkpoints"),
    ],
    ids=["no checkpoint", "log", "parameters", "checkpoint"],
)
def test_what_cannot_be_read_fails_with_a_clear_message(
    copied: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(copied)
    saved = Saved(SavedSession(copied))
    failed = saved.until(Failed)[-1]
    assert isinstance(failed, Failed)
    assert failed.usage
    assert message in failed.message
    assert saved.session.join(60)
