"""Save checkpoints while a run trains, and report them as events."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ..config import Config
from ..errors import CheckpointError, DiskFullError
from ..learning.checkpoint import CheckpointStore
from ..learning.train_state import TrainState
from ..protocol import Checkpointed, CheckpointStarted, Event
from ..text import count


class Saver:
    """Write checkpoints in the background, with the validation loss of their step if known.

    Args:
        store: The run's checkpoints.
        config: The run's configuration, stored with each checkpoint.
        class_names: The names of the data set's classes, stored with each checkpoint.
        emit: Called with each event.
    """

    def __init__(
        self, store: CheckpointStore, config: Config, class_names: tuple[str, ...], emit: Callable[[Event], None]
    ) -> None:
        self.store = store
        self._config = config
        self._class_names = class_names
        self._emit = emit
        self._measured: tuple[int, float] | None = None
        self._best_loss = store.best_loss
        self.missed = ""
        """A sentence about a checkpoint for which the disk had no room, until the next one is saved; else ""."""
        self._is_measurable = False

    @property
    def fits(self) -> bool:
        """Whether there is room now for a checkpoint that was missed, as far as the free space tells."""
        return not self.missed or (self._is_measurable and not self.store.shortage)

    def record_loss(self, step: int, loss: float) -> bool:
        """Record a step's validation loss. Return whether it is the lowest; one that is not finite is not recorded."""
        if not math.isfinite(loss):
            return False
        self._measured = step, loss  # only a checkpoint of this step uses it
        best = self._best_loss is None or loss < self._best_loss
        if best:
            self._best_loss = loss
        return best

    def await_turn(self, step: int, while_waiting: Callable[[], None]) -> None:
        """Wait until an earlier checkpoint than that of a step is complete.

        `while_waiting` is called repeatedly, so that the caller can handle commands.
        """
        while self.store.is_saving and step not in self.store:
            self.report()
            while_waiting()
            time.sleep(0.002)

    def save(self, state: TrainState, *, requested: bool) -> None:
        """Start writing a checkpoint, unless this step has one. On a full disk it is `missed`.

        Call `await_turn` before.

        Args:
            state: The state to save.
            requested: Whether the user requested the checkpoint.
        """
        step = int(state.step)
        self.missed = ""
        if step not in self.store:
            measured_step, loss = self._measured or (None, None)
            try:
                self.store.save(state, self._config, self._class_names, loss if measured_step == step else None)
            except DiskFullError as error:
                self._miss(error)
                return
            self._emit(CheckpointStarted(step=step, requested=requested))
        elif requested and self.store.is_saving:
            self._emit(CheckpointStarted(step=step, requested=True))
        elif requested:
            self._emit_completed(step)

    def report(self, *, wait: bool = False) -> None:
        """Emit `Checkpointed` once a checkpoint is complete, or note that it was `missed`; with `wait`, wait for it."""
        try:
            step = self.store.take_completed(wait=wait)
        except DiskFullError as error:
            self._miss(error)
            return
        if step is not None:
            self._emit_completed(step)

    def restore_newest(self, like: TrainState, warn: Callable[[str], None]) -> TrainState:
        """Restore the newest checkpoint that is not damaged, and set the damaged ones after it aside.

        Args:
            like: A state of the same model.
            warn: Called with a sentence about each damaged checkpoint.

        Raises:
            CheckpointError: when there is no checkpoint, or none that can be read; none is set aside then.
        """
        restored = self.store.read_newest(lambda step: self.store.restore(step, like), warn)
        self.store.set_aside_after(int(restored.step))
        self._best_loss = self.store.best_loss
        return restored

    def go_back(self, state: TrainState, step: int | None, warn: Callable[[str], None]) -> TrainState:
        """Restore a checkpoint from before a state, and remove those of later steps.

        Args:
            state: The current state.
            step: The checkpoint's step (None: the last one before the current step that is not damaged).
            warn: Called with a sentence about each damaged checkpoint.

        Raises:
            CheckpointError: when there is no such checkpoint or it cannot be read; no checkpoint is removed then.
        """
        self.report(wait=True)
        present = int(state.step)
        earlier = [saved for saved in self.store.steps if saved < present]
        if not earlier or (step is not None and step not in earlier):
            wanted = "" if step is None else f" of step {count(step)}"
            raise CheckpointError(f"there is no checkpoint{wanted} before step {count(present)} to go back to")
        if step is None:
            restored = self.store.read_newest(lambda saved: self.store.restore(saved, state), warn, before=present)
        else:
            restored = self.store.restore(step, state)
        self._forget_after(int(restored.step))
        return restored

    def _miss(self, error: DiskFullError) -> None:
        self.missed = str(error)
        self._is_measurable = bool(self.store.shortage)  # an exhausted quota is not seen in the free space

    def _emit_completed(self, step: int) -> None:
        path = str(self.store.path(step))
        self._emit(Checkpointed(step=step, path=path, best=self.store.best_step == step))

    def _forget_after(self, step: int) -> None:
        """Remove the checkpoints after a step, and forget their losses."""
        self.report(wait=True)
        for later in [saved for saved in self.store.steps if saved > step]:
            self.store.delete(later)
        self._measured, self.missed = None, ""
        self._best_loss = self.store.best_loss
