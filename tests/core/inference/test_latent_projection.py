"""The plane of the latent map: where points vary most, and still from one time to the next."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from vae_tui.core.inference.latent_projection import LatentProjection, orient, turn_onto

SEEDS = st.integers(0, 2**32 - 1)


def cloud(seed: int, *spreads: float, n: int = 200) -> np.ndarray:
    """Points with these standard deviations along random directions, off the origin."""
    rng = np.random.default_rng(seed)
    scores, _ = np.linalg.qr(rng.normal(size=(n, len(spreads) + 1)) + np.eye(n, len(spreads) + 1))
    scores -= scores.mean(axis=0)
    scores, _ = np.linalg.qr(scores[:, : len(spreads)])
    directions, _ = np.linalg.qr(rng.normal(size=(len(spreads), len(spreads))))
    return (np.sqrt(n) * scores * spreads) @ directions.T + 3.0


@given(SEEDS)
def test_it_is_the_plane_of_the_greatest_variance(seed: int) -> None:
    points = cloud(seed, 3.0, 2.0, 1.0, 0.5)
    places, explained = LatentProjection().project(points)
    variances = np.sort(np.linalg.eigvalsh(np.cov(points.T)))[::-1]
    np.testing.assert_allclose(explained, variances[:2] / variances.sum(), rtol=1e-9)
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(places.var(axis=0, ddof=1), variances[:2], rtol=1e-9)


@given(SEEDS)
def test_the_same_points_have_the_same_places_again(seed: int) -> None:
    plane, points = LatentProjection(), cloud(seed, 2.0, 1.5, 1.0)
    first, explained = plane.project(points)
    again, explained_again = plane.project(points)
    np.testing.assert_allclose(again, first, atol=1e-9)
    np.testing.assert_allclose(explained_again, explained, rtol=1e-9)


@given(SEEDS)
def test_a_map_stays_as_it_is_when_two_variances_cross(seed: int) -> None:
    """Drawn as they come, the principal axes would be exchanged."""
    plane = LatentProjection()
    before, _ = plane.project(cloud(seed, 1.02, 0.98, 0.1))
    after, explained = plane.project(cloud(seed, 0.98, 1.02, 0.1))
    assert np.abs(after - before).max() < 0.1 * np.abs(before).max()
    assert sum(explained) == pytest.approx((0.98**2 + 1.02**2) / (0.98**2 + 1.02**2 + 0.01), rel=1e-9)


@given(SEEDS, st.floats(0, 2 * np.pi), st.booleans())
def test_turns_and_reflections_within_the_plane_are_undone(seed: int, angle: float, reflect: bool) -> None:
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 2)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = axes @ turn * ([1, -1] if reflect else [1, 1])
    np.testing.assert_allclose(turn_onto(turned, axes), axes, atol=1e-9)


@given(npst.arrays(np.float64, (4, 2), elements=st.floats(-1, 1)), st.tuples(*2 * [st.sampled_from([-1.0, 1.0])]))
def test_the_first_axes_do_not_depend_on_the_signs_that_they_are_found_with(
    axes: np.ndarray, signs: tuple[float, float]
) -> None:
    oriented = orient(axes)
    np.testing.assert_array_equal(np.abs(oriented), np.abs(axes))
    largest = oriented[np.abs(oriented).argmax(axis=0), [0, 1]]
    assert (largest >= 0).all()
    np.testing.assert_array_equal(orient(axes * signs), oriented)


@pytest.mark.parametrize(
    ("points", "explained"),
    [
        (np.zeros((0, 3)), (0, 0)),
        (np.ones((1, 3)), (0, 0)),
        (np.full((50, 3), 0.1, np.float32), (0, 0)),
        (np.arange(8.0)[:, None], (1, 0)),
        (np.arange(8.0)[:, None] * [1.0, 2.0, 2.0], (1, 0)),
        (np.array([[3e38, 0.0], [-3e38, 1.0]], np.float32), (1, 0)),
    ],
    ids=["no points", "one", "all the same", "one dimension", "a line", "huge"],
)
def test_where_there_is_no_plane_the_places_are_finite(points: np.ndarray, explained: tuple[float, float]) -> None:
    plane = LatentProjection()
    for _ in range(2):
        places, fractions = plane.project(points)
        assert places.shape == (len(points), 2)
        assert np.isfinite(places).all()
        np.testing.assert_allclose(fractions, explained, atol=1e-9)
