from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.protocol.commands import MAX_CODES
from vae_tui.tui.studio.keys import STUDIO_KEYS, entry, key_lines, studio_keys
from vae_tui.tui.studio.layout import arrange_studio, fit_grid

ASPECTS = st.just(1.0) | st.floats(1 / 64, 64)


@given(st.integers(1, 300), st.integers(1, 100), ASPECTS)
def test_an_arrangement_fits_and_asks_for_no_more_than_one_question(width: int, height: int, aspect: float) -> None:
    found = arrange_studio(width, height, aspect)
    rows, columns = found.around
    assert rows % 2 == columns % 2 == 1
    assert rows * columns + found.strip <= MAX_CODES
    assert found.strip == 0 or found.strip % 2 == 1
    if height >= 8 and width >= 20:
        lines = found.middle[0] + found.shelves * found.shelf + found.keys + (1 if found.facts else 2)
        assert lines <= height
        assert found.middle[1] + found.facts < width
    if rows > 1:
        room = width - found.middle[1] - found.facts - found.frame[1]
        grid = fit_grid(found.large, room, rows, columns, aspect=aspect)
        assert grid is not None
        assert grid.lines >= 3


@given(st.integers(1, 60), st.integers(1, 200), st.integers(1, 7), st.integers(1, 15), st.integers(0, 1), ASPECTS)
def test_the_images_of_a_grid_are_inside_and_apart(
    height: int, width: int, rows: int, columns: int, caption: int, aspect: float
) -> None:
    grid = fit_grid(height, width, rows, columns, caption, aspect)
    if grid is None:
        return
    places = [grid.place(row, column) for row in range(rows) for column in range(columns)]
    for y, x in places:
        assert 0 <= y <= height - grid.lines - caption
        assert 1 <= x <= width - grid.width
    assert grid.column_pitch > grid.width or columns == 1
    assert grid.row_pitch >= grid.lines + caption or rows == 1


def test_more_room_is_used() -> None:
    sizes = [arrange_studio(*size) for size in ((80, 24), (120, 40), (200, 60))]
    assert [size.large for size in sizes] == [14, 20, 36]
    assert [size.around for size in sizes] == [(3, 5), (3, 5), (5, 5)]


@given(st.integers(1, 250), st.integers(1, 3))
def test_the_lines_of_keys_fit_and_always_name_the_help(width: int, number: int) -> None:
    lines = key_lines(STUDIO_KEYS, width, number)
    assert len(lines) <= number
    assert [key.keys for key in lines[-1][-2:]] == ["?", "esc"]
    if width >= 20:
        assert all(len("  ".join(entry(key) for key in line)) <= width for line in lines)


def test_with_room_every_word_is_in_the_line_of_keys() -> None:
    (line,) = key_lines(STUDIO_KEYS, 400, 1)
    assert [key.label for key in line] == [key.label for key in STUDIO_KEYS if key.label]


def test_no_key_means_two_things() -> None:
    keys = [key for group in STUDIO_KEYS for action in group.actions for key in action.key.split(",")]
    assert len(keys) == len(set(keys))


def test_the_users_own_keys_are_shown() -> None:
    shown = {key.title: key.keys for key in studio_keys({"studio_pin": "P", "studio_cool": "underscore,minus"})}
    assert (shown["Pin the image"], shown["Temperature up, down"], shown["Walk the plane"]) == ("P", "+ _", "arrows")
