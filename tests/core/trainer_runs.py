"""A trainer run from its start to its end, with a script that answers its events by commands."""

import contextlib
import copy
import dataclasses
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.protocol.commands import Command, Stop
from vae_tui.core.protocol.events import METRICS, Ended, Event, Metrics
from vae_tui.core.training import trainer as trainer_module
from vae_tui.core.training.cluster.orders import Order
from vae_tui.core.training.engine import Engine
from vae_tui.core.training.initialize import Initial
from vae_tui.core.training.trainer import Trainer

Script = Callable[[Event, "queue.Queue[Command]"], None]


T = TypeVar("T", bound=Event)


class Run:
    """What a trainer said, and the state that it ended in."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        path: Path,
        script: Script | None = None,
        *,
        afterwards: tuple[Command, ...] = (),
        anew: bool = False,
        **options: Any,
    ) -> None:
        """Train.

        Args:
            config: The run's configuration.
            dataset: The images.
            path: The folder of checkpoints.
            script: Called with each event and the queue of commands.
            afterwards: Commands after the last step, while a screen shows the run; Stop follows them.
            anew: Compile the steps again, as another process would.
            options: For the trainer.
        """
        self.path = path
        self.events: list[Event] = []
        commands: queue.Queue[Command] = queue.Queue()

        def emit(event: Event) -> None:
            self.events.append(event)
            if script is not None:
                script(event, commands)

        if afterwards:
            options["attended"] = lambda: True
        with contextlib.nullcontext() if anew else _compiled_once():
            trainer = Trainer(config, dataset, path, commands, emit, **options)
        try:
            trainer.run()
            if afterwards:
                for command in (*afterwards, Stop()):
                    commands.put(command)
                trainer.serve()
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


@contextlib.contextmanager
def _compiled_once() -> Iterator[None]:
    """Let trainers of one configuration share what is compiled, which takes longer than the training does."""
    with patch.object(trainer_module, "Engine", _create_engine):
        yield


_engines: dict[tuple[Config, int], tuple[Dataset, Engine]] = {}


def _create_engine(config: Config, dataset: Dataset, initial: Initial | None, tell: Callable[[Order], None]) -> Engine:
    """A new engine, with the compiled functions of an earlier one if there is one."""
    if initial is not None:
        return Engine(config, dataset, initial, tell)
    key = (config, id(dataset))
    if key not in _engines:
        _engines[key] = dataset, Engine(config, dataset)
    return _as_new(_engines[key][1])


def _as_new(engine: Engine) -> Engine:
    """A copy of an engine that has never been used, to be used in its place."""
    copied = copy.copy(engine)
    copied.state = jax.tree.map(jnp.copy, engine.state)  # the first step donates it
    copied.sampler = copy.copy(engine.sampler)
    copied.sampler._draws = engine.sampler._draws.copy()
    return copied
