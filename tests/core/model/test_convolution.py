"""Convolutions by matrix products are the convolutions that XLA computes."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax import lax
from vae_tui.core.model.convolution import Convolution, StridedConvolution, TransposedConvolution

LAYOUT = ("NHWC", "HWIO", "NHWC")


def apply(module: nn.Module, params: dict[str, Any], x: jax.Array) -> np.ndarray:
    return np.asarray(module.apply({"params": params}, x))


def normal(seed: int, *shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def test_a_convolution_is_the_standard_one() -> None:
    x, kernel, bias = normal(0, 2, 8, 6, 3), normal(1, 3, 3, 3, 5), normal(2, 5)
    actual = apply(Convolution(5), {"Dense_0": {"kernel": kernel.reshape(-1, 5), "bias": bias}}, x)
    expected = lax.conv_general_dilated(x, kernel, (1, 1), [(1, 1), (1, 1)], dimension_numbers=LAYOUT)
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


def test_a_strided_convolution_is_the_standard_one() -> None:
    x, kernel, bias = normal(0, 2, 8, 6, 3), normal(1, 4, 4, 3, 5), normal(2, 5)
    # Ours has the 2x2 blocks of pixels (down, right), and in each of them 2x2 pixels.
    ours = kernel.reshape(2, 2, 2, 2, 3, 5).transpose(0, 2, 1, 3, 4, 5).reshape(-1, 5)
    actual = apply(StridedConvolution(5), {"Dense_0": {"kernel": ours, "bias": bias}}, x)
    expected = lax.conv_general_dilated(x, kernel, (2, 2), [(1, 1), (1, 1)], dimension_numbers=LAYOUT)
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


def test_a_transposed_convolution_is_the_transpose_of_the_strided_one() -> None:
    x, kernel, bias = normal(0, 2, 4, 3, 5), normal(1, 4, 4, 2, 5), normal(2, 2)

    def strided(y: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(y, kernel, (2, 2), [(1, 1), (1, 1)], dimension_numbers=LAYOUT)

    (expected,) = jax.vjp(strided, jnp.zeros((2, 8, 6, 2)))[1](x)
    # Ours has for each input channel the quarters (down, right) of the 4x4 pixels, and in each of them 2x2 pixels.
    ours = kernel.reshape(2, 2, 2, 2, 2, 5).transpose(5, 0, 2, 1, 3, 4).reshape(5, 32)
    actual = apply(TransposedConvolution(2), {"Dense_0": {"kernel": ours}, "bias": bias}, x)
    np.testing.assert_allclose(actual, expected + bias, atol=1e-4)


@pytest.mark.parametrize("module", [Convolution(16), StridedConvolution(16), TransposedConvolution(16)])
def test_features_keep_their_scale_at_the_start(module: nn.Module) -> None:
    y, _ = module.init_with_output(jax.random.key(0), normal(1, 8, 16, 16, 32))
    assert float(jnp.std(y[:, 2:-2, 2:-2])) == pytest.approx(1.0, abs=0.15)
