"""Draw samples of a model from noise that stays the same."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, Key

from ..config import ParamsSource, RunConfig
from ..learning.train_state import Params
from ..model import ConditionalVAE
from ..protocol import Sampled
from .explorer import create_draw

MAX_SHEET_BYTES = 4 << 20
"""Bytes of the images of all classes that are shown at once, unless one of each class takes more."""


def images_per_class(wanted: int, model: ConditionalVAE) -> int:
    """Return how many images of each class to show: those wanted, or fewer for many classes of large images."""
    return max(1, min(wanted, MAX_SHEET_BYTES // (model.classes * math.prod(model.image_shape))))


class Sampler:
    """Draw a row of samples for each class.

    The sampler has its own random key, so sampling never affects training.
    """

    def __init__(self, model: ConditionalVAE, mesh: Mesh, rng: Key[Array, ""], config: RunConfig) -> None:
        self.source: ParamsSource = "ema"
        self.classes = model.classes
        self._rng = rng
        self._draws = np.zeros(model.classes, np.int32)
        n = images_per_class(config.samples_per_class, model)
        self._shape = (n, model.config.latents)
        self._labels = np.repeat(np.arange(model.classes, dtype=np.int32), n)
        self._temperature = config.temperature
        self._draw = create_draw(model, mesh, "noise")
        self._noise = self._draw_noise()

    def renew(self, label: int | None = None) -> None:
        """Draw new noise for one class, or for all classes (`label=None`)."""
        self._draws[slice(None) if label is None else label] += 1
        self._noise = self._draw_noise()

    def sample(self, params: Params, step: int, *, requested: bool = False, label: int | None = None) -> Sampled:
        """Draw samples of every class from the current noise, on the host.

        Args:
            params: The parameters, of the kind that `source` names.
            step: The step of the parameters.
            requested: Whether a command requested the samples.
            label: The class that the command requested (None: all classes).
        """
        images = jax.device_get(self._draw(params, self._noise, self._labels).images)
        return Sampled(
            step=step,
            images=images.reshape(self.classes, -1, *images.shape[1:]),
            source=self.source,
            temperature=self._temperature,
            requested=requested,
            label=label,
        )

    def _draw_noise(self) -> Float[Array, "images latents"]:
        noise = self._temperature * draw_noise(self._rng, self._draws, self._shape)
        return noise.reshape(len(self._labels), -1)


@partial(jax.jit, static_argnames="shape")
def draw_noise(
    rng: Key[Array, ""], draws: Int[Array | np.ndarray, " classes"], shape: tuple[int, int]
) -> Float[Array, "classes n latents"]:
    """Draw standard normal noise; row c is a pure function of (rng, c, draws[c])."""

    def row(label: Int[Array, ""], draw: Int[Array | np.ndarray, ""]) -> Float[Array, "n latents"]:
        return jax.random.normal(jax.random.fold_in(jax.random.fold_in(rng, label), draw), shape)

    return jax.vmap(row)(jnp.arange(len(draws)), draws)
