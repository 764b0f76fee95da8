import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from vae_tui.tui.render.scatter import (
    CLASSES,
    CURSOR,
    PICKED,
    MapRange,
    arrange_map,
    choose_map_range,
    class_marks,
    class_style,
    draw_map,
    nearest,
)

DIGITS = tuple("0123456789")
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

POINTS = npst.arrays(
    np.float32,
    st.tuples(st.integers(0, 40), st.just(2)),
    elements=st.floats(-100, 100, width=32),
)
SQUARE = MapRange(-1.0, 1.0, -1.0, 1.0)
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 130))


def draw(points, labels, names=DIGITS, size=(12, 40), plane=None, **arguments):
    """The map's lines, and its cells."""
    points, labels = np.array(points, np.float32).reshape(-1, 2), np.array(labels, np.int32)
    height, width = size
    place = arrange_map(height, width, names)
    cells = draw_map(
        points,
        labels,
        names,
        (0.4, 0.2),
        plane or SQUARE,
        place,
        colors=10,
        **{"unicode": True, **arguments},
    )
    return ["".join(map(chr, line)) for line in cells.glyphs], cells


@given(points=POINTS, size=SIZES, data=st.data(), names=st.sampled_from([DIGITS, FASHION, ("a",)]))
def test_every_map_fits_its_size_whatever_the_points(points, size, data, names):
    labels = data.draw(npst.arrays(np.int32, len(points), elements=st.integers(0, len(names) - 1)))
    plane = choose_map_range(points, None)
    lines, cells = draw(points, labels, names, size, plane, unicode=data.draw(st.booleans()))
    assert cells.glyphs.shape == size
    assert cells.styles.min() >= 0
    assert cells.styles.max() < CLASSES + 3 * 10
    shown = {line for text in lines for line in text}
    if len(points) == 1 and size[0] >= 2:
        assert class_marks(names)[labels[0]] in shown


def test_points_are_where_they_belong():
    lines, _ = draw([(-0.99, 0.99), (0.99, -0.99)], [3, 7], size=(12, 40))
    assert lines[1][0] == "3"
    assert lines[10][-1] == "7"


def test_points_beyond_the_plane_are_at_its_edge():
    lines, _ = draw([(-50, 0.1), (0.5, 90)], [3, 7], size=(12, 40))
    assert any(line[0] == "3" for line in lines)
    assert "7" in lines[1]


def test_a_cell_shows_the_class_that_has_most_points_there():
    lines, _ = draw([(0.5, 0.5)] * 5, [4, 9, 9, 4, 9])
    assert "9" in "".join(lines[1:-1])
    assert "4" not in "".join(lines[1:-1])


def test_denser_cells_are_heavier():
    points = [(-0.9, 0.5), (0.2, 0.5), (0.2, 0.5), *[(0.9, 0.5)] * 6]
    _, cells = draw(points, [1] * len(points))
    row = next(y for y in range(1, 11) if chr(cells.glyphs[y, 2]) == "1")
    styles = [int(style) for style in cells.styles[row] if style >= CLASSES]
    assert styles == class_style(np.ones(3, int), np.arange(3), 10).tolist()


def test_the_axes_say_what_they_are():
    lines, _ = draw([], [], size=(12, 60))
    assert lines[0].startswith("↑ PC 2 from -1 to 1, 20 % of the variance")
    assert lines[-1].endswith("→ PC 1 from -1 to 1, 40 % of the variance")
    assert draw([], [], size=(12, 20))[0][0].startswith("↑ PC 2: 20 %")


def test_without_unicode_it_is_ascii():
    lines, _ = draw([(0.5, 0.5)], [0], unicode=False)
    assert all(line.isascii() for line in lines)


def test_the_names_stand_beside_the_map_where_they_say_more_and_have_room():
    lines, _ = draw([(0.5, 0.5)], [9], FASHION, size=(20, 80))
    assert all(any(name in line for line in lines) for name in FASHION)
    assert not any("Coat" in line for line in draw([(0.5, 0.5)], [9], FASHION, size=(20, 30))[0])
    assert arrange_map(20, 80, DIGITS).map_width == 80


@pytest.mark.parametrize(
    "names", [DIGITS, FASHION, tuple(string.ascii_uppercase), ("お", "き", "す"), ("aa", "a", "ab")]
)
def test_every_class_has_a_letter_of_its_own(names):
    marks = class_marks(names)
    assert len(set(marks)) == len(names)
    assert all(len(mark) == 1 and mark.isascii() and mark.isalnum() for mark in marks)
    assert all(mark == name for mark, name in zip(marks, names, strict=True) if len(name) == 1 and name.isascii())


def test_letters_come_from_the_names():
    assert "".join(class_marks(FASHION)) == "TrPDCShnBA"


@given(points=POINTS)
def test_the_plane_holds_nearly_all_points(points):
    plane = choose_map_range(points, None)
    outside = (points[:, 0] < plane.left) | (points[:, 0] > plane.right)
    outside |= (points[:, 1] < plane.low) | (points[:, 1] > plane.high)
    assert plane.left < plane.right
    assert plane.low < plane.high
    assert outside.sum() <= 0.03 * len(points) + 4


def test_points_that_move_a_little_leave_the_plane_alone_and_others_do_not():
    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    plane = choose_map_range(points, None)
    assert choose_map_range(points * np.float32(1.02) + np.float32(0.01), plane) == plane
    assert choose_map_range(points * np.float32(0.8), plane) == plane
    wider, narrower = choose_map_range(points * np.float32(3), plane), choose_map_range(points * np.float32(0.2), plane)
    assert wider.right - wider.left > plane.right - plane.left > narrower.right - narrower.left


def test_an_axis_may_change_alone():
    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    plane = choose_map_range(points, None)
    wider = choose_map_range(points * np.array([3, 1], np.float32), plane)
    assert (wider.low, wider.high) == (plane.low, plane.high)
    assert wider.right > plane.right


@given(points=POINTS.filter(len), data=st.data())
def test_the_nearest_point_to_its_own_cell_is_drawn_there(points, data):
    index = data.draw(st.integers(0, len(points) - 1))
    plane = choose_map_range(points, None)
    place = arrange_map(12, 40, DIGITS)
    rows, columns = plane.cells(points, place.map_height, place.map_width)
    picked = nearest(points, plane, place, (int(rows[index]), int(columns[index])))
    assert picked is not None
    assert abs(rows[picked] - rows[index]) + abs(columns[picked] - columns[index]) <= 2


def test_cursor_and_picked_point_are_marked():
    _, cells = draw([(0.5, 0.5)], [4], picked=0, cursor=(0, 0))
    assert cells.styles[1, 0] == CURSOR
    y, x = np.argwhere(cells.styles == PICKED)[0]
    assert chr(cells.glyphs[y, x]) == "4"
    assert nearest(np.zeros((0, 2), np.float32), SQUARE, arrange_map(12, 40, DIGITS), (0, 0)) is None
