"""Show a model, in training or saved: its samples, reconstructions and latent projection."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jax.sharding import Mesh
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
from .sampler import Sampler, images_per_class


class Display:
    """Show one model with its current or its best parameters, without changing it."""

    def __init__(
        self,
        config: Config,
        model: ConditionalVAE,
        mesh: Mesh,
        sampler: Sampler,
        params: Callable[[ParamsSource], Params],
        best: BestParams,
    ) -> None:
        """Create the functions that draw; nothing is compiled or drawn yet.

        Args:
            config: The run's configuration.
            model: The model without parameters.
            mesh: The devices that share the images to draw.
            sampler: Draws samples of all classes.
            params: Returns the current parameters; raises CheckpointError when they cannot be read.
            best: The parameters of the best checkpoint.
        """
        self._config = config
        self._params = params
        self._best = best
        self._explorer = Explorer(model, mesh)
        self._images_per_class = images_per_class(config.run.samples_per_class, model)
        self.answers = Answers(sampler, self._explorer, self.params)
        """Answers commands, and draws samples of all classes."""

    def params(self, weights: Weights) -> Params:
        """Return the current parameters, or the averaged ones of the best checkpoint.

        Raises:
            CheckpointError: when there is no best checkpoint, or the parameters cannot be read.
        """
        return self._best.read() if weights == "best" else self._params(weights)

    def open_gallery(self, validation: Split) -> Gallery:
        """Choose the validation images to show after each evaluation."""
        return Gallery(validation, self._explorer, self._images_per_class)

    def show(self, gallery: Gallery, step: int, means: Float32[np.ndarray, "points latents"]) -> Iterator[Event]:
        """Yield the latent projection and the reconstructions of a gallery.

        The parameters are those that evaluations use.

        Args:
            gallery: The images.
            step: The step of the current parameters.
            means: The posterior means of `gallery.points`, from an evaluation.

        Raises:
            CheckpointError: when the parameters cannot be read.
        """
        yield gallery.latent_map(step, means)
        yield gallery.reconstructed(step, self.params(self._config.eval.params))
