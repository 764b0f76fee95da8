"""Pictures of a row of images for each class."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from vae_tui.core.config import ModelConfig, RunConfig
from vae_tui.core.inference.sampler import MAX_SHEET_BYTES, Sampler, draw_noise, images_per_class
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.train_state import create_params
from vae_tui.core.model import ConditionalVAE

RUN = RunConfig(samples_per_class=3, temperature=0.5)


@pytest.fixture(scope="module")
def model() -> tuple[ConditionalVAE, Any]:
    model = ConditionalVAE(ModelConfig(latents=4, hidden=(24,)), 10, (28, 28))
    return model, create_params(model, jax.random.key(0))


def test_samples_are_a_row_a_class(model: tuple[ConditionalVAE, Any]) -> None:
    module, params = model
    sampled = Sampler(module, local_mesh(), jax.random.key(0), RUN).sample(params, 5)
    assert sampled.images.shape == (10, 3, 28, 28)
    assert (sampled.step, sampled.temperature) == (5, 0.5)
    noise = 0.5 * draw_noise(jax.random.key(0), np.zeros(10, np.int32), (3, 4))
    sevens = module.apply({"params": params}, noise[7], jnp.full(3, 7), method="generate")
    np.testing.assert_allclose(sampled.images[7], 255 * jax.nn.sigmoid(sevens.logits), atol=0.51)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("classes", "shape", "expected"),
    [(10, (28, 28), 8), (62, (28, 28), 8), (100, (64, 64, 3), 3), (1000, (64, 64, 3), 1)],
)
def test_many_classes_of_large_images_are_shown_by_fewer_images_each(
    classes: int, shape: tuple[int, ...], expected: int
) -> None:
    n = images_per_class(8, ConditionalVAE(ModelConfig(), classes, shape))
    assert n == expected
    assert n == 1 or n * classes * np.prod(shape) <= MAX_SHEET_BYTES


def test_a_class_drawn_anew_leaves_the_others_as_they_are(model: tuple[ConditionalVAE, Any]) -> None:
    module, params = model
    sampler = Sampler(module, local_mesh(), jax.random.key(0), RUN)
    before = sampler.sample(params, 0).images
    np.testing.assert_array_equal(sampler.sample(params, 0).images, before)
    sampler.renew(7)
    changed = (sampler.sample(params, 0).images != before).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])
    sampler.renew()
    assert (sampler.sample(params, 0).images != before).any(axis=(1, 2, 3)).all()
