"""A data set and configurations so small that a test can train through a whole run."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from vae_tui.core.config import Architecture, Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.data.dataset import Dataset, Split


def make_split(size: int, seed: int) -> Split:
    """Blurred bars whose place tells their class: enough structure for the loss to fall."""
    rng = np.random.default_rng(seed)
    labels = np.arange(size, dtype=np.int32) % 10
    images = rng.integers(0, 40, (size, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 6, 6:22] += 200
    return Split(images, labels)


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    return Dataset("tiny", tuple("0123456789"), make_split(200, 0), make_split(70, 1), make_split(30, 2))


@pytest.fixture(scope="session")
def tiny_config() -> Callable[..., Config]:
    def make(arch: Architecture = "dense", *, steps: int = 40, batch_size: int = 20, **run: Any) -> Config:
        return Config(
            data=DataConfig(augment=0.0),
            model=ModelConfig(arch=arch, latents=4, hidden=(24,), channels=(4, 8)),
            optim=OptimConfig(warmup_steps=5),
            train=TrainConfig(steps=steps, batch_size=batch_size, ema_decay=0.9),
            run=dataclasses.replace(RunConfig(sample_steps=15, samples_per_class=2), **run),
        )

    return make
