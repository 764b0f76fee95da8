"""A trainer run from its start to its end, with a script that answers its events by commands."""

import dataclasses
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.protocol.commands import Command
from vae_tui.core.protocol.events import METRICS, Ended, Event, Metrics
from vae_tui.core.training.trainer import Trainer

Script = Callable[[Event, "queue.Queue[Command]"], None]


T = TypeVar("T", bound=Event)


class Run:
    """What a trainer said, and the state that it ended in."""

    def __init__(
        self, config: Config, dataset: Dataset, path: Path, script: Script | None = None, **options: Any
    ) -> None:
        self.events: list[Event] = []
        commands: queue.Queue[Command] = queue.Queue()

        def emit(event: Event) -> None:
            self.events.append(event)
            if script is not None:
                script(event, commands)

        trainer = Trainer(config, dataset, path, commands, emit, **options)
        try:
            trainer.run()
            self.state = jax.device_get(dataclasses.replace(trainer.state, rng=jax.random.key_data(trainer.state.rng)))
        finally:
            self.ended: Ended = trainer.close()

    def of(self, event_type: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, event_type)]

    @property
    def losses(self) -> dict[int, tuple[float, ...]]:
        """All metrics by step."""
        rows: dict[int, tuple[float, ...]] = {}
        for event in self.of(Metrics):
            columns = (getattr(event, metric).tolist() for metric in METRICS)
            for i, row in enumerate(zip(*columns, strict=True)):
                rows[event.first_step + i] = row
        return rows


def assert_same_state(one: Run, other: Run) -> None:
    for a, b in zip(jax.tree.leaves(one.state), jax.tree.leaves(other.state), strict=True):
        np.testing.assert_array_equal(a, b)
