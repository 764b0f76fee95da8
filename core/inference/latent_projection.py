"""Project latents onto the plane in which they vary most."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


class LatentProjection:
    """The plane in which points vary most, tracked as the model changes.

    Principal axes are determined only up to their signs, and they swap when their variances cross (Jolliffe 2002,
    Principal Component Analysis, section 1.1), so a plot of consecutive projections would flip for no visible reason.
    Therefore the new axes are rotated and reflected within their plane to be as close as possible to the previous axes.
    """

    def __init__(self) -> None:
        self._axes: Float64[np.ndarray, "dimensions 2"] | None = None

    def project(
        self, points: Float[np.ndarray, "n dimensions"]
    ) -> tuple[Float64[np.ndarray, "n 2"], tuple[float, float]]:
        """Project points onto their plane, and align the plane with the previous one.

        Args:
            points: Finite points, any number of them.

        Returns:
            The positions in the plane, with the mean of all points at the origin, and the fractions of the total
            variance along the two axes. If the points vary in fewer than two directions, the remaining fractions are 0.
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
    """Return the two directions of greatest variance, as unit columns.

    Missing directions are zero columns.

    They are the first right singular vectors of the centered points (Jolliffe 2002, section 3.5).
    """
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2].T
    return np.pad(directions, ((0, 0), (0, 2 - directions.shape[1])))


def orient(axes: Float64[np.ndarray, "dimensions 2"]) -> Float64[np.ndarray, "dimensions 2"]:
    """Return the axes with canonical signs: the largest component of each axis is positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0, keepdims=True), axis=0)
    return np.where(largest < 0, -axes, axes)


def turn_onto(
    axes: Float64[np.ndarray, "dimensions 2"], previous: Float64[np.ndarray, "dimensions 2"]
) -> Float64[np.ndarray, "dimensions 2"]:
    """Rotate and reflect axes in their plane towards the previous ones.

    This solves the orthogonal Procrustes problem, min ||A R - B|| over orthogonal R: with the singular value
    decomposition A^T B = U S V^T the solution is R = U V^T (Schönemann 1966, A generalized solution of the orthogonal
    Procrustes problem, Psychometrika 31).
    """
    u, _, vt = np.linalg.svd(axes.T @ previous)
    return axes @ (u @ vt)
