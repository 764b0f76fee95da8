"""Trained models read from checkpoints, for sampling, evaluating and exploring outside a run."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import jax
import numpy as np
from jaxtyping import Int32, UInt8

from ..config import Config, ParamsSource
from ..data.dataset import Split
from ..errors import UsageError
from ..learning.checkpoint import CheckpointStore, open_checkpoints
from ..learning.compilation import keep_compiled_code
from ..learning.evaluator import Evaluator, SplitName
from ..learning.train_state import Params
from ..learning.train_step import split_seed, to_device
from ..model import ConditionalVAE
from ..protocol import Evaluated, Event
from .best_params import BestParams
from .display import Display
from .explorer import Draw, create_draw
from .gallery import Gallery
from .sampler import Sampler

AT_HAND = 8
"""Trees of parameters that are kept on the device: the averaged or the raw ones of a checkpoint."""


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

    @functools.cached_property
    def _draw(self) -> Draw:
        """Compiled once, for as many calls of `sample` as there are."""
        return create_draw(self.module, "noise")

    def sample(self, labels: Int32[np.ndarray, " n"], *, temperature: float, seed: int) -> UInt8[np.ndarray, "n 28 28"]:
        """Draw one digit of each label: the locations of its pixels, for noise from N(0, temperature^2).

        Raises:
            UsageError: when a label is not one of the model's classes.
        """
        unknown = [label for label in labels.tolist() if not 0 <= label < len(self.class_names)]
        if unknown:
            raise UsageError(f"there is no class {unknown[0]}; classes are 0 to {len(self.class_names) - 1}")
        shape = (len(labels), self.config.model.latents)
        noise = temperature * jax.random.normal(jax.random.key(seed), shape)
        return jax.device_get(self._draw(self.params, noise, labels).images)

    def evaluate(self, split: Split, name: SplitName, *, iw_samples: int = 0) -> Evaluated:
        """Measure the model on a split, in nats per image, as training does.

        Args:
            split: The images.
            name: What to call them.
            iw_samples: Latents an image for the importance-weighted bound (0: leave it out).
        """
        # The same noise as the trainer's own evaluations, so that the figures can be compared.
        evaluator = Evaluator(self.module, split_seed(self.config.train.seed).evaluation)
        return evaluator.measure(self.params, to_device(split), iw_samples=iw_samples).to_event(self.step, name)


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


class SavedRun:
    """The models of a run that is not being trained, to be explored as one explores a model in training.

    It stands on one of the run's checkpoints, from which it draws.
    """

    def __init__(self, store: CheckpointStore, checkpoint: str = "latest") -> None:
        """Read the parameters of a checkpoint; they stay at hand, whatever becomes of its files.

        Args:
            store: The run's checkpoints (`open_checkpoints`), which must stay open.
            checkpoint: "latest", "best" (lowest validation loss) or a step.

        Raises:
            CheckpointError: when there is no such checkpoint or it cannot be read.
        """
        keep_compiled_code()
        self.step = self._chosen = store.find(checkpoint)
        """The step of the checkpoint that it stands on."""
        self._store = store
        self._steps = store.steps
        self.config, class_names = store.read_model(self.step)
        model = ConditionalVAE(self.config.model, len(class_names))
        self._read = functools.lru_cache(AT_HAND)(self._read_params)
        for source in get_args(ParamsSource):
            self._params(source)
        rngs = split_seed(self.config.train.seed)  # those of the run: it draws the digits that the run drew
        self._evaluator = Evaluator(model, rngs.evaluation)
        sampler = Sampler(model, rngs.samples, self.config.run)
        self._display = Display(self.config, model, sampler, self._params, BestParams(store))
        self._gallery: Gallery | None = None
        self.answers = self._display.answers

    def stand_on(self, step: int | None) -> None:
        """Stand on the last checkpoint at or before a step, else on the first one; None: on the one chosen at first."""
        if step is None:
            self.step = self._chosen
        else:
            self.step = self._steps[max(0, bisect_right(self._steps, step) - 1)]

    def show(self, validation: Split) -> Iterator[Event]:
        """What an evaluation shows of the validation images: the latent map and the reconstructions; the first time
        the real images, too.

        Raises:
            CheckpointError: when the parameters cannot be read.
        """
        if self._gallery is None:
            self._gallery = self._display.open_gallery(validation)
            yield self._gallery.examples(self.step)
        points = to_device(self._gallery.points)
        found = self._evaluator.measure(self._params(self.config.eval.params), points)
        yield from self._display.show(self._gallery, self.step, found.means)

    def _params(self, source: ParamsSource) -> Params:
        """The parameters of the checkpoint that it stands on. Raises CheckpointError when they cannot be read."""
        return self._read(self.step, source)

    def _read_params(self, step: int, source: ParamsSource) -> Params:
        return jax.device_put(self._store.read_params(step, source))
