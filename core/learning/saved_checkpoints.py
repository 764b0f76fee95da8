"""Read the checkpoints of a run, each judged by itself: damage of one does not hide the others."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np
import orbax.checkpoint as ocp

from ..config import Config, ParamsSource
from ..errors import CheckpointError
from ..files import read_regular
from ..text import count
from .checksums import checksum_of_json, checksums_of, first_difference
from .mesh import mesh_of, spread, take_local
from .orbax_messages import muted
from .train_state import Params, TrainState

T = TypeVar("T")

MAX_JSON_BYTES = 16 << 20
"""Bytes of a checkpoint's configuration and checksums, or of its loss, at most."""


class StoredModel(NamedTuple):
    """What a checkpoint holds besides its arrays."""

    config: Config
    class_names: tuple[str, ...]
    checksums: dict[str, int] | None
    """The checksum of each array of the train_state; None in checkpoints of versions that wrote none."""


class SavedCheckpoints:
    """The checkpoints of one run, named by their steps; another process may be writing and deleting some.

    A checkpoint holds the complete train_state and, as JSON, the configuration and the class names, from which the
    model can be rebuilt, and checksums of all of it. A checkpoint appears under its name only once it is complete.

    Args:
        directory: The directory of the checkpoints.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __contains__(self, step: int) -> bool:
        """Return whether there is a checkpoint of a step."""
        return step in self.steps

    @property
    def steps(self) -> list[int]:
        """All steps with a checkpoint, in ascending order."""
        names = [path.name for path in self.directory.glob("[0-9]*") if path.is_dir() and not path.is_symlink()]
        return sorted(int(name) for name in names if name.isdecimal() and str(int(name)) == name)

    @property
    def latest_step(self) -> int | None:
        """The last step with a checkpoint."""
        return max(self.steps, default=None)

    @property
    def best_step(self) -> int | None:
        """The step with the lowest validation loss, or None if no loss is known."""
        losses = self._losses()
        return min(losses, key=lambda step: losses[step], default=None)

    @property
    def best_loss(self) -> float | None:
        """The validation loss of `best_step` in nats per image, or None."""
        return min(self._losses().values(), default=None)

    def find(self, checkpoint: str) -> int:
        """Return the step of a checkpoint: "best" (lowest validation loss) or a step.

        Raises:
            CheckpointError: when there is no such checkpoint.
        """
        step = self.best_step if checkpoint == "best" else None
        if step is None and checkpoint.isdecimal() and int(checkpoint) in self:
            step = int(checkpoint)
        if step is None:
            steps = ", ".join(str(step) for step in self.steps) or "none"
            raise CheckpointError(f"there is no checkpoint {checkpoint} in {self.directory}; there are: {steps}")
        return step

    def path(self, step: int) -> Path:
        """Return the directory of a step's checkpoint."""
        return self.directory / str(step)

    def read_chosen(self, checkpoint: str, read: Callable[[int], T], warn: Callable[[str], None]) -> T:
        """Read a checkpoint that the user names.

        Args:
            checkpoint: "best" (the lowest validation loss; the newest one where no loss is known), "latest", or a step.
                For the first two, damaged checkpoints are skipped.
            read: Reads the checkpoint of a step; raises CheckpointError when it is damaged.
            warn: Called with a sentence about each checkpoint that was skipped.

        Raises:
            CheckpointError: when there is no such checkpoint, or none that can be read.
        """
        match checkpoint:
            case "best":
                return self._read_first(self._best_first, read, warn)
            case "latest":
                return self.read_newest(read, warn)
        return read(self.find(checkpoint))

    def read_newest(self, read: Callable[[int], T], warn: Callable[[str], None], *, before: int | None = None) -> T:
        """Read the newest checkpoint that is not damaged.

        A checkpoint that another process deletes in the meantime is skipped, too.

        Args:
            read: Reads the checkpoint of a step; raises CheckpointError when it is damaged.
            warn: Called with a sentence about each checkpoint that was skipped.
            before: Only checkpoints of earlier steps are read; None: all.

        Raises:
            CheckpointError: when there is no checkpoint, or none that can be read; the newest one's error is raised.
        """
        return self._read_first(
            lambda: [step for step in reversed(self.steps) if before is None or step < before], read, warn
        )

    def _best_first(self) -> list[int]:
        """Return all steps, the lowest validation loss first; last those without one, the newest of them first."""
        losses = self._losses()
        return sorted(self.steps, key=lambda step: (losses.get(step, math.inf), -step))

    def _read_first(
        self, candidates: Callable[[], list[int]], read: Callable[[int], T], warn: Callable[[str], None]
    ) -> T:
        """Read the first candidate that is not damaged; which there are may change meanwhile."""
        errors: dict[int, CheckpointError] = {}
        while steps := [step for step in candidates() if step not in errors]:
            try:
                result = read(steps[0])
            except CheckpointError as error:
                errors[steps[0]] = error
            else:
                for error in errors.values():
                    warn(f"{error}; step {count(steps[0])} is used instead")
                return result
        if errors:
            raise next(iter(errors.values()))
        raise CheckpointError(f"there is no checkpoint in {self.directory}")

    def check(self, step: int) -> bool:
        """Read everything in a checkpoint, and compare it with the checksums.

        Returns:
            Whether there are checksums; versions that wrote none made checkpoints of which damage is not always found.

        Raises:
            CheckpointError: when the checkpoint is damaged.
        """
        self._read_arrays(step)
        return self._read_json(step).checksums is not None

    def read_model(self, step: int) -> tuple[Config, tuple[str, ...]]:
        """Read the configuration and the class names of a checkpoint.

        Raises:
            CheckpointError: when the checkpoint is damaged.
        """
        model = self._read_json(step)
        return model.config, model.class_names

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Restore a train_state with the structure, shapes and placement of `like`.

        Raises:
            CheckpointError: when the checkpoint is damaged or belongs to another model.
        """
        mesh = mesh_of(like.step)
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, take_local(like, mesh))
        checksums = self._read_json(step).checksums
        state = self._restore(step, state=ocp.args.StandardRestore(abstract)).state
        self._verify(step, state, checksums)
        return spread(state, mesh)

    def read_params(self, step: int, source: ParamsSource) -> Params:
        """Read the averaged ("ema") or raw parameters of a checkpoint as NumPy arrays.

        Nothing else is read, so the caller needs to know neither the model nor the optimizer nor the run's devices.

        Raises:
            CheckpointError: when the checkpoint is damaged.
        """
        name = "ema_params" if source == "ema" else "params"
        return self._read_arrays(step, name)[name]

    def _read_arrays(self, step: int, *names: str) -> Any:
        """Read parts of a train_state as NumPy arrays, all of them if none is named, and verify them."""
        self._check_files(step)
        path = self.path(step).absolute() / "state"
        checksums = self._read_json(step).checksums
        try:
            with muted(), ocp.Checkpointer(ocp.PyTreeCheckpointHandler(), multiprocessing_options=_alone()) as reader:
                saved = reader.metadata(path).item_metadata.tree
                saved = {name: saved[name] for name in names or saved}
                as_numpy = jax.tree.map(lambda leaf: ocp.RestoreArgs(restore_type=np.ndarray), saved)
                args = ocp.args.PyTreeRestore(saved, restore_args=as_numpy, partial_restore=True)
                arrays = reader.restore(path, args=args)
        except Exception as error:  # as in `_restore`
            raise self._damaged(step, "its arrays cannot be read") from error
        self._verify(step, arrays, checksums)
        return arrays

    def _read_json(self, step: int) -> StoredModel:
        try:
            content = dict(self._restore(step, model=ocp.args.JsonRestore()).model)
            checksum = content.pop("checksum", None)
            is_sound = checksum is None or checksum == checksum_of_json(content)
            model = StoredModel(
                Config.from_json(content["config"]), tuple(content["class_names"]), content.get("checksums")
            )
        except CheckpointError:
            raise
        except Exception as error:  # it is valid JSON, and anything else
            raise self._damaged(step, "its configuration cannot be read") from error
        if not is_sound:
            raise self._damaged(step, "its configuration has changed since it was written")
        return model

    def _restore(self, step: int, **items: Any) -> Any:
        self._check_files(step)
        try:
            with (
                muted(),
                ocp.Checkpointer(ocp.CompositeCheckpointHandler(), multiprocessing_options=_alone()) as reader,
            ):
                return reader.restore(self.path(step).absolute(), args=ocp.args.Composite(**items))
        except Exception as error:  # Orbax and TensorStore raise many types, with messages of many lines
            what = "arrays" if "state" in items else "configuration"
            raise self._damaged(step, f"its {what} cannot be read") from error

    def _check_files(self, step: int) -> None:
        """Check that a checkpoint holds files only: Orbax would wait for a pipe, and read a device without an end.

        Raises:
            CheckpointError: when it holds something else, or more than MAX_JSON_BYTES of JSON.
        """
        for folder, folders, files in os.walk(self.path(step)):  # passes over what another process deletes meanwhile
            for path in (Path(folder, name) for name in (*folders, *files)):
                try:
                    found = path.lstat()
                except OSError:  # it was deleted; reading the checkpoint fails, too
                    continue
                if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                    raise self._damaged(step, f"{path.name} is not a regular file")
                if path.parent.name == "model" and found.st_size > MAX_JSON_BYTES:
                    raise self._damaged(step, f"{path.name} is larger than {MAX_JSON_BYTES >> 20} MiB")

    def _verify(self, step: int, tree: Any, checksums: dict[str, int] | None) -> None:
        """Compare the arrays of a tree with the checksums that were stored with them. Raises CheckpointError."""
        if checksums is not None:
            path = first_difference(checksums_of(tree), checksums)
            if path is not None:
                raise self._damaged(step, f"the array {path} has changed since it was written")

    def _damaged(self, step: int, how: str) -> CheckpointError:
        return CheckpointError(f"the checkpoint {self.path(step)} is damaged: {how}")

    def _losses(self) -> dict[int, float]:
        """Return the validation loss of each checkpoint that has one."""
        losses = {step: self.read_loss(step) for step in self.steps}
        return {step: loss for step, loss in losses.items() if loss is not None}

    def read_loss(self, step: int) -> float | None:
        """Return the validation loss of a checkpoint in nats per image; None if it is not known, or not finite."""
        try:
            content = read_regular(self.path(step) / "metrics" / "metrics", MAX_JSON_BYTES)
            loss = float(json.loads(content)["loss"])
        except (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError):
            return None
        return loss if math.isfinite(loss) else None


def _alone() -> ocp.options.MultiprocessingOptions:
    """Return the options with which Orbax reads a checkpoint without waiting for other processes."""
    process = jax.process_index()
    return ocp.options.MultiprocessingOptions(primary_host=process, active_processes={process})


def open_checkpoints(run: Path) -> SavedCheckpoints:
    """Return the checkpoints of a run, which may still be training.

    Args:
        run: The run directory.

    Raises:
        CheckpointError: when the run has no checkpoints yet.
    """
    directory = run / "checkpoints"
    if not directory.is_dir():
        raise CheckpointError(
            f"{run} has no checkpoints yet; one is written at the end of an epoch, or with c in the app"
        )
    return SavedCheckpoints(directory)
