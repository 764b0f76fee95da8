"""Read the parameters of the best checkpoint, which are the result of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jax.sharding import Mesh

from ..config import ParamsSource
from ..learning.mesh import place
from ..learning.saved_checkpoints import SavedCheckpoints
from ..learning.train_state import Params


class Result(NamedTuple):
    """The averaged and the raw parameters that are the result of a run, on the devices."""

    step: int
    """The step of their checkpoint."""
    ema: Params
    raw: Params

    def params(self, source: ParamsSource) -> Params:
        """Return the averaged ("ema") or the raw parameters."""
        return self.ema if source == "ema" else self.raw


def read_result(store: SavedCheckpoints, mesh: Mesh, warn: Callable[[str], None]) -> Result:
    """Read the checkpoint with the lowest validation loss, or the next best one where it is damaged.

    Args:
        store: The checkpoints of a run; all writes must be complete.
        mesh: The devices to place the parameters on.
        warn: Called with a sentence about each damaged checkpoint.

    Raises:
        CheckpointError: when no checkpoint can be read.
    """

    def read(step: int) -> Result:
        ema, raw = (place(store.read_params(step, source), mesh) for source in ("ema", "raw"))
        return Result(step, ema, raw)

    return store.read_chosen("best", read, warn)


class BestParams:
    """The averaged parameters of the best checkpoint, read again when the best one changes."""

    def __init__(self, store: SavedCheckpoints, mesh: Mesh, complete: Callable[[], None] = lambda: None) -> None:
        """Store the arguments; nothing is read yet.

        Args:
            store: The checkpoints of a run.
            mesh: The devices to place the parameters on.
            complete: Called before a checkpoint is read; it must wait until pending writes are complete.
        """
        self._store = store
        self._mesh = mesh
        self._complete = complete
        self._found: tuple[int | None, float | None] = (None, None)
        self._params: Params = None

    def read(self) -> Params:
        """Return the averaged parameters with the lowest validation loss, on the devices.

        Raises:
            CheckpointError: when no checkpoint has a validation loss yet, or the best one cannot be read.
        """
        self._complete()  # what is being written may be the best one
        if self._params is None or self._best() != self._found:
            step = self._store.find("best")
            self._params, self._found = place(self._store.read_params(step, "ema"), self._mesh), self._best()
        return self._params

    def _best(self) -> tuple[int | None, float | None]:
        """Return the best step and its loss.

        The loss differs if a rewind has replaced the step.
        """
        return self._store.best_step, self._store.best_loss
