"""Show a fixed choice of validation images: originals, reconstructions and latent projection."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int, Int32, UInt8

from ..data.dataset import Split
from ..learning.train_state import Params
from ..protocol import Examples, LatentMap, Reconstructed
from .explorer import Explorer
from .latent_projection import LatentProjection

MAX_POINTS = 1000
"""The most points in a latent projection."""


class Gallery:
    """A fixed choice of images of one split, to show what training changes."""

    def __init__(self, split: Split, explorer: Explorer, samples_per_class: int) -> None:
        self._explorer = explorer
        self._images = choose_examples(split, explorer.classes, samples_per_class)
        self._plane = LatentProjection()
        self.chosen = choose_points(split.labels)
        """Positions in the split of the images in the latent projection, ascending."""
        self.points = Split(split.images[self.chosen], split.labels[self.chosen])
        """The images in the latent projection."""

    def examples(self, step: int) -> Examples:
        """Return the event with the original images."""
        return Examples(step=step, images=self._images)

    def reconstructed(self, step: int, params: Params) -> Reconstructed:
        """Return the event with the reconstructions. Blocks until the images are on the host."""
        return Reconstructed(step=step, images=self._explorer.reconstruct(params, self._images))

    def latent_map(self, step: int, means: Float32[np.ndarray, "points latents"]) -> LatentMap:
        """Return the event with the latent projection.

        Args:
            step: The step of the parameters.
            means: The posterior means of `points`; points whose mean is not finite are left out.
        """
        finite = np.isfinite(means).all(axis=1)
        places, explained = self._plane.project(means[finite])
        return LatentMap(
            step=step,
            points=places.astype(np.float32),
            labels=self.points.labels[finite],
            latents=means[finite],
            explained=explained,
        )


def choose_examples(split: Split, classes: int, n: int) -> UInt8[np.ndarray, "classes n height width *channels"]:
    """Return the first `n` images of each class, padded with black images."""
    images = np.zeros((classes, n, *split.images.shape[1:]), np.uint8)
    places = _places(split.labels)
    chosen = places < n
    images[split.labels[chosen], places[chosen]] = split.images[chosen]
    return images


def choose_points(labels: Int32[np.ndarray, " n"], most: int = MAX_POINTS) -> Int[np.ndarray, " chosen"]:
    """Return the positions of at most `most` images, ascending.

    They are the first images of each class, with the same number of each class as far as possible.
    """
    return np.sort(np.lexsort((labels, _places(labels)))[:most])


def _places(labels: Int32[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return the rank of each image among the images of its class, from 0."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    places = np.empty(len(labels), np.intp)
    places[order] = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places
