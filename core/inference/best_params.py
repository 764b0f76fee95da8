"""Cache the parameters of the best checkpoint on the devices."""

from __future__ import annotations

from collections.abc import Callable

from jax.sharding import Mesh

from ..learning.mesh import place
from ..learning.saved_checkpoints import SavedCheckpoints
from ..learning.train_state import Params


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
