"""Augment training images: small random rotations, shears and scalings, so that few images serve as many."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

ROTATION = 0.15
"""Standard deviation of the angle at strength 1, in radians."""

SHEAR = 0.24
"""Standard deviation of the horizontal shear at strength 1, in pixels to the side for each pixel down."""

SCALING = 0.09
"""Standard deviation of the factors of width and height at strength 1."""

LIMIT = 2.0
"""Largest deviation, in standard deviations."""

SHARE = 0.5
"""Share of the images that are transformed. Interpolation blurs; the others keep the model sharp."""


def augment(
    rng: Key[Array, ""], images: Float[Array, "batch height width *channels"], strength: float
) -> Float[Array, "batch height width *channels"]:
    """Transform some of the images, each by a random affine map about its center.

    Args:
        rng: The key of the random maps.
        images: Intensities 0..1.
        strength: Scale of the random deviations from the identity; 0 changes nothing.

    Returns:
        Images of the same shape, interpolated linearly; beyond its border an image goes on as at the border.
    """
    maps = random_maps(rng, len(images), strength)
    height, width = images.shape[1:3]
    center = jnp.array([(height - 1) / 2, (width - 1) / 2])
    grid = jnp.stack(jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij"), axis=-1) - center
    sources = jnp.einsum("bij,hwj->bihw", maps, grid) + center[:, None, None]
    planes = images.reshape(*images.shape[:3], -1)
    over_channels = jax.vmap(_interpolate, in_axes=(-1, None), out_axes=-1)
    return jax.vmap(over_channels)(planes, sources).reshape(images.shape)


def random_maps(rng: Key[Array, ""], count: int, strength: float) -> Float[Array, "count 2 2"]:
    """Draw linear maps from pixels of the new image to pixels of the old one, both as (down, right).

    Those of the images that are not chosen are the identity.
    """
    chosen_rng, draws_rng = jax.random.split(rng)
    chosen = jax.random.bernoulli(chosen_rng, SHARE, (count,))
    draws = strength * chosen * jax.random.truncated_normal(draws_rng, -LIMIT, LIMIT, (4, count))
    angle, shear, tall, wide = draws * jnp.array([ROTATION, SHEAR, SCALING, SCALING])[:, None]
    zero, one = jnp.zeros(count), jnp.ones(count)

    def matrices(rows: list[list[Float[Array, " count"]]]) -> Float[Array, "count 2 2"]:
        return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)

    rotations = matrices([[jnp.cos(angle), jnp.sin(angle)], [-jnp.sin(angle), jnp.cos(angle)]])
    shears = matrices([[one, zero], [shear, one]])
    scalings = matrices([[1.0 + tall, zero], [zero, 1.0 + wide]])
    return scalings @ shears @ rotations


def _interpolate(
    plane: Float[Array, "height width"], sources: Float[Array, "2 height width"]
) -> Float[Array, "height width"]:
    return jax.scipy.ndimage.map_coordinates(plane, [*sources], order=1, mode="nearest")
