"""Random affine maps of training images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import DataConfig
from vae_tui.core.learning.augmentation import LIMIT, ROTATION, SHARE, augment, random_maps

KEY = jax.random.key(3)
DISK = np.hypot(*np.meshgrid(np.arange(28) - 13.5, np.arange(28) - 13.5)) < 6


@given(seed=st.integers(0, 99), strength=st.floats(0.1, 3), shape=st.sampled_from([(8, 8), (9, 12), (6, 5, 3)]))
def test_values_stay_within_those_of_the_image(seed: int, strength: float, shape: tuple[int, ...]) -> None:
    images = jax.random.uniform(jax.random.key(seed), (4, *shape), minval=0.2, maxval=0.7)
    found = augment(KEY, images, strength)
    assert found.shape == images.shape
    axes = tuple(range(1, images.ndim))
    assert (found.min(axes) >= images.min(axes) - 1e-6).all()
    assert (found.max(axes) <= images.max(axes) + 1e-6).all()


def test_some_images_stay_as_they_are_and_the_others_differ_from_each_other() -> None:
    images = jnp.tile(jax.random.uniform(KEY, (28, 28)), (400, 1, 1))
    found = augment(KEY, images, 1.0)
    unchanged = (jnp.abs(found - images) < 1e-5).all(axis=(1, 2))
    assert abs(float(unchanged.mean()) - (1 - SHARE)) < 0.1
    changed = np.asarray(found)[~np.asarray(unchanged)]
    assert len(np.unique(changed.round(4), axis=0)) == len(changed)


def test_an_image_keeps_its_center_and_about_its_mass() -> None:
    found = np.asarray(augment(KEY, jnp.tile(DISK.astype(np.float32), (100, 1, 1)), 1.0))
    down, right = np.mgrid[:28, :28]
    mass = found.sum(axis=(1, 2))
    for axis in (down, right):
        np.testing.assert_allclose((found * axis).sum(axis=(1, 2)) / mass, 13.5, atol=0.02)
    np.testing.assert_allclose(mass, DISK.sum(), rtol=0.5)


def test_the_channels_of_an_image_move_together() -> None:
    images = jax.random.uniform(KEY, (12, 10, 14, 3))
    found = augment(KEY, images, 2.0)
    for channel in range(3):
        np.testing.assert_allclose(found[..., channel], augment(KEY, images[..., channel], 2.0), atol=1e-6)


def test_the_maps_are_small_and_turn_both_ways() -> None:
    maps = np.asarray(random_maps(KEY, 2000, 1.0))
    assert np.abs(maps - np.eye(2)).max() < 1.0
    moved = maps[np.abs(maps - np.eye(2)).max(axis=(1, 2)) > 0]
    angles = np.arctan2(moved[:, 0, 1], moved[:, 0, 0])
    assert -1.2 * LIMIT * ROTATION < angles.min() < -ROTATION
    assert ROTATION < angles.max() < 1.2 * LIMIT * ROTATION
    assert abs(angles.mean()) < 0.02


@pytest.mark.parametrize(
    ("config", "train_size", "image_shape", "strength"),
    [
        (DataConfig(), 4_500, (28, 28), 1.0),
        (DataConfig(), 4_500, (16, 64, 3), 1.0),
        (DataConfig(), 55_000, (28, 28), 0.0),
        (DataConfig(), 4_500, (28, 8), 0.0),
        (DataConfig(augment=0.0), 100, (28, 28), 0.0),
        (DataConfig(augment=1.5), 55_000, (8, 8), 1.5),
    ],
)
def test_small_sets_are_augmented_unless_a_strength_is_given(
    config: DataConfig, train_size: int, image_shape: tuple[int, ...], strength: float
) -> None:
    assert config.augment_strength(train_size, image_shape) == strength
