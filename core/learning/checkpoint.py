"""Save and restore a run's checkpoints with Orbax, which writes them in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from ..config import Config, ParamsSource
from ..errors import CheckpointError
from .train_state import Params, TrainState


class CheckpointStore:
    """The checkpoints of one run, named by their steps.

    A checkpoint holds the complete train_state and, as JSON, the configuration and the class names, from which the
    model can be rebuilt. A checkpoint appears under its name only once it is complete.
    """

    def __init__(self, directory: Path, keep: int | None = None) -> None:
        """Open the checkpoints in a directory.

        Args:
            directory: The directory of the checkpoints.
            keep: Number of latest checkpoints to keep, besides the best one; None opens the directory read-only.
        """
        policies = ocp.checkpoint_managers
        self.directory = directory
        self._pending: int | None = None
        self._manager = ocp.CheckpointManager(
            directory.absolute(),
            options=ocp.CheckpointManagerOptions(
                read_only=keep is None,
                create=keep is not None,
                cleanup_tmp_directories=keep is not None,
                best_fn=lambda metrics: metrics["loss"],
                best_mode="min",
                preservation_policy=None
                if keep is None
                else policies.AnyPreservationPolicy(
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
        return step in self._manager.all_steps()

    @property
    def steps(self) -> list[int]:
        """All steps with a checkpoint, in ascending order."""
        return sorted(self._manager.all_steps())

    @property
    def latest_step(self) -> int | None:
        """The last step with a checkpoint."""
        return self._manager.latest_step()

    @property
    def best_step(self) -> int | None:
        """The step with the lowest validation loss, or None if no loss is known."""
        return None if self.best_loss is None else self._manager.best_step()

    @property
    def best_loss(self) -> float | None:
        """The validation loss of `best_step` in nats per image, or None."""
        best = self._manager.best_step()
        metrics = None if best is None else self._manager.metrics(best)
        return None if metrics is None else float(metrics["loss"])

    def find(self, checkpoint: str) -> int:
        """Return the step of a checkpoint: "latest", "best" (lowest validation loss) or a step.

        Raises:
            CheckpointError: when there is no such checkpoint.
        """
        step = {"latest": self.latest_step, "best": self.best_step}.get(checkpoint)
        if step is None and checkpoint.isdecimal() and int(checkpoint) in self:
            step = int(checkpoint)
        if step is None:
            steps = ", ".join(str(step) for step in self.steps) or "none"
            raise CheckpointError(f"there is no checkpoint {checkpoint} in {self.directory}; there are: {steps}")
        return step

    def path(self, step: int) -> Path:
        """Return the directory of a step's checkpoint."""
        return self.directory / str(step)

    def save(self, state: TrainState, config: Config, class_names: tuple[str, ...], loss: float | None) -> None:
        """Copy the state and start writing it in the background.

        Waits for an earlier save to finish. The caller may donate the state as soon as this method returns.

        Args:
            state: The train_state to save.
            config: The run's configuration.
            class_names: The names of the classes.
            loss: The validation loss of this state in nats per image, or None if unknown.
        """
        step = int(state.step)
        self._manager.save(
            step,
            args=ocp.args.Composite(
                state=ocp.args.StandardSave(state),
                model=ocp.args.JsonSave({"config": config.to_json(), "class_names": list(class_names)}),
            ),
            metrics=None if loss is None else {"loss": loss},
        )
        self._pending = step

    def take_completed(self, *, wait: bool = False) -> int | None:
        """Return the step of a save completed since the last call, or None.

        Args:
            wait: Whether to wait for a pending save.

        Raises:
            Exception: any error of the write in the background.
        """
        if self._pending is None or (not wait and self._manager.is_saving_in_progress()):
            return None
        self._manager.wait_until_finished()
        self._manager.check_for_errors()
        completed, self._pending = self._pending, None
        return completed

    @property
    def is_saving(self) -> bool:
        """Whether a save has started that `take_completed` has not returned yet."""
        return self._pending is not None

    def delete(self, step: int) -> None:
        """Remove a step's checkpoint."""
        self._manager.delete(step)

    def read_model(self, step: int) -> tuple[Config, tuple[str, ...]]:
        """Read the configuration and the class names of a checkpoint.

        Raises:
            CheckpointError: when the checkpoint is damaged.
        """
        restored = self._restore(step, model=ocp.args.JsonRestore())
        return Config.from_json(restored.model["config"]), tuple(restored.model["class_names"])

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Restore a train_state with the structure, shapes and placement of `like`.

        Raises:
            CheckpointError: when the checkpoint is damaged or belongs to another model.
        """
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        return self._restore(step, state=ocp.args.StandardRestore(abstract)).state

    def read_params(self, step: int, source: ParamsSource) -> Params:
        """Read the averaged ("ema") or raw parameters of a checkpoint as NumPy arrays.

        Nothing else is read, so the caller needs to know neither the model nor the optimizer nor the run's devices.

        Raises:
            CheckpointError: when the checkpoint is damaged.
        """
        name = "ema_params" if source == "ema" else "params"
        path = self.path(step).absolute() / "state"
        try:
            with ocp.PyTreeCheckpointer() as reader:
                saved = {name: reader.metadata(path).item_metadata.tree[name]}
                as_numpy = jax.tree.map(lambda leaf: ocp.RestoreArgs(restore_type=np.ndarray), saved)
                args = ocp.args.PyTreeRestore(saved, restore_args=as_numpy, partial_restore=True)
                return reader.restore(path, args=args)[name]
        except Exception as error:  # as in `_restore`
            raise self._unreadable(step, error) from error

    def _restore(self, step: int, **items: Any) -> Any:
        try:
            return self._manager.restore(step, args=ocp.args.Composite(**items))
        except Exception as error:  # Orbax and TensorStore raise many types for damaged files
            raise self._unreadable(step, error) from error

    def _unreadable(self, step: int, error: Exception) -> CheckpointError:
        return CheckpointError(f"cannot read the checkpoint {self.path(step)}: {_reason(error)}")

    def close(self) -> None:
        """Finish pending writes and release the directory."""
        self._manager.close()


@contextmanager
def open_checkpoints(run: Path) -> Iterator[CheckpointStore]:
    """Open the checkpoints of a run read-only; the run may still be training.

    Args:
        run: The run directory.

    Raises:
        CheckpointError: when the run has no checkpoints yet, or their metadata is damaged.
    """
    directory = run / "checkpoints"
    if not directory.is_dir():
        raise CheckpointError(
            f"{run} has no checkpoints yet; one is written at the end of an epoch, or with c in the app"
        )
    try:
        store = CheckpointStore(directory)
    except Exception as error:  # as in `_restore`
        raise CheckpointError(f"cannot read the checkpoints in {directory}: {_reason(error)}") from error
    try:
        yield store
    finally:
        store.close()


def _reason(error: Exception) -> str:
    """Return the first line of an error's message, or the name of its type."""
    return next(iter(str(error).splitlines()), type(error).__name__)
