"""A trained model read from a checkpoint, for sampling and evaluating outside a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int32, UInt8

from .checkpoint import open_checkpoints
from .commands import ParamsSource
from .compilation import keep_compiled_code
from .config import Config
from .data.dataset import Split
from .errors import UsageError
from .evaluation import Evaluator
from .events import Evaluated
from .model import ConditionalVAE
from .state import Params
from .steps import split_seed, to_device, to_intensities


@dataclass(frozen=True)
class TrainedModel:
    """The parameters of one checkpoint with the model that they belong to."""

    config: Config
    class_names: tuple[str, ...]
    step: int
    source: ParamsSource
    params: Params

    @property
    def module(self) -> ConditionalVAE:
        """The model without parameters."""
        return ConditionalVAE(self.config.model, len(self.class_names))

    def sample(self, labels: Int32[np.ndarray, " n"], *, temperature: float, seed: int) -> UInt8[np.ndarray, "n 28 28"]:
        """Draw one digit of each label: the means of its pixels, for noise from N(0, temperature^2).

        Raises:
            UsageError: when a label is not one of the model's classes.
        """
        unknown = [label for label in labels.tolist() if not 0 <= label < len(self.class_names)]
        if unknown:
            raise UsageError(f"there is no class {unknown[0]}; classes are 0 to {len(self.class_names) - 1}")
        shape = (len(labels), self.config.model.latents)
        noise = temperature * jax.random.normal(jax.random.key(seed), shape)
        bound = self.module.bind({"params": self.params})
        return np.asarray(to_intensities(bound.generate(noise, jnp.asarray(labels))))

    def evaluate(self, split: Split, name: Literal["train", "validation", "test"], *, iw_samples: int = 0) -> Evaluated:
        """Measure the model on a split, in nats per image, as training does.

        Args:
            split: The images.
            name: What to call them.
            iw_samples: Latents an image for the importance-weighted bound (0: leave it out).
        """
        # The same noise as the trainer's own evaluations, so that the figures can be compared.
        evaluator = Evaluator(self.module, split_seed(self.config.train.seed).evaluation)
        found = evaluator.measure(self.params, to_device(split), iw_samples=iw_samples)
        return Evaluated(step=self.step, split=name, loss=found.loss, **found._asdict())


def open_model(run: Path, *, checkpoint: str = "latest", source: ParamsSource = "ema") -> TrainedModel:
    """Read a run's model.

    Args:
        run: The run's directory; it is only read, also while the run goes on.
        checkpoint: "latest", "best" (lowest validation loss) or a step.
        source: The averaged parameters, or the raw ones.

    Raises:
        CheckpointError: when there is no such checkpoint or it cannot be read.
    """
    keep_compiled_code()
    with open_checkpoints(run) as store:
        step = store.find(checkpoint)
        config, class_names = store.read_model(step)
        params = jax.device_put(store.read_params(step, source))
    return TrainedModel(config, class_names, step, source, params)
