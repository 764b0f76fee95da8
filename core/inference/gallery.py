"""Validation images that are shown again and again: as they are, reconstructed, and as points of the latent map."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int, Int32, UInt8

from ..data.dataset import Split
from ..learning.train_state import Params
from ..protocol import Examples, LatentMap, Reconstructed
from .explorer import Explorer
from .latent_projection import LatentProjection

MAX_POINTS = 1000
"""Points of the latent map."""


class Gallery:
    """Always the same images of one split, so that one sees what the training changes."""

    def __init__(self, split: Split, explorer: Explorer, samples_per_class: int) -> None:
        self._explorer = explorer
        self._images = choose_examples(split, explorer.classes, samples_per_class)
        self._plane = LatentProjection()
        self.chosen = choose_points(split.labels)
        """Positions in the split of the images of the latent map."""
        self.points = Split(split.images[self.chosen], split.labels[self.chosen])
        """These images."""

    def examples(self, step: int) -> Examples:
        """The real digits."""
        return Examples(step=step, images=self._images)

    def reconstructed(self, step: int, params: Params) -> Reconstructed:
        """What the parameters make of them. Blocks until the pictures are on the host."""
        return Reconstructed(step=step, images=self._explorer.reconstruct(params, self._images))

    def latent_map(self, step: int, means: Float32[np.ndarray, "points latents"]) -> LatentMap:
        """The latent map, from the posterior means of `points`. One that is not finite has no place in it."""
        finite = np.isfinite(means).all(axis=1)
        places, explained = self._plane.project(means[finite])
        return LatentMap(
            step=step,
            points=places.astype(np.float32),
            labels=self.points.labels[finite],
            latents=means[finite],
            explained=explained,
        )


def choose_examples(split: Split, classes: int, n: int) -> UInt8[np.ndarray, "classes n 28 28"]:
    """The first `n` images of each class, black where there are not so many."""
    images = np.zeros((classes, n, *split.images.shape[1:]), np.uint8)
    places = _places(split.labels)
    chosen = places < n
    images[split.labels[chosen], places[chosen]] = split.images[chosen]
    return images


def choose_points(labels: Int32[np.ndarray, " n"], most: int = MAX_POINTS) -> Int[np.ndarray, " chosen"]:
    """Positions of at most `most` images, ascending: the first ones of each class, of each as many as it has."""
    return np.sort(np.lexsort((labels, _places(labels)))[:most])


def _places(labels: Int32[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The place of each image among those of its class, from 0."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    places = np.empty(len(labels), np.intp)
    places[order] = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places
