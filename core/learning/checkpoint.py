"""Save the checkpoints of a run with Orbax, which writes them in the background."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import orbax.checkpoint as ocp

from ..config import Config
from ..errors import DiskFullError
from ..files import describe_shortage, free_bytes, is_disk_full
from .checksums import checksum_of_json, checksums_of
from .processes import is_primary, wait_for_all
from .saved_checkpoints import SavedCheckpoints
from .train_state import TrainState

_DELETED = ".deleted"
"""The folder that a checkpoint is moved to before its files are deleted: half a checkpoint never has a step's name."""

_UNFINISHED = "*.orbax-checkpoint-tmp"
"""The folders of checkpoints that are not completely written."""

_SAVE_SECONDS = 365 * 24 * 3600
"""Orbax's time limit for a save. It reads the clock of the system, which jumps when a laptop wakes up."""

_OVERHEAD = 1 << 20
"""Bytes of a checkpoint besides its arrays, at most."""


class CheckpointStore(SavedCheckpoints):
    """The checkpoints of a run that this process trains."""

    def __init__(
        self,
        directory: Path,
        keep: int,
        warn: Callable[[str], None] = lambda text: None,
        *,
        before_save: Callable[[float | None], None] = lambda loss: None,
        before_delete: Callable[[int], None] = lambda step: None,
    ) -> None:
        """Open the checkpoints in a directory, which is made if necessary.

        Folders that are named by steps and cannot be checkpoints are set aside. In a cluster all processes open the
        directory, save and delete together; process 0 alone chooses what to delete, and looks after the files.

        Args:
            directory: The directory of the checkpoints.
            keep: Number of latest checkpoints to keep, besides the best one.
            warn: Called with a sentence about each folder that is set aside.
            before_save: Called with the loss just before a checkpoint is saved; Orbax then waits for all processes.
            before_delete: Called with the step just before a checkpoint is deleted, likewise.
        """
        super().__init__(directory)
        self._keep = keep
        self._before_save = before_save
        self._before_delete = before_delete
        self._needed = 0
        """Bytes of the last checkpoint, at most."""
        self._pending: int | None = None
        if is_primary():
            directory.mkdir(parents=True, exist_ok=True)
            self._empty_deleted()
            for step in self.steps:
                self._repair(step, warn)
        wait_for_all()  # the checkpoints are repaired
        policies = ocp.checkpoint_managers
        self._manager = ocp.CheckpointManager(
            directory.absolute(),
            options=ocp.CheckpointManagerOptions(
                cleanup_tmp_directories=True,
                todelete_subdir=_DELETED,
                # A wait for directories that are made in the background would have a time limit of its own.
                async_options=ocp.AsyncOptions(timeout_secs=_SAVE_SECONDS, create_directories_asynchronously=False),
                best_fn=lambda metrics: metrics["loss"],
                best_mode="min",
                preservation_policy=policies.AnyPreservationPolicy(
                    [
                        policies.LatestN(keep),
                        policies.BestN(
                            get_metric_fn=lambda metrics: metrics["loss"],
                            reverse=True,
                            n=1,
                            keep_checkpoints_without_metrics=False,
                        ),
                    ]
                ),
            ),
        )

    def __contains__(self, step: int) -> bool:
        """Return whether a step has been saved or is being saved."""
        return step == self._pending or super().__contains__(step)

    def save(self, state: TrainState, config: Config, class_names: tuple[str, ...], loss: float | None) -> None:
        """Copy the state and start writing it in the background.

        Waits for an earlier save to finish. The caller may donate the state as soon as this method returns. On a disk
        without enough room, the checkpoints that this one replaces are removed first.

        Args:
            state: The train_state to save.
            config: The run's configuration.
            class_names: The names of the classes.
            loss: The validation loss of this state in nats per image, or None if unknown.

        Raises:
            DiskFullError: when there is not enough room for the checkpoint.
        """
        step = int(state.step)
        self._needed = sum(leaf.nbytes for leaf in jax.tree.leaves(state)) + _OVERHEAD
        if is_primary():
            self._make_room(step)
        model = {"config": config.to_json(), "class_names": list(class_names), "checksums": checksums_of(state)}
        self._before_save(loss)
        with self._recovering_from_full_disk():
            self._manager.save(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(state),
                    model=ocp.args.JsonSave(model | {"checksum": checksum_of_json(model)}),
                ),
                metrics=None if loss is None else {"loss": loss},
            )
        self._pending = step

    def take_completed(self, *, wait: bool = False) -> int | None:
        """Return the step of a save completed since the last call, or None.

        Args:
            wait: Whether to wait for a pending save.

        Raises:
            DiskFullError: when the disk is full; the checkpoints before this one are unchanged.
            Exception: any other error of the write in the background.
        """
        if self._pending is None or (not wait and self._manager.is_saving_in_progress()):
            return None
        with self._recovering_from_full_disk():
            self._manager.wait_until_finished()
            self._manager.check_for_errors()
        self._empty_deleted()
        completed, self._pending = self._pending, None
        return completed

    @property
    def is_saving(self) -> bool:
        """Whether a save has started that `take_completed` has not returned yet."""
        return self._pending is not None

    def delete(self, step: int) -> None:
        """Remove a step's checkpoint."""
        self._before_delete(step)
        self._manager.delete(step)
        self._empty_deleted()

    def set_aside_after(self, step: int) -> None:
        """Rename the checkpoints after a step, which are damaged, so that their steps can be saved again."""
        for later in [saved for saved in self.steps if saved > step]:
            self._set_aside(later)
        self.reload()

    def reload(self) -> None:
        """Notice the checkpoints that were renamed since the directory was opened."""
        self._manager.reload()

    def close(self) -> None:
        """Finish pending writes and release the directory."""
        self._manager.close()
        self._empty_deleted()

    @property
    def shortage(self) -> str:
        """A sentence about the missing room for a checkpoint like the last one, or ""."""
        free = free_bytes(self.directory)
        return "" if free is None or free >= self._needed else self._describe_shortage()

    def _make_room(self, step: int) -> None:
        """Remove checkpoints that the one of `step` replaces, oldest first, until there is room for it.

        Raises:
            DiskFullError: when there is not enough room even then.
        """
        kept = {*self.steps[-1:], *sorted({*self.steps, step})[-self._keep :], self.best_step}
        for replaced in [saved for saved in self.steps if saved not in kept]:
            if self.shortage:
                self.delete(replaced)
        if self.shortage:
            raise DiskFullError(self.shortage)

    @contextlib.contextmanager
    def _recovering_from_full_disk(self) -> Iterator[None]:
        """Remove what was written of a checkpoint for which the disk had no room, and raise DiskFullError."""
        try:
            yield
        except Exception as error:  # Orbax and TensorStore raise many types
            if not is_disk_full(error):
                raise
            self._pending = None
            for unfinished in self.directory.glob(_UNFINISHED):
                shutil.rmtree(unfinished, ignore_errors=True)
            raise DiskFullError(self._describe_shortage()) from error

    def _describe_shortage(self) -> str:
        return describe_shortage(self.directory, "a checkpoint", self._needed)

    def _repair(self, step: int, warn: Callable[[str], None]) -> None:
        """Remove from a checkpoint what Orbax could not read; it reads the loss of every checkpoint at first."""
        path = self.path(step)
        if not (path / "state").is_dir() or not (path / "model").is_dir():
            warn(f"{path} is no checkpoint; it was renamed to {self._set_aside(step).name}")
        elif (path / "metrics").exists() and self.read_loss(step) is None:
            shutil.rmtree(path / "metrics")
            warn(f"the validation loss of the checkpoint {path} was damaged, and is no longer known")

    def _set_aside(self, step: int) -> Path:
        path = self.directory / f"damaged-{step}"
        if path.exists():
            shutil.rmtree(path)
        return self.path(step).rename(path)

    def _empty_deleted(self) -> None:
        if is_primary():
            shutil.rmtree(self.directory / _DELETED, ignore_errors=True)
