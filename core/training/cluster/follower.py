"""Carry out the orders of process 0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...config import Config
from ...data.dataset import Dataset
from ...learning.checkpoint import CheckpointStore
from ...learning.mesh import local_mesh, place
from ..engine import Engine
from ..initialize import Initial
from .orders import Cancel, Compile, Delete, End, Evaluate, GoOn, Order, Restore, Save, SetKnobs, Train


class _CanceledError(Exception):
    """Process 0 has canceled an evaluation."""


class Follower:
    """An engine and a store of checkpoints that do what those of process 0 do."""

    def __init__(
        self, config: Config, dataset: Dataset, checkpoints: Path, receive: Callable[[], Order], initial: Initial | None
    ) -> None:
        """Build the model and its train_state, as process 0 does at the same time.

        Args:
            config: The run's configuration.
            dataset: The images.
            checkpoints: The folder of checkpoints, in the run's directory.
            receive: Waits for the next order.
            initial: Parameters to start a new run from.
        """
        self._config = config
        self._class_names = dataset.class_names
        self._receive = receive
        self._engine = Engine(config, dataset, initial)
        self._store = CheckpointStore(checkpoints, config.run.keep_checkpoints)

    def run(self) -> End:
        """Carry out orders until the last one, and return that."""
        while True:
            order = self._receive()
            if isinstance(order, End):
                self._store.close()
                return order
            self._carry_out(order)

    def _carry_out(self, order: Order) -> None:
        engine, store = self._engine, self._store
        match order:
            case Compile():
                engine.compile()
            case Train(steps=steps):
                engine.take(steps)
            case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
                engine.set_knobs(rate, beta)
            case Evaluate():
                self._evaluate(order)
            case Save(loss=loss):
                store.save(engine.state, self._config, self._class_names, loss)
            case Delete(checkpoint=step):
                store.delete(step)
            case Restore(checkpoint=step):
                store.reload()
                engine.restore(store.restore(step, engine.state))
            case GoOn() | Cancel() | End():
                raise AssertionError(f"{order} came outside of an evaluation")

    def _evaluate(self, order: Evaluate) -> None:
        engine, source = self._engine, self._config.eval.params
        if order.checkpoint is None:
            params = engine.params(source)
        else:
            params = place(self._store.read_params(order.checkpoint, source), local_mesh(engine.mesh))
        try:
            engine.evaluate(order.split, params, self._await_go)
        except _CanceledError:
            return

    def _await_go(self) -> None:
        """Carry out the orders that come between two computations of an evaluation."""
        while True:
            match order := self._receive():
                case GoOn():
                    return
                case Cancel():
                    raise _CanceledError
                case _:
                    self._carry_out(order)
