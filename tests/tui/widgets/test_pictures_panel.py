from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from vae_tui.tui.studio.enlarge import enlarge
from vae_tui.tui.studio.picture_file import sheet, write_picture


@given(st.integers(28, 90), st.floats(0, 1, width=32))
def test_enlarging_keeps_what_is_even(side: int, value: float) -> None:
    even = np.full((1, 28, 28), value, np.float32)
    np.testing.assert_allclose(enlarge(even, side, side), value, atol=1e-5)


def test_enlarging_by_one_changes_nothing_and_a_slope_stays_straight() -> None:
    slope = np.tile(np.linspace(0, 1, 28, dtype=np.float32), (28, 1))
    np.testing.assert_allclose(enlarge(slope, 28, 28), slope, atol=1e-6)
    steps = np.diff(enlarge(slope, 56, 56)[0, 6:-6])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)


def test_a_sheet_has_a_row_for_each_and_black_where_there_is_nothing() -> None:
    picture = sheet([np.full((1, 28, 28), 200, np.uint8), np.full((3, 28, 28), 100, np.uint8)])
    assert picture.shape == (2 * 30 + 2, 3 * 30 + 2)
    assert picture[15, 15] == 200
    assert picture[15, 45] == 0
    assert (picture[45, [15, 45, 75]] == 100).all()


def test_pictures_are_written_beside_each_other(tmp_path: Path) -> None:
    pictures = [np.full((8, 8), value, np.uint8) for value in (10, 20, 30)]
    paths = [write_picture(tmp_path, 1234, picture) for picture in pictures]
    assert len(set(paths)) == 3
    assert all(path.parent == tmp_path / "studio" for path in paths)
    for path, picture in zip(paths, pictures, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), picture)


def test_a_picture_of_a_run_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        write_picture(tmp_path / "gone", 0, np.zeros((8, 8), np.uint8))
