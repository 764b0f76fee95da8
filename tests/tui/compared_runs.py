"""Runs to compare on a screen, with pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from compared import START, over, ready, trained_steps, write_run
from vae_tui.core.comparison import ComparedRun, read_runs
from vae_tui.core.config import Config, DataConfig, ModelConfig, ObjectiveConfig, OptimConfig
from vae_tui.core.data.packaged_digits import load_packaged
from vae_tui.core.protocol.events import Event, KnobsChanged, Sampled

VARIANTS: dict[str, Config] = {
    "defaults": Config(),
    "low-rate": Config(optim=OptimConfig(learning_rate=1e-3)),
    "gaussian": Config(model=ModelConfig(likelihood="gaussian")),
    "beta-2": Config(objective=ObjectiveConfig(beta=2.0)),
    "conv": Config(model=ModelConfig(arch="conv")),
    "few-latents": Config(model=ModelConfig(latents=10)),
    "kmnist": Config(data=DataConfig(name="kmnist")),
    "turned": Config(),
}
"""The settings of eight runs."""


def write_variants(folder: Path, number: int) -> list[str]:
    """Write the first runs of VARIANTS, each with another loss and another number of steps per second."""
    names = list(VARIANTS)[:number]
    for index, name in enumerate(names):
        config = VARIANTS[name]
        dataset = "kmnist" if name == "kmnist" else "mnist5k"
        events = trained_steps(300, loss=95 + 4 * index, step_seconds=0.01 + 0.002 * index)
        turned: list[Event] = [KnobsChanged(step=300, time=START, learning_rate_scale=0.5, beta_scale=1.0)]
        write_run(
            folder / name,
            *ready(dataset, steps_per_epoch=50 + 10 * (index % 2)),
            sampled(0, index),
            *events[:6],
            sampled(150, index),
            *events[6:],
            *(turned if name == "turned" else []),
            sampled(300, index),
            *over(),
            config=config,
        )
    return names


def variants(folder: Path, number: int) -> list[ComparedRun]:
    """The first runs of VARIANTS, read."""
    return read_runs(write_variants(folder, number), folder)


def sampled(step: int, index: int = 0) -> Sampled:
    """Real digits, which are gray at first."""
    split = load_packaged().train
    digits = np.stack([split.images[split.labels == label][4 * index : 4 * index + 4] for label in range(10)])
    shaded = digits * (0.3 + 0.7 * step / 300)
    return Sampled(step=step, time=START, images=shaded.astype(np.uint8), source="ema", temperature=0.8)
