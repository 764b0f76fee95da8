from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from vae_tui.tui.studio.geometry import axis_directions, lerp, random_directions, slerp

codes = st.integers(2, 30).flatmap(
    lambda n: st.tuples(*[arrays(np.float32, n, elements=st.floats(-4, 4, width=32))] * 2)
)


@given(st.integers(0, 1000), st.integers(2, 40))
def test_random_directions_are_orthonormal(seed: int, latents: int) -> None:
    directions = random_directions(np.random.default_rng(seed), latents)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-5)


@given(st.integers(2, 40), st.integers(0, 100))
def test_pairs_of_dimensions_are_orthonormal_and_reach_every_one(latents: int, pair: int) -> None:
    directions = axis_directions(latents, pair)
    np.testing.assert_array_equal(directions @ directions.T, np.eye(2))
    reached = np.concatenate([axis_directions(latents, number) for number in range((latents + 1) // 2)])
    assert reached.any(axis=0).all()


@pytest.mark.parametrize(
    "make", [lambda: random_directions(np.random.default_rng(0), 1), lambda: axis_directions(1, 3)]
)
def test_a_single_dimension_has_one_direction(make) -> None:
    directions = make()
    assert abs(directions[0, 0]) == 1
    assert directions[1, 0] == 0


@given(codes, st.integers(2, 15))
def test_slerp_goes_from_one_code_to_the_other(pair: tuple[np.ndarray, np.ndarray], number: int) -> None:
    start, end = pair
    points = slerp(start, end, number)
    assert points.shape == (number, len(start))
    np.testing.assert_array_equal(points[0], start)
    np.testing.assert_array_equal(points[-1], end)


@given(codes, st.integers(3, 15))
def test_slerp_changes_norm_and_angle_evenly(pair: tuple[np.ndarray, np.ndarray], number: int) -> None:
    start, end = pair
    norms = np.linalg.norm(start), np.linalg.norm(end)
    assume(min(norms) > 0.1)
    cosine = start @ end / norms[0] / norms[1]
    assume(abs(cosine) < 0.99)
    points = slerp(start, end, number)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.linspace(*norms, number), rtol=1e-3)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    angles = np.arccos(np.clip((units[1:] * units[:-1]).sum(axis=1), -1, 1))
    np.testing.assert_allclose(angles, np.arccos(cosine) / (number - 1), atol=5e-3)


def test_codes_without_an_arc_between_them_are_joined_by_a_line() -> None:
    code = np.array([1, 2, 3], np.float32)
    for start, end in ((code, -code), (code, code), (0 * code, code)):
        np.testing.assert_allclose(slerp(start, end, 5), lerp(start, end, 5), atol=1e-6)
