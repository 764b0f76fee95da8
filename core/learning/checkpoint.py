"""Checkpoints of a run with Orbax: written in the background, the latest few and the best one kept."""

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

    A checkpoint holds the whole training state and, as JSON, what is needed to build the model again:
    the configuration and the class names. It appears under its name only when it is complete.
    """

    def __init__(self, directory: Path, keep: int | None = None) -> None:
        """Open the checkpoints in `directory`; without `keep`, for reading only."""
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
        """Whether this step has been saved, or is being saved."""
        return step in self._manager.all_steps()

    @property
    def steps(self) -> list[int]:
        """All steps with a checkpoint."""
        return sorted(self._manager.all_steps())

    @property
    def latest_step(self) -> int | None:
        """The last step with a checkpoint."""
        return self._manager.latest_step()

    @property
    def best_step(self) -> int | None:
        """The step with the lowest validation loss, among the checkpoints that have one."""
        return None if self.best_loss is None else self._manager.best_step()

    @property
    def best_loss(self) -> float | None:
        """The validation loss of `best_step`, in nats per image."""
        best = self._manager.best_step()
        metrics = None if best is None else self._manager.metrics(best)
        return None if metrics is None else float(metrics["loss"])

    def find(self, checkpoint: str) -> int:
        """The step of a checkpoint: "latest", "best" (lowest validation loss) or the step itself.

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
        """The directory of a step's checkpoint."""
        return self.directory / str(step)

    def save(self, state: TrainState, config: Config, class_names: tuple[str, ...], loss: float | None) -> None:
        """Copy the state and begin to write it; `loss` is the validation loss at this very step, where known.

        A save that is still under way is waited for. The state may be donated as soon as this returns.
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
        """The step whose save has become complete since the last call, or None. Raises what the write raised."""
        if self._pending is None or (not wait and self._manager.is_saving_in_progress()):
            return None
        self._manager.wait_until_finished()
        self._manager.check_for_errors()
        completed, self._pending = self._pending, None
        return completed

    @property
    def is_saving(self) -> bool:
        """Whether a save has not yet been reported by `take_completed`."""
        return self._pending is not None

    def delete(self, step: int) -> None:
        """Remove a step's checkpoint."""
        self._manager.delete(step)

    def read_model(self, step: int) -> tuple[Config, tuple[str, ...]]:
        """The configuration and the class names that a checkpoint was made with."""
        restored = self._restore(step, model=ocp.args.JsonRestore())
        return Config.from_json(restored.model["config"]), tuple(restored.model["class_names"])

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Read a training state of the same structure, shapes and placement as `like`.

        Raises:
            CheckpointError: when the checkpoint is damaged or belongs to another model.
        """
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        return self._restore(step, state=ocp.args.StandardRestore(abstract)).state

    def read_params(self, step: int, source: ParamsSource) -> Params:
        """The parameters of a checkpoint as a tree of NumPy arrays, averaged ("ema") or raw.

        Nothing else is read, so neither the model nor the optimiser nor the devices of the run need be known.

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
        """Finish what is being written and let go of the directory."""
        self._manager.close()


@contextmanager
def open_checkpoints(run: Path) -> Iterator[CheckpointStore]:
    """The checkpoints of the run in a directory, for reading only, also while the run goes on.

    Raises:
        CheckpointError: when there are none yet, or what tells of them is damaged.
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
    """What an error says, on one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)
