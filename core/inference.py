"""A trained model read from a checkpoint, for sampling and evaluating outside a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int32, UInt8

from .checkpoint import CheckpointStore
from .commands import ParamsSource
from .config import Config
from .data.dataset import Split
from .errors import CheckpointError, UsageError
from .events import Evaluated
from .model import ConditionalVAE
from .optim import create_optimizer, create_schedule
from .state import Params, create_train_state
from .steps import create_eval_step, evaluate, split_seed, to_device, to_intensities


@dataclass(frozen=True)
class TrainedModel:
    """The parameters of one checkpoint with the model that they belong to."""

    config: Config
    class_names: tuple[str, ...]
    step: int
    params: Params

    @property
    def module(self) -> ConditionalVAE:
        """The model without parameters."""
        return ConditionalVAE(self.config.model, len(self.class_names))

    def sample(self, labels: Int32[np.ndarray, " n"], *, temperature: float, seed: int) -> UInt8[np.ndarray, "n 28 28"]:
        """Draw one digit of each label: the means of its pixels, for latents from N(0, temperature^2).

        Raises:
            UsageError: when a label is not one of the model's classes.
        """
        unknown = [label for label in labels.tolist() if not 0 <= label < len(self.class_names)]
        if unknown:
            raise UsageError(f"there is no class {unknown[0]}; classes are 0 to {len(self.class_names) - 1}")
        shape = (len(labels), self.config.model.latents)
        latents = temperature * jax.random.normal(jax.random.key(seed), shape)
        bound = self.module.bind({"params": self.params})
        return np.asarray(to_intensities(bound.decode(latents, jnp.asarray(labels))))

    def evaluate(self, split: Split, name: Literal["train", "validation", "test"]) -> Evaluated:
        """Mean negative evidence lower bound over a split, in nats per image, as training reports it."""
        # The same noise as the trainer's own evaluations, so that the figures can be compared.
        rng = split_seed(self.config.train.seed).evaluation
        reconstruction, kl = evaluate(create_eval_step(self.module), self.params, to_device(split), rng)
        return Evaluated(step=self.step, split=name, loss=reconstruction + kl, reconstruction=reconstruction, kl=kl)


def open_model(run: Path, *, checkpoint: str = "latest", source: ParamsSource = "ema") -> TrainedModel:
    """Read a run's model.

    Args:
        run: The run's directory; it is only read, also while the run goes on.
        checkpoint: "latest", "best" (lowest validation loss) or a step.
        source: The averaged parameters, or the raw ones.

    Raises:
        CheckpointError: when there is no such checkpoint or it cannot be read.
    """
    directory = run / "checkpoints"
    if not directory.is_dir():
        raise CheckpointError(
            f"{run} has no checkpoints yet; one is written at the end of an epoch, or with c in the app"
        )
    store = CheckpointStore(directory)
    try:
        step = _find_step(store, checkpoint)
        config, class_names = store.read_model(step)
        # The structure to restore into; the length of the schedule does not matter for it.
        tx = create_optimizer(config.optim, create_schedule(config.optim, total_steps=1))
        state = store.restore(step, create_train_state(config, len(class_names), tx, jax.random.key(0)))
    finally:
        store.close()
    return TrainedModel(config, class_names, step, state.ema_params if source == "ema" else state.params)


def _find_step(store: CheckpointStore, checkpoint: str) -> int:
    step = {"latest": store.latest_step, "best": store.best_step}.get(checkpoint)
    if step is None and checkpoint.isdecimal() and int(checkpoint) in store:
        step = int(checkpoint)
    if step is None:
        steps = ", ".join(str(step) for step in store.steps) or "none"
        raise CheckpointError(f"there is no checkpoint {checkpoint} in {store.directory}; there are: {steps}")
    return step
