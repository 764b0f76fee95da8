"""Convolutions by matrix products are the convolutions that XLA computes."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax import lax
from vae_tui.core.model.convolution import Convolution, StridedConvolution, TransposedConvolution

LAYOUT = ("NHWC", "HWIO", "NHWC")


def apply(module: nn.Module, params: dict[str, Any], x: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(module.apply)({"params": params}, x))


@partial(jax.jit, static_argnames="stride")
def convolution(x: jax.Array, kernel: jax.Array, stride: int) -> jax.Array:
    """XLA's, with a border of zeros."""
    return lax.conv_general_dilated(x, kernel, (stride, stride), [(1, 1), (1, 1)], dimension_numbers=LAYOUT)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def test_a_convolution_is_the_standard_one() -> None:
    x, kernel, bias = normal(0, 2, 8, 6, 3), normal(1, 3, 3, 3, 5), normal(2, 5)
    actual = apply(Convolution(5), {"Dense_0": {"kernel": kernel.reshape(-1, 5), "bias": bias}}, x)
    expected = np.asarray(convolution(x, kernel, 1))
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


def test_a_strided_convolution_is_the_standard_one() -> None:
    x, kernel, bias = normal(0, 2, 8, 6, 3), normal(1, 4, 4, 3, 5), normal(2, 5)
    # Ours has the 2x2 blocks of pixels (down, right), and in each of them 2x2 pixels.
    ours = kernel.reshape(2, 2, 2, 2, 3, 5).transpose(0, 2, 1, 3, 4, 5).reshape(-1, 5)
    actual = apply(StridedConvolution(5), {"Dense_0": {"kernel": ours, "bias": bias}}, x)
    expected = np.asarray(convolution(x, kernel, 2))
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


def test_a_transposed_convolution_is_the_transpose_of_the_strided_one() -> None:
    x, kernel, bias = normal(0, 2, 4, 3, 5), normal(1, 4, 4, 2, 5), normal(2, 2)

    @jax.jit
    def transposed(x: jax.Array) -> jax.Array:
        return jax.vjp(lambda y: convolution(y, kernel, 2), jnp.zeros((2, 8, 6, 2)))[1](x)[0]

    expected = np.asarray(transposed(x))
    # Ours has for each input channel the quarters (down, right) of the 4x4 pixels, and in each of them 2x2 pixels.
    ours = kernel.reshape(2, 2, 2, 2, 2, 5).transpose(5, 0, 2, 1, 3, 4).reshape(5, 32)
    actual = apply(TransposedConvolution(2), {"Dense_0": {"kernel": ours}, "bias": bias}, x)
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


@pytest.mark.parametrize("module", [Convolution(16), StridedConvolution(16), TransposedConvolution(16)])
def test_features_keep_their_scale_at_the_start(module: nn.Module) -> None:
    y, _ = jax.jit(module.init_with_output)(jax.random.key(0), normal(1, 8, 16, 16, 32))
    assert float(np.std(y[:, 2:-2, 2:-2])) == pytest.approx(1.0, abs=0.15)
