"""Convolutions as matrix products over patches.

XLA's own convolution is slow on CPUs inside a compiled loop, where it has one thread and no tuned kernel: the steps
of a small network took ten times as long. A matrix product is as fast there as anywhere, and so is its gradient.
"""

from __future__ import annotations

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, DTypeLike, Float


def patches(
    x: Float[Array, "batch height width channels"], size: int
) -> Float[Array, "batch height-{size}+1 width-{size}+1 {size*size}*channels"]:
    """All windows of `size` x `size` pixels that lie inside, each as one vector."""
    height, width = x.shape[1] - size + 1, x.shape[2] - size + 1
    shifts = [(i, j) for i in range(size) for j in range(size)]
    return jnp.concatenate([x[:, i : i + height, j : j + width] for i, j in shifts], axis=-1)


def pad(x: Float[Array, "batch height width channels"]) -> Float[Array, "batch height+2 width+2 channels"]:
    """A border of zeros, one pixel wide."""
    return jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


def space_to_depth(
    x: Float[Array, "batch height width channels"],
) -> Float[Array, "batch height//2 width//2 4*channels"]:
    """Put 2x2 pixels on top of each other: the inverse of `depth_to_space`."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height // 2, width // 2, 4 * channels)


def depth_to_space(
    x: Float[Array, "batch height width depth"],
) -> Float[Array, "batch 2*height 2*width depth//4"]:
    """Spread each pixel's channels over 2x2 pixels (Shi et al. 2016, equation 4: the periodic shuffling)."""
    batch, height, width, depth = x.shape
    x = x.reshape(batch, height, width, 2, 2, depth // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, 2 * height, 2 * width, depth // 4)


class Convolution(nn.Module):
    """A convolution with a kernel of 3x3 pixels, which keeps the resolution."""

    channels: int
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal()
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch height width out"]:
        """Return the features; the kernel has one row for each pixel and channel of a patch."""
        return nn.Dense(self.channels, kernel_init=self.kernel_init, dtype=self.dtype)(patches(pad(x), 3))


class StridedConvolution(nn.Module):
    """A convolution with a kernel of 4x4 pixels and stride 2, which halves the resolution.

    That is a convolution of 2x2 pixels over pixels that hold 2x2 of the picture's each.
    """

    channels: int
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch height//2 width//2 out"]:
        """Return the features at half the height and width."""
        return nn.Dense(self.channels, dtype=self.dtype)(patches(space_to_depth(pad(x)), 2))


class TransposedConvolution(nn.Module):
    """A transposed convolution with a kernel of 4x4 pixels and stride 2, which doubles the resolution.

    Each pixel gives 4x4 pixels, and those of neighbours overlap by half: four pictures of 2x2 pixels for each pixel,
    which lie on each other shifted by one. It is the strided convolution's transpose (Dumoulin & Visin 2016,
    arXiv:1603.07285, section 4).
    """

    channels: int
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width in"]) -> Float[Array, "batch 2*height 2*width out"]:
        """Return the features at twice the height and width."""
        # Four products add up in each value: a quarter of the variance for each.
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
