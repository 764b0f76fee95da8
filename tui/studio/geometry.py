"""The geometry of latent space: planes to walk in, and interpolation between codes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

_PARALLEL = 1e-6
"""Sine of an angle below which two directions count as parallel or opposite."""


def random_directions(rng: np.random.Generator, latents: int) -> Float32[np.ndarray, "2 latents"]:
    """Return two orthonormal directions, uniform over all planes.

    With a single latent, the second direction is zero.
    """
    directions = np.zeros((2, latents), np.float32)
    basis, _ = np.linalg.qr(rng.standard_normal((latents, 2)))
    directions[: basis.shape[1]] = basis.T
    return directions


def axis_directions(latents: int, pair: int) -> Float32[np.ndarray, "2 latents"]:
    """Return the unit vectors of a pair of adjacent dimensions.

    Pair 0 is the first two dimensions; after the last pair comes the first again.
    """
    directions = np.zeros((2, latents), np.float32)
    first = axis_pair(latents, pair)
    for direction, axis in enumerate(range(first, min(first + 2, latents))):
        directions[direction, axis] = 1
    return directions


def axis_pair(latents: int, pair: int) -> int:
    """Return the first dimension of a pair, counted from 0.

    The last pair may overlap the one before.
    """
    return max(0, min(2 * (pair % ((latents + 1) // 2)), latents - 2))


def fractions(number: int) -> Float32[np.ndarray, " number"]:
    """Return equally spaced numbers from 0 to 1, ends included."""
    return np.linspace(0, 1, number, dtype=np.float32)


def lerp(
    start: Float32[np.ndarray, " latents"], end: Float32[np.ndarray, " latents"], number: int
) -> Float32[np.ndarray, "number latents"]:
    """Return points at equal distances on the line between two codes.

    The ends are included.
    """
    parts = fractions(number)[:, None]
    return (1 - parts) * start + parts * end


def slerp(
    start: Float32[np.ndarray, " latents"], end: Float32[np.ndarray, " latents"], number: int
) -> Float32[np.ndarray, "number latents"]:
    """Return points at equal angles on the arc between two codes.

    The ends are included, and the norm changes linearly.

    Spherical interpolation (Shoemake 1985). High-dimensional normal noise lies near a sphere, and the straight line
    between two draws leaves it (White 2016, arXiv:1609.04468). If the codes are parallel or opposite, or one is zero,
    return points on the straight line.
    """
    norms = np.linalg.norm(start.astype(np.float64)), np.linalg.norm(end.astype(np.float64))
    if not all(norms):
        return lerp(start, end, number)
    first, last = start.astype(np.float64) / norms[0], end.astype(np.float64) / norms[1]
    angle = np.arccos(np.clip(first @ last, -1, 1))
    if np.sin(angle) < _PARALLEL:
        return lerp(start, end, number)
    parts = fractions(number)[:, None]
    directions = (np.sin((1 - parts) * angle) * first + np.sin(parts * angle) * last) / np.sin(angle)
    points = (((1 - parts) * norms[0] + parts * norms[1]) * directions).astype(np.float32)
    points[[0, -1]] = start, end  # exactly
    return points
