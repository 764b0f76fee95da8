"""The plane of the latent map: two directions of the latent space, which turn no more than they must as it changes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


class LatentProjection:
    """The plane in which points vary most, followed from one state of the model to the next.

    The principal axes are known up to their signs, and swap when their variances cross (Jolliffe 2002, Principal
    Component Analysis, section 1.1). Drawn as they come, a map would flip for no reason: so the new axes are turned
    and reflected within their plane until they are as close to the previous ones as they can be.
    """

    def __init__(self) -> None:
        self._axes: Float64[np.ndarray, "dimensions 2"] | None = None

    def project(
        self, points: Float[np.ndarray, "n dimensions"]
    ) -> tuple[Float64[np.ndarray, "n 2"], tuple[float, float]]:
        """Places in the plane, the mean of all points at its origin, and the fractions of the variance along its axes.

        Where the points vary in fewer than two directions, there is no variance along the rest.

        Args:
            points: Finite, any number of them.
        """
        centred = points.astype(np.float64)
        centred -= centred.mean(axis=0) if len(centred) else 0.0
        axes = principal_axes(centred)
        self._axes = orient(axes) if self._axes is None else turn_onto(axes, self._axes)
        places = centred @ self._axes
        total = np.square(centred).sum()
        first, second = np.square(places).sum(axis=0) / total if total > 0 else (0.0, 0.0)
        return places, (float(first), float(second))


def principal_axes(centred: Float64[np.ndarray, "n dimensions"]) -> Float64[np.ndarray, "dimensions 2"]:
    """The two directions of the greatest variance, as unit columns; zero columns where there are fewer than two.

    They are the first right singular vectors of the centred points (Jolliffe 2002, section 3.5).
    """
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2].T
    return np.pad(directions, ((0, 0), (0, 2 - directions.shape[1])))


def orient(axes: Float64[np.ndarray, "dimensions 2"]) -> Float64[np.ndarray, "dimensions 2"]:
    """The same axes with signs that depend on nothing but their direction: the largest part of each is positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0, keepdims=True), axis=0)
    return np.where(largest < 0, -axes, axes)


def turn_onto(
    axes: Float64[np.ndarray, "dimensions 2"], previous: Float64[np.ndarray, "dimensions 2"]
) -> Float64[np.ndarray, "dimensions 2"]:
    """The axes turned and reflected within their plane, as close to the previous ones as possible.

    The orthogonal Procrustes problem, min ||A R - B|| over orthogonal R: with the singular value decomposition
    A^T B = U S V^T it is R = U V^T (Schönemann 1966, A generalized solution of the orthogonal Procrustes problem,
    Psychometrika 31).
    """
    u, _, vt = np.linalg.svd(axes.T @ previous)
    return axes @ (u @ vt)
