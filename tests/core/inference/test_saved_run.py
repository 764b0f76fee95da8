import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trainer_runs import Run
from vae_tui.core.config import Config, ParamsSource
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import CheckpointError, UsageError
from vae_tui.core.inference.saved_run import SavedRun, open_model
from vae_tui.core.learning.saved_checkpoints import SavedCheckpoints, open_checkpoints
from vae_tui.core.learning.train_state import Params
from vae_tui.core.protocol.commands import Command, Generate, Sample
from vae_tui.core.protocol.events import Evaluated, Event, Examples, Generated, LatentMap, Reconstructed, Sampled

MakeConfig = Callable[..., Config]


@pytest.fixture(scope="module")
def trained(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Event]]:
    """A run of 30 steps with checkpoints at 10, 20 and 30, and all that was said of it."""
    return train(tiny_config(steps=30), tiny_dataset, tmp_path_factory.mktemp("trained"))


def train(config: Config, dataset: Dataset, run: Path, *questions: Command) -> tuple[Path, list[Event]]:
    """Train a run to its end, then ask."""
    return run, Run(config, dataset, run / "checkpoints", afterwards=questions).events


def test_samples_are_the_classes_asked_for_and_repeatable(trained: tuple[Path, list[Event]]) -> None:
    model = open_model(trained[0])
    labels = np.array([7, 7, 2], np.int32)
    images = model.sample(labels, temperature=0.8, seed=3)
    assert images.shape == (3, 28, 28)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, model.sample(labels, temperature=0.8, seed=3))
    assert (images != model.sample(labels, temperature=0.8, seed=4)).any()
    cold = model.sample(labels, temperature=0.0, seed=3)
    np.testing.assert_array_equal(cold[0], cold[1])


def test_a_class_that_does_not_exist_is_an_error(trained: tuple[Path, list[Event]]) -> None:
    with pytest.raises(UsageError, match="no class 10; classes are 0 to 9"):
        open_model(trained[0]).sample(np.array([10], np.int32), temperature=1.0, seed=0)


def test_evaluation_agrees_with_the_trainers(trained: tuple[Path, list[Event]], tiny_dataset: Dataset) -> None:
    run, events = trained
    told = {event.split: event for event in events if isinstance(event, Evaluated)}
    model = open_model(run)
    assert tiny_dataset.test is not None
    assert model.evaluate(tiny_dataset.validation, "validation").loss == told["validation"].loss
    assert model.evaluate(tiny_dataset.test, "test").loss == told["test"].loss


def test_checkpoints_can_be_chosen(trained: tuple[Path, list[Event]]) -> None:
    run, events = trained
    best = [event.step for event in events if isinstance(event, Evaluated) and event.best][-1]
    assert open_model(run).step == 30
    assert open_model(run, checkpoint="best").step == best
    assert open_model(run, checkpoint="10").step == 10
    ema, raw = (open_model(run, source=source).params for source in ("ema", "raw"))
    assert (ema["decoder"]["Dense_1"]["bias"] != raw["decoder"]["Dense_1"]["bias"]).any()
    with pytest.raises(CheckpointError, match=r"no checkpoint 11 in .*; there are: 10, 20, 30"):
        open_model(run, checkpoint="11")


def test_a_run_without_checkpoints_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has no checkpoints yet"):
        open_model(tmp_path)


def test_a_saved_run_answers_as_it_did_at_the_end_of_its_training(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    codes = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    classes = np.random.default_rng(1).dirichlet(np.ones(10), size=5).astype(np.float32)
    questions = [
        *(Generate(i, codes, classes, weights) for i, weights in enumerate(("ema", "raw", "best"))),
        Generate(3, codes, classes, space="latents"),
        Generate(4, codes[:, :1], classes),
        Sample(6),
    ]
    _, events = train(tiny_config(steps=30), tiny_dataset, tmp_path, *questions)
    store = open_checkpoints(tmp_path)
    saved = SavedRun(store)
    answers = [answer for question in questions for answer in saved.answers.to(question, saved.step)]
    shown = list(saved.show(tiny_dataset.validation))
    assert saved.step == 30
    live = [event for event in events if isinstance(event, Generated | Sampled)][-len(answers) :]
    for answer, expected in zip(answers, live, strict=True):
        assert isinstance(answer, Generated | Sampled)
        assert {**vars(answer), "time": 0, "images": 0} == {**vars(expected), "time": 0, "images": 0}
        np.testing.assert_array_equal(answer.images, expected.images)
    assert [type(event) for event in shown] == [Examples, LatentMap, Reconstructed]
    for event in shown:
        before = [other for other in events if type(other) is type(event)][-1]
        name = "latents" if isinstance(event, LatentMap) else "images"
        np.testing.assert_array_equal(getattr(event, name), getattr(before, name))


def test_the_parameters_of_a_saved_run_stay_at_hand(trained: tuple[Path, list[Event]], tmp_path: Path) -> None:
    """A run that goes on in another process removes its older checkpoints."""
    run = shutil.copytree(trained[0], tmp_path / "run")
    store = open_checkpoints(run)
    saved = SavedRun(store, "10")
    shutil.rmtree(run / "checkpoints")
    codes, classes = np.zeros((1, 4), np.float32), np.eye(10, dtype=np.float32)[:1]
    (ema, raw, best) = (
        answer
        for weights in ("ema", "raw", "best")
        for answer in saved.answers.to(Generate(0, codes, classes, weights), 10)
    )
    assert isinstance(best, Generated)
    assert [getattr(answer, "problem", None) for answer in (ema, raw)] == ["", ""]
    assert best.problem


def test_a_saved_run_reads_only_what_is_asked_for_and_once(
    trained: tuple[Path, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, str]] = []
    read_params = SavedCheckpoints.read_params

    def note(store: SavedCheckpoints, step: int, source: ParamsSource) -> Params:
        read.append((step, source))
        return read_params(store, step, source)

    monkeypatch.setattr(SavedCheckpoints, "read_params", note)
    codes, classes = np.zeros((1, 4), np.float32), np.eye(10, dtype=np.float32)[:1]
    store = open_checkpoints(trained[0])
    saved = SavedRun(store)
    read.clear()
    for step in (30, 10, 20, 10):
        saved.stand_on(step)
        list(saved.answers.to(Generate(0, codes, classes, "raw"), step))
    assert read == [(10, "raw"), (20, "raw")]
