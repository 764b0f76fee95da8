"""Read trained models from checkpoints, to sample, evaluate and explore them outside of training."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import jax
import numpy as np
from jaxtyping import Int32, UInt8

from ..config import Config, ParamsSource, SplitName
from ..data.dataset import Split
from ..errors import CheckpointError, UsageError
from ..learning.batches import to_device
from ..learning.evaluator import Evaluator
from ..learning.mesh import local_mesh, place
from ..learning.rngs import split_seed
from ..learning.saved_checkpoints import SavedCheckpoints, open_checkpoints
from ..learning.train_state import Params
from ..model import MEAN_IMAGE, ConditionalVAE
from ..protocol import Evaluated, Event
from .best_params import BestParams
from .display import Display
from .explorer import Draw, create_draw
from .gallery import Gallery
from .sampler import Sampler

AT_HAND = 8
"""Number of parameter trees to cache on the device; each is the averaged or the raw one of a checkpoint."""


@dataclass(frozen=True)
class TrainedModel:
    """The parameters of one checkpoint, with their model."""

    config: Config
    class_names: tuple[str, ...]
    step: int
    source: ParamsSource
    params: Params

    @property
    def module(self) -> ConditionalVAE:
        """The model without parameters."""
        return create_model(self.config, self.class_names, self.params)

    @functools.cached_property
    def _draw(self) -> Draw:
        """The jitted function of `sample`, cached so that it is compiled only once."""
        return create_draw(self.module, local_mesh(), "noise")

    def sample(
        self, labels: Int32[np.ndarray, " n"], *, temperature: float, seed: int
    ) -> UInt8[np.ndarray, "n height width *channels"]:
        """Draw one sample for each label, as gray levels 0..255.

        Args:
            labels: The class of each sample.
            temperature: Standard deviation of the noise (1: sample from the prior).
            seed: Seed of the noise.

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
        """Evaluate the model on a split as the trainer does, in nats per image.

        Args:
            split: The images and labels.
            name: The name of the split.
            iw_samples: Latent samples per image for the importance-weighted bound (0: skip the bound).
        """
        mesh = local_mesh()
        found = Evaluator(self.module, mesh).measure(self.params, to_device(split, mesh), iw_samples=iw_samples)
        return found.to_event(self.step, name)


def create_model(config: Config, class_names: tuple[str, ...], params: Params) -> ConditionalVAE:
    """Create the model of a checkpoint's parameters; the mean image among them has the shape of the images.

    Raises:
        CheckpointError: when an earlier version wrote the parameters, without a mean image.
    """
    if MEAN_IMAGE not in params:
        raise CheckpointError("the checkpoint was written by an earlier version of vae-tui; train the model again")
    return ConditionalVAE(config.model, len(class_names), params[MEAN_IMAGE].shape)


def open_model(
    run: Path,
    *,
    checkpoint: str = "best",
    source: ParamsSource = "ema",
    warn: Callable[[str], None] = lambda text: None,
) -> TrainedModel:
    """Read a trained model from a run's checkpoint.

    Args:
        run: The run directory, which is only read; the run may still be training.
        checkpoint: "best" (the lowest validation loss), "latest" or a step, as for `SavedCheckpoints.read_chosen`.
        source: The averaged ("ema") or the raw parameters.
        warn: Called with a sentence about each damaged checkpoint.

    Raises:
        CheckpointError: when there is no such checkpoint or it cannot be read.
    """
    checkpoints = open_checkpoints(run)

    def read(step: int) -> TrainedModel:
        config, class_names = checkpoints.read_model(step)
        params = place(checkpoints.read_params(step, source), local_mesh())
        create_model(config, class_names, params)
        return TrainedModel(config, class_names, step, source, params)

    return checkpoints.read_chosen(checkpoint, read, warn)


class SavedRun:
    """The saved models of a run, which answer commands as a trainer does.

    One of the run's checkpoints is selected; its parameters are the current ones.
    """

    def __init__(
        self,
        store: SavedCheckpoints,
        checkpoint: str = "best",
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Read a checkpoint's parameters and cache them.

        Its files may be deleted later.

        Args:
            store: The run's checkpoints.
            checkpoint: "best" (the lowest validation loss), "latest" or a step, as for `SavedCheckpoints.read_chosen`.
            warn: Called with a sentence about each damaged checkpoint.

        Raises:
            CheckpointError: when there is no such checkpoint or it cannot be read.
        """
        self._store = store
        self._mesh = local_mesh()
        self._read = functools.lru_cache(AT_HAND)(self._read_params)

        def read(step: int) -> tuple[int, Config, ConditionalVAE]:
            config, class_names = store.read_model(step)
            models = [create_model(config, class_names, self._read(step, source)) for source in get_args(ParamsSource)]
            return step, config, models[0]

        self._chosen, self.config, model = store.read_chosen(checkpoint, read, warn)
        self.step = self._chosen
        """The step of the selected checkpoint."""
        self._steps = store.steps
        rngs = split_seed(self.config.train.seed)  # the keys of the run, so that the samples are the same as in the run
        self._evaluator = Evaluator(model, self._mesh)
        sampler = Sampler(model, self._mesh, rngs.samples, self.config.run)
        best = BestParams(store, self._mesh)
        self._display = Display(self.config, model, self._mesh, sampler, self._params, best)
        self._gallery: Gallery | None = None
        self.answers = self._display.answers

    def stand_on(self, step: int | None) -> None:
        """Select the last checkpoint at or before a step, or else the first checkpoint.

        None selects the checkpoint that was selected initially.
        """
        if step is None:
            self.step = self._chosen
        else:
            self.step = self._steps[max(0, bisect_right(self._steps, step) - 1)]

    def show(self, validation: Split) -> Iterator[Event]:
        """Yield the latent projection and the reconstructions of validation images, as after an evaluation.

        The first call also yields the original images.

        Raises:
            CheckpointError: when the parameters cannot be read.
        """
        if self._gallery is None:
            self._gallery = self._display.open_gallery(validation)
            yield self._gallery.examples(self.step)
        points = to_device(self._gallery.points, self._mesh)
        found = self._evaluator.measure(self._params(self.config.eval.params), points)
        yield from self._display.show(self._gallery, self.step, found.means)

    def _params(self, source: ParamsSource) -> Params:
        """Return the parameters of the selected checkpoint. Raises CheckpointError when they cannot be read."""
        return self._read(self.step, source)

    def _read_params(self, step: int, source: ParamsSource) -> Params:
        return place(self._store.read_params(step, source), self._mesh)
