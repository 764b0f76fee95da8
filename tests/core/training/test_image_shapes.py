"""A run on images of other sizes than MNIST's, and in color, from its first step to a model that is read again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trainer_runs import Run
from vae_tui.core.config import Architecture, Config, Likelihood
from vae_tui.core.data.dataset import Dataset, Split
from vae_tui.core.errors import ConfigError
from vae_tui.core.inference.saved_run import open_model
from vae_tui.core.protocol.commands import Generate
from vae_tui.core.protocol.events import Examples, Generated, Metrics, Reconstructed, Sampled
from vae_tui.core.training.engine import Engine


def make_dataset(shape: tuple[int, ...]) -> Dataset:
    """Three classes of images, each bright in a third of the rows."""

    def make_split(size: int, seed: int) -> Split:
        rng = np.random.default_rng(seed)
        labels = np.arange(size, dtype=np.int32) % 3
        images = rng.integers(0, 60, (size, *shape), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[label * shape[0] // 3 : (label + 1) * shape[0] // 3] += 180
        return Split(images, labels)

    return Dataset("bands", ("top", "middle", "bottom"), make_split(120, 0), make_split(30, 1), make_split(30, 2))


@pytest.mark.parametrize(
    ("shape", "arch", "likelihood"),
    [
        ((9, 6, 3), "conv", "gaussian"),
        pytest.param((8, 8), "dense", "bernoulli", marks=pytest.mark.soak),
        pytest.param((10, 13, 3), "dense", "logistic", marks=pytest.mark.soak),
    ],
)
def test_a_run_learns_draws_and_is_read_again(
    shape: tuple[int, ...],
    arch: Architecture,
    likelihood: Likelihood,
    tiny_config: Callable[..., Config],
    tmp_path: Path,
) -> None:
    config = tiny_config(arch, steps=60)
    config = dataclasses.replace(config, model=dataclasses.replace(config.model, likelihood=likelihood))
    codes = Generate(
        ticket=1, codes=np.zeros((2, 4), np.float32), classes=np.eye(3, dtype=np.float32)[:2], space="noise"
    )
    run = Run(config, make_dataset(shape), tmp_path / "checkpoints", afterwards=(codes,), anew=True)
    losses = np.concatenate([event.loss for event in run.of(Metrics)])
    assert losses[-10:].mean() < losses[:10].mean()
    for kind in (Sampled, Examples, Reconstructed):
        assert run.of(kind)[-1].images.shape == (3, 2, *shape)
    assert run.of(Generated)[-1].images.shape == (2, *shape)
    model = open_model(tmp_path)
    assert model.module.image_shape == shape
    assert model.sample(np.array([0, 2], np.int32), temperature=1.0, seed=0).shape == (2, *shape)


def test_binarized_color_is_refused(tiny_config: Callable[..., Config]) -> None:
    config = tiny_config()
    config = dataclasses.replace(config, model=dataclasses.replace(config.model, likelihood="binarized"))
    with pytest.raises(ConfigError, match="binarized, which is for gray images"):
        Engine(config, make_dataset((6, 6, 3)))
