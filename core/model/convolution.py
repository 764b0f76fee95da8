"""Convolutions that are computed as matrix products over patches.

On CPUs XLA's own convolution is slow inside a compiled loop, where it runs on one thread without a tuned kernel: the
steps of a small network took ten times as long. Matrix products and their gradients are as fast there as elsewhere.
"""

from __future__ import annotations

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, DTypeLike, Float


def patches(
    x: Float[Array, "batch height width channels"], size: int
) -> Float[Array, "batch height-{size}+1 width-{size}+1 {size*size}*channels"]:
    """Return all windows of `size` x `size` pixels, each as one vector."""
    height, width = x.shape[1] - size + 1, x.shape[2] - size + 1
    shifts = [(i, j) for i in range(size) for j in range(size)]
    return jnp.concatenate([x[:, i : i + height, j : j + width] for i, j in shifts], axis=-1)


def pad(x: Float[Array, "batch height width channels"]) -> Float[Array, "batch height+2 width+2 channels"]:
    """Add a border of zeros, one pixel wide."""
    return jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


def pad_to_multiple(
    x: Float[Array, "batch height width channels"], size: int
) -> Float[Array, "batch up across channels"]:
    """Pad with zeros on the right and at the bottom, to the next multiples of `size` pixels."""
    return jnp.pad(x, ((0, 0), (0, -x.shape[1] % size), (0, -x.shape[2] % size), (0, 0)))


def space_to_depth(
    x: Float[Array, "batch height width channels"],
) -> Float[Array, "batch height//2 width//2 4*channels"]:
    """Stack the channels of each 2x2 pixels; the inverse of `depth_to_space`."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height // 2, width // 2, 4 * channels)


def depth_to_space(
    x: Float[Array, "batch height width depth"],
) -> Float[Array, "batch 2*height 2*width depth//4"]:
    """Shuffle each pixel's channels to 2x2 pixels (Shi et al. 2016, equation 4)."""
    batch, height, width, depth = x.shape
    x = x.reshape(batch, height, width, 2, 2, depth // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, 2 * height, 2 * width, depth // 4)


class Convolution(nn.Module):
    """A convolution with a 3x3 kernel, which preserves the resolution."""

    channels: int
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal()
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch height width out"]:
        """Return the features.

        The kernel has one row per pixel and channel of a patch.
        """
        return nn.Dense(self.channels, kernel_init=self.kernel_init, dtype=self.dtype)(patches(pad(x), 3))


class StridedConvolution(nn.Module):
    """A convolution with a 4x4 kernel and stride 2, which halves the resolution.

    It is computed as a convolution with a 2x2 kernel and stride 1, after `space_to_depth` has stacked each 2x2 pixels.
    """

    channels: int
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch height//2 width//2 out"]:
        """Return the features at half the height and width."""
        return nn.Dense(self.channels, dtype=self.dtype)(patches(space_to_depth(pad(x)), 2))


class TransposedConvolution(nn.Module):
    """A transposed convolution with a 4x4 kernel and stride 2, which doubles the resolution.

    Each input pixel contributes to 4x4 output pixels, and the contributions of neighbors overlap by half. They are
    computed as four quarters, each of 2x2 output pixels for every input pixel, which are shifted by one input pixel and
    added. It is the transpose of the strided convolution (Dumoulin & Visin 2016, arXiv:1603.07285, section 4).
    """

    channels: int
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch 2*height 2*width out"]:
        """Return the features at twice the height and width."""
        # Each output is a sum of four products, so each product has a quarter of the variance.
        kernel_init = nn.initializers.variance_scaling(0.25, "fan_in", "truncated_normal")
        y = nn.Dense(16 * self.channels, use_bias=False, kernel_init=kernel_init, dtype=self.dtype)(x)
        quarters = jnp.split(y, 4, axis=-1)
        shifts = [(0, 0), (0, 1), (1, 0), (1, 1)]
        overlapping = sum(
            jnp.pad(quarter, ((0, 0), (down, 1 - down), (right, 1 - right), (0, 0)))
            for quarter, (down, right) in zip(quarters, shifts, strict=True)
        )
        bias = self.param("bias", nn.initializers.zeros_init(), (self.channels,))
        return depth_to_space(jnp.asarray(overlapping))[:, 1:-1, 1:-1] + bias.astype(y.dtype)
