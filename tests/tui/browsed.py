"""A folder of runs to browse."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from compared import START, evaluated, over, ready, trained_steps, write_run
from vae_tui.core.config import Config, DataConfig, OptimConfig, TrainConfig
from vae_tui.core.library import RunLibrary
from vae_tui.core.protocol.events import Event, RunState, StateChanged
from vae_tui.core.run import Labels, write_labels

NOW = START + 9 * 86_400
"""The time at which the runs have the ages of the golden pictures."""

RUNS: dict[str, tuple[str, float, int]] = {
    "2023-11-15-mnist-1": ("mnist", 88.0, 1000),
    "2023-11-16-mnist-1": ("mnist", 95.0, 400),
    "2023-11-16-fashion_mnist-1": ("fashion_mnist", 226.0, 1200),
    "2023-11-20-mnist5k-1": ("mnist5k", 101.0, 12_000),
    "2023-11-22-mnist5k-1": ("mnist5k", 99.0, 300),
    "wider-decoder-and-slower-schedule": ("mnist", 86.5, 2000),
}
"""The data set, the loss and the number of steps of each run, the oldest first."""

CRASHED = "2023-11-16-fashion_mnist-1"


def write_runs(folder: Path) -> Path:
    """Write the runs. Returns their folder."""
    for index, (name, (dataset, loss, steps)) in enumerate(RUNS.items()):
        config = Config(
            data=DataConfig(name=dataset),
            optim=OptimConfig(learning_rate=4e-3 / (1 + index)),
            train=TrainConfig(seed=index, steps=steps),
        )
        begin: list[Event] = [StateChanged(step=0, time=START, state=RunState.PREPARING), *ready(dataset)]
        test = [evaluated(steps, loss + 1.2, split="test")] if dataset == "mnist" else []
        end = over(steps) if name != CRASHED else []
        events = (*begin, *trained_steps(steps, loss=loss), *test, *end)
        shifted = (dataclasses.replace(event, time=event.time + 86_400 * 1.3 * index) for event in events)
        write_run(folder / name, *shifted, config=config)
    write_labels(folder / "2023-11-15-mnist-1", Labels("the one to beat", ("base", "good")))
    write_labels(folder / "wider-decoder-and-slower-schedule", Labels("", ("good",)))
    return folder


def read_library(folder: Path) -> RunLibrary:
    """Read all runs of a folder."""
    library = RunLibrary(folder)
    for name in library.changed():
        library.read(name)
    return library
