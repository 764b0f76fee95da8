from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.protocol.commands import MAX_CODES
from vae_tui.tui.studio.frame import MAX_ACROSS, MAX_STRIP, Shot, make_frame
from vae_tui.tui.studio.strips import along, place_in, strip_points
from vae_tui.tui.studio.studio_state import COARSEST, FINEST, HOTTEST, REACH, WEIGHTS, Start, Studio

LATENTS, CLASSES = 6, 4

steps = st.integers(-4, 4)
operations = st.one_of(
    st.tuples(st.just("walk"), st.tuples(steps, steps)),
    st.tuples(st.just("choose"), st.tuples(st.integers(0, CLASSES - 1))),
    st.tuples(
        st.sampled_from(["heat", "reseed", "next_class", "choose_dimension", "zoom"]),
        st.tuples(st.sampled_from([-1, 1])),
    ),
    st.tuples(st.just("mark"), st.tuples(st.sampled_from([0, 1]))),
    st.tuples(st.sampled_from(["turn", "go_to_middle", "next_weights", "toggle_traverse"]), st.just(())),
)


def begin(latents: np.ndarray | None = None, label: int = 0, **arguments) -> Studio:
    studio = Studio.begin(LATENTS, CLASSES, Start(label, **arguments))
    return studio if latents is None else studio.at_latents(latents, label)


starts = st.sampled_from([begin(), begin(np.linspace(-2, 3, LATENTS, dtype=np.float32), 2)])


def apply(studio: Studio, moves: list[tuple[str, tuple[int, ...]]]) -> Studio:
    for name, arguments in moves:
        studio = getattr(studio, name)(*arguments)
    return studio


@given(
    starts,
    st.lists(operations, max_size=25),
    st.sampled_from([1, 3, 5, 7]),
    st.sampled_from([1, 3, 5, 7]),
    st.integers(0, MAX_STRIP),
)
def test_whatever_is_done_one_question_asks_for_all_that_is_shown(start, moves, rows, columns, strip) -> None:
    studio = apply(start, moves)
    frame = make_frame(studio, rows, columns, strip)
    codes, classes = frame.codes(), frame.classes()
    assert rows * columns <= len(codes) <= MAX_CODES
    assert codes.shape == (len(frame.points), LATENTS)
    assert codes.dtype == classes.dtype == np.float32
    assert np.isfinite(codes).all()
    np.testing.assert_allclose(classes.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(codes[rows * columns // 2], studio.point.sent)
    assert 0 <= studio.anchor.temperature <= HOTTEST
    assert FINEST <= studio.step <= COARSEST
    np.testing.assert_allclose(studio.plane.directions @ studio.point.code, studio.coordinates, atol=1e-4)


def test_the_largest_frame_fills_one_question() -> None:
    assert len(make_frame(begin().toggle_traverse(), MAX_ACROSS, MAX_ACROSS, MAX_STRIP).points) == MAX_CODES


@given(steps, steps, steps, steps)
def test_a_step_leads_to_the_image_that_the_neighbourhood_shows(east, north, then_east, then_north) -> None:
    studio = begin().walk(east, north)
    there = studio.walk(then_east, then_north)
    taken = there.place[0] - studio.place[0], there.place[1] - studio.place[1]
    np.testing.assert_allclose(there.point.code, studio.neighbour(*taken).code, atol=1e-5)
    assert there.offset_from(studio) == taken


def test_there_and_back_is_the_same_image() -> None:
    studio = begin()
    assert studio.walk(1, 2).walk(-1, -2).point is studio.point


@given(st.lists(st.tuples(steps, steps), max_size=30))
def test_a_walk_ends_within_reach(moves: list[tuple[int, int]]) -> None:
    studio = begin()
    for move in moves:
        studio = studio.walk(*move)
        assert max(map(abs, studio.coordinates)) <= REACH + 1e-5


def test_from_beyond_reach_there_is_a_way_back() -> None:
    studio = begin(latents=np.full(LATENTS, 9, np.float32))
    assert studio.walk(1, 1).coordinates == studio.coordinates
    assert studio.walk(-1, 0).coordinates == (8, 9)


def test_only_steps_are_an_offset() -> None:
    studio = begin()
    assert studio.walk(2, 1).offset_from(studio) == (2, 1)
    for other in (
        studio.choose(1),
        studio.heat(1),
        studio.reseed(),
        studio.turn(),
        studio.next_weights(),
        studio.zoom(-1),
    ):
        assert other.offset_from(studio) is None


def test_home_is_the_middle_of_the_plane() -> None:
    studio = begin().walk(2, 1)
    there = studio.go_to_middle()
    np.testing.assert_allclose(there.coordinates, (0, 0), atol=1e-5)
    moved = there.point.code - studio.point.code
    np.testing.assert_allclose(moved, (studio.plane.directions @ moved) @ studio.plane.directions, atol=1e-5)


def test_another_plane_goes_through_the_same_image() -> None:
    studio = begin().walk(2, 1)
    turned = studio.turn()
    np.testing.assert_array_equal(turned.point.code, studio.point.code)
    assert not np.allclose(turned.plane.directions, studio.plane.directions)


def test_the_same_seed_gives_the_same_image_for_every_class() -> None:
    studio = begin(seed=5).choose(3)
    np.testing.assert_array_equal(studio.reseed().reseed(-1).point.code, studio.point.code)
    assert not np.allclose(studio.reseed().point.code, studio.point.code)
    assert studio.reseed().point.classes.argmax() == 3
    assert begin(seed=0).reseed(-1).seed == 0


def test_temperature_scales_noise_and_leaves_latents() -> None:
    studio = begin(temperature=0.5)
    np.testing.assert_allclose(studio.point.sent, 0.5 * studio.point.code)
    latents = np.ones(LATENTS, np.float32)
    np.testing.assert_array_equal(begin(latents=latents, label=1, temperature=0.5).point.sent, latents)


def test_noise_after_latents_is_walked_in_a_plane_of_noise() -> None:
    studio = begin(latents=np.ones(LATENTS, np.float32), label=1)
    assert studio.plane.name == "dimensions 1, 2"
    drawn = studio.reseed()
    assert drawn.point.space == "noise"
    assert drawn.plane.name == "plane 1"


def test_classes_and_weights_go_round() -> None:
    studio = begin()
    assert studio.next_class(-1).point.classes.argmax() == CLASSES - 1
    assert studio.choose(CLASSES - 1).next_class(1).point.classes.argmax() == 0
    assert apply(studio, [("next_weights", ())] * len(WEIGHTS)).weights == studio.weights


def test_the_strip_along_a_dimension_changes_nothing_else() -> None:
    studio = begin().choose_dimension(1).choose_dimension(1)
    points = strip_points(studio, 7)
    codes = np.stack([point.code for point in points])
    np.testing.assert_array_equal(codes[:, 1], np.linspace(-3, 3, 7, dtype=np.float32))
    np.testing.assert_array_equal(np.delete(codes, 1, axis=1), np.tile(np.delete(studio.point.code, 1), (7, 1)))


def test_between_two_classes_the_class_is_mixed() -> None:
    studio = begin().choose(1).mark(0).choose(3).heat(2).mark(1)
    points = strip_points(studio, 5)
    np.testing.assert_allclose(points[2].classes, [0, 0.5, 0, 0.5])
    assert points[0].temperature == pytest.approx(1.0)
    assert points[4].temperature == pytest.approx(1.2)
    for point in points:
        np.testing.assert_allclose(point.code, studio.point.code, atol=1e-6)


def test_between_latents_the_way_is_straight() -> None:
    start, end = np.zeros(LATENTS, np.float32), np.full(LATENTS, 2, np.float32)
    studio = begin(latents=start).mark(0)
    studio = studio.at(replace(studio.point, code=end)).mark(1)
    np.testing.assert_allclose(strip_points(studio, 3)[1].code, 1, atol=1e-6)


def test_noise_and_latents_have_no_way_between_them() -> None:
    studio = begin(latents=np.ones(LATENTS, np.float32)).mark(0).reseed().mark(1)
    assert studio.strip == "between"
    assert strip_points(studio, 5) == ()
    assert along(studio, 5, 1) is studio


def test_a_strip_of_another_space_is_not_asked_for() -> None:
    studio = begin(latents=np.ones(LATENTS, np.float32)).mark(0).mark(1).reseed()
    assert make_frame(studio, 3, 3, 5).strip == ()
    assert along(studio, 5, 1).point.space == "latents"


@given(st.sampled_from(["traverse", "between"]), st.integers(2, MAX_STRIP))
def test_one_can_go_along_a_strip_and_the_strip_stays(kind: str, number: int) -> None:
    studio = begin().mark(0).reseed().choose(2).mark(1)
    studio = studio.reseed() if kind == "between" else studio.toggle_traverse()
    before = strip_points(studio, number)
    visited = []
    studio = along(studio, number, -1)
    for _ in range(number):
        studio = along(studio, number, -1)
    for _ in range(number + 1):
        visited.append(place_in(strip_points(studio, number), studio.point))
        studio = along(studio, number, 1)
    assert visited == [*range(number), number - 1]
    for point, other in zip(before, strip_points(studio, number), strict=True):
        np.testing.assert_allclose(point.code, other.code, atol=1e-6)


@given(st.integers(-4, 4), st.integers(-4, 4))
def test_what_is_known_is_shown_where_it_will_be(east: int, north: int) -> None:
    before = begin().go_to_middle()
    after = before.walk(east, north)
    frame, wanted = make_frame(before, 5, 7, 0), make_frame(after, 5, 7, 0)
    images = np.broadcast_to(np.arange(1, 36, dtype=np.uint8)[:, None, None], (35, 28, 28))
    seen = Shot(frame, images, step=0).around(after).reshape(35, 28, 28)[:, 0, 0]
    known = {point.code.round(3).tobytes(): number for number, point in enumerate(frame.points, 1)}
    assert seen.tolist() == [known.get(point.code.round(3).tobytes(), 0) for point in wanted.points]
    point, image = Shot(frame, images, step=0).middle(after)
    assert known[point.code.round(3).tobytes()] == image[0, 0]
