"""What a model shows of itself, in training or saved: digits of noise and of codes, and what it makes of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float32

from ..config import Config, ParamsSource
from ..data.dataset import Split
from ..learning.train_state import Params
from ..model import ConditionalVAE
from ..protocol import Event, Weights
from .answers import Answers
from .best_params import BestParams
from .explorer import Explorer
from .gallery import Gallery
from .sampler import Sampler


class Display:
    """Shows one model with its parameters of the moment, or with the best ones. Showing changes nothing of it."""

    def __init__(
        self,
        config: Config,
        model: ConditionalVAE,
        sampler: Sampler,
        params: Callable[[ParamsSource], Params],
        best: BestParams,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            config: The run's configuration.
            model: Without parameters.
            sampler: Draws the pictures of all classes.
            params: Gives the parameters of the moment. Raises CheckpointError when they cannot be read.
            best: Gives those of the best checkpoint.
        """
        self._config = config
        self._params = params
        self._best = best
        self._explorer = Explorer(model)
        self.answers = Answers(sampler, self._explorer, self.params)
        """The answers to questions, and the pictures of all classes."""

    def params(self, weights: Weights) -> Params:
        """The parameters of the moment, or the averaged ones of the best checkpoint.

        Raises:
            CheckpointError: when there is no best checkpoint, or they cannot be read.
        """
        return self._best.read() if weights == "best" else self._params(weights)

    def open_gallery(self, validation: Split) -> Gallery:
        """Choose the validation images that are to be shown again and again."""
        return Gallery(validation, self._explorer, self._config.run.samples_per_class)

    def show(self, gallery: Gallery, step: int, means: Float32[np.ndarray, "points latents"]) -> Iterator[Event]:
        """What the model makes of a gallery at a step, with the parameters that evaluations use.

        Args:
            gallery: The images.
            step: The step.
            means: The posterior means of `gallery.points`, as an evaluation finds them.
        """
        yield gallery.latent_map(step, means)
        yield gallery.reconstructed(step, self.params(self._config.eval.params))
