"""The images that are shown again and again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from vae_tui.core.config import ModelConfig
from vae_tui.core.data.dataset import Split
from vae_tui.core.inference.explorer import Explorer
from vae_tui.core.inference.gallery import Gallery, choose_examples, choose_points
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.model import ConditionalVAE

LABELS = npst.arrays(np.int32, st.integers(1, 60), elements=st.integers(0, 4))


def split_of(labels: np.ndarray) -> Split:
    """Images whose first pixel is their position, from 1."""
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, 0] = 1 + np.arange(len(labels))
    return Split(images, labels)


@given(LABELS, st.integers(1, 6))
def test_examples_are_the_first_images_of_each_class(labels: np.ndarray, n: int) -> None:
    examples = choose_examples(split_of(labels), 5, n)
    assert examples.shape == (5, n, 28, 28)
    for label in range(5):
        expected = (1 + np.flatnonzero(labels == label))[:n].tolist()
        assert examples[label, :, 0, 0].tolist() == expected + [0] * (n - len(expected))


@given(LABELS, st.integers(1, 60))
def test_points_are_shared_out_evenly_among_the_classes(labels: np.ndarray, most: int) -> None:
    chosen = choose_points(labels, most)
    assert len(chosen) == min(most, len(labels))
    assert (np.diff(chosen) > 0).all()
    taken, there = (np.bincount(found, minlength=5) for found in (labels[chosen], labels))
    # A class has fewer points than another one, but for the last round, only where it has no more images.
    assert all(taken[label] == there[label] or taken[label] >= taken.max() - 1 for label in range(5))
    for label in range(5):
        np.testing.assert_array_equal(chosen[labels[chosen] == label], np.flatnonzero(labels == label)[: taken[label]])


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(ConditionalVAE(ModelConfig(latents=3, hidden=(8,)), 5, (28, 28)), local_mesh())


def test_what_is_not_finite_has_no_place_in_the_map(explorer: Explorer) -> None:
    split = split_of(np.arange(30, dtype=np.int32) % 5)
    gallery = Gallery(split, explorer, 2)
    means = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    whole = gallery.latent_map(7, means)
    assert (whole.step, whole.points.shape) == (7, (30, 2))
    means[4], means[20, 1] = np.nan, np.inf
    rest = gallery.latent_map(8, means)
    kept = np.delete(np.arange(30), [4, 20])
    np.testing.assert_array_equal(rest.labels, split.labels[kept])
    np.testing.assert_array_equal(rest.latents, means[kept])
    assert np.isfinite(rest.points).all()
    assert gallery.latent_map(9, np.full_like(means, np.nan)).points.shape == (0, 2)


def test_reconstructions_stand_where_the_examples_stand(explorer: Explorer) -> None:
    model = ConditionalVAE(ModelConfig(latents=3, hidden=(8,)), 5, (28, 28))
    rngs = {"params": jax.random.key(0), "latent": jax.random.key(1)}
    params = jax.jit(model.init)(rngs, jnp.zeros((1, 28, 28)), jnp.zeros(1, jnp.int32))["params"]
    gallery = Gallery(split_of(np.array([0, 0, 0, 1, 4], np.int32)), explorer, 2)
    examples, reconstructed = gallery.examples(3), gallery.reconstructed(3, params)
    assert reconstructed.images.shape == examples.images.shape
    np.testing.assert_array_equal(reconstructed.images.any(axis=(2, 3)), examples.images.any(axis=(2, 3)))
    bound = model.bind({"params": params})
    image = jnp.asarray(examples.images[1, :1], jnp.float32) / 255
    label = jnp.array([1])
    expected = bound.decode(bound.encode(image, label).mean, label)
    np.testing.assert_allclose(reconstructed.images[1, 0], 255 * jax.nn.sigmoid(expected.logits[0]), atol=0.51)
