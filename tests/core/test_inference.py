import queue
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vae_tui.core.config import Architecture, Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import CheckpointError, UsageError
from vae_tui.core.events import Evaluated, Event
from vae_tui.core.inference import open_model
from vae_tui.core.trainer import Trainer

MakeConfig = Callable[..., Config]


def train(config: Config, dataset: Dataset, run: Path) -> list[Event]:
    events: list[Event] = []
    trainer = Trainer(config, dataset, run / "checkpoints", queue.Queue(), events.append)
    trainer.run()
    trainer.close()
    return events


@pytest.mark.parametrize("arch", ["dense", "conv"])
def test_samples_are_the_classes_asked_for_and_repeatable(
    arch: Architecture, tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    train(tiny_config(arch, steps=10), tiny_dataset, tmp_path)
    model = open_model(tmp_path)
    labels = np.array([7, 7, 2], np.int32)
    images = model.sample(labels, temperature=0.8, seed=3)
    assert images.shape == (3, 28, 28)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, model.sample(labels, temperature=0.8, seed=3))
    assert (images != model.sample(labels, temperature=0.8, seed=4)).any()
    cold = model.sample(labels, temperature=0.0, seed=3)
    np.testing.assert_array_equal(cold[0], cold[1])


def test_a_class_that_does_not_exist_is_an_error(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    train(tiny_config(steps=10), tiny_dataset, tmp_path)
    with pytest.raises(UsageError, match="no class 10; classes are 0 to 9"):
        open_model(tmp_path).sample(np.array([10], np.int32), temperature=1.0, seed=0)


def test_evaluation_agrees_with_the_trainers(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    events = train(tiny_config(steps=20), tiny_dataset, tmp_path)
    trained = {event.split: event for event in events if isinstance(event, Evaluated)}
    model = open_model(tmp_path)
    assert tiny_dataset.test is not None
    assert model.evaluate(tiny_dataset.validation, "validation").loss == trained["validation"].loss
    assert model.evaluate(tiny_dataset.test, "test").loss == trained["test"].loss


def test_checkpoints_can_be_chosen(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    events = train(tiny_config(steps=30), tiny_dataset, tmp_path)
    best = [event.step for event in events if isinstance(event, Evaluated) and event.best][-1]
    assert open_model(tmp_path).step == 30
    assert open_model(tmp_path, checkpoint="best").step == best
    assert open_model(tmp_path, checkpoint="10").step == 10
    ema, raw = (open_model(tmp_path, source=source).params for source in ("ema", "raw"))
    assert (ema["decoder"]["Dense_1"]["bias"] != raw["decoder"]["Dense_1"]["bias"]).any()
    with pytest.raises(CheckpointError, match=r"no checkpoint 11 in .*; there are: 10, 20, 30"):
        open_model(tmp_path, checkpoint="11")


def test_a_run_without_checkpoints_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has no checkpoints yet"):
        open_model(tmp_path)
