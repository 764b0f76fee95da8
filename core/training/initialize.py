"""Initialize a model from another run or a safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import ConfigError
from ..inference.weights import read_weights
from ..learning.saved_checkpoints import open_checkpoints
from ..learning.train_state import Params, flatten, unflatten
from ..run import find_run
from ..text import count

_NAMES_SHOWN = 3
_STEP_DIGITS = 20  # the metadata of a file from elsewhere may be anything


class Initial(NamedTuple):
    """Parameters to start from."""

    params: Params
    """A nested tree of NumPy arrays."""
    description: str
    """The source of the parameters, as in "runs/x, step 4,290"."""


class Report(NamedTuple):
    """Which arrays were loaded; arrays are named by their paths ("encoder/Dense_0/kernel")."""

    loaded: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    """The model's arrays that keep their random initialization, each with the reason."""
    unused: tuple[str, ...]
    """The source's arrays that have no place in the model."""
    loaded_parameters: int
    parameters: int
    """Scalars in the model, loaded or not."""


def load_parameters(source: str) -> Initial:
    """Load the averaged parameters of a run's best checkpoint, or a .safetensors file.

    Args:
        source: A run (directory, name, or "latest"), or a file whose name ends in .safetensors.

    Raises:
        UsageError: when there is no such run, checkpoint or file, or it cannot be read.
    """
    if source.endswith(".safetensors"):
        params, metadata = read_weights(Path(source))
        step = metadata.get("step", "")
        is_step = step.isdecimal() and len(step) < _STEP_DIGITS
        return Initial(params, f"{source}, step {count(int(step))}" if is_step else source)
    run = find_run(source)
    checkpoints, skipped = open_checkpoints(run), list[str]()
    step, params = checkpoints.read_chosen(
        "best", lambda step: (step, checkpoints.read_params(step, "ema")), skipped.append
    )
    return Initial(params, " ".join((f"{run}, step {count(step)}", *(f"({text})" for text in skipped))))


def merge_parameters(params: Params, loaded: Params) -> tuple[Params, Report]:
    """Merge the arrays of `loaded` that have the same path and shape into `params`.

    Args:
        params: A model's parameters, just initialized.
        loaded: Parameters of the same or another model, as NumPy arrays.

    Returns:
        The merged parameters, with the structure of `params`, in float32; and a report.

    Raises:
        ConfigError: when nothing fits.
    """
    ours, theirs = flatten(params), flatten(loaded)
    reasons = {path: _misfit(leaf, theirs.get(path)) for path, leaf in ours.items()}
    fitting = {path: jnp.array(theirs[path], jnp.float32) for path, reason in reasons.items() if reason is None}
    report = Report(
        loaded=tuple(fitting),
        skipped=tuple((path, reason) for path, reason in reasons.items() if reason is not None),
        unused=tuple(path for path in theirs if path not in ours),
        loaded_parameters=sum(leaf.size for leaf in fitting.values()),
        parameters=sum(leaf.size for leaf in ours.values()),
    )
    if not fitting:
        raise ConfigError(
            f"nothing in train.init-from fits the model: of its {len(ours)} arrays, {_list_skipped(report)}"
        )
    return unflatten(ours | fitting), report


def summarize(report: Report, description: str) -> str:
    """Summarize a report in one line, with the reasons for skipped arrays."""
    arrays = len(report.loaded) + len(report.skipped)
    text = (
        f"from {description}: {len(report.loaded)} of {arrays} arrays "
        f"({count(report.loaded_parameters)} of {count(report.parameters)} parameters) loaded"
    )
    if report.skipped:
        text += f"; {len(report.skipped)} left as initialized: {_list_skipped(report)}"
    if report.unused:
        text += f"; {len(report.unused)} not used: {_list(report.unused)}"
    return text


def _misfit(leaf: jax.Array, found: np.ndarray | None) -> str | None:
    """Return why `found` cannot replace `leaf`; None when it can."""
    if found is None:
        return "not there"
    if found.shape != leaf.shape:
        return f"{_describe(found.shape)} there, {_describe(leaf.shape)} here"
    if not jnp.issubdtype(found.dtype, jnp.floating):
        return f"{found.dtype} there, float32 here"
    return None


def _describe(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a scalar"


def _list_skipped(report: Report) -> str:
    return _list(tuple(f"{path} ({reason})" for path, reason in report.skipped))


def _list(items: tuple[str, ...]) -> str:
    more = len(items) - _NAMES_SHOWN
    return ", ".join(items[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
