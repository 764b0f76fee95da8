from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import SIZES, PanelApp
from PIL import Image
from vae_tui.tui.render.cells import COLORED
from vae_tui.tui.studio.enlarge import enlarge
from vae_tui.tui.studio.picture_file import sheet, write_picture
from vae_tui.tui.studio.scene import Pictures
from vae_tui.tui.widgets.pictures_panel import PicturesPanel


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


def test_a_sheet_of_colors_is_written_in_colors(tmp_path: Path) -> None:
    rows = [np.full((1, 8, 5, 3), (200, 0, 9), np.uint8), np.full((2, 8, 5, 3), (1, 2, 3), np.uint8)]
    picture = sheet(rows)
    assert picture.shape == (2 * 10 + 2, 2 * 7 + 2, 3)
    assert np.asarray(Image.open(write_picture(tmp_path, 1, picture)))[4, 4].tolist() == [200, 0, 9]


@pytest.mark.parametrize("shape", [(8, 8), (32, 32, 3), (1, 64, 3), (64, 1), (48, 32, 3), (1, 1)])
async def test_a_panel_bears_images_of_any_shape(shape: tuple[int, ...]) -> None:
    panel = PicturesPanel(id="image", classes="")
    app = PanelApp(panel)
    async with app.run_test(size=(60, 20)) as pilot:
        images = np.full((6, *shape), 200, np.uint8)
        panel.show(Pictures(images, 2, 3, captions=("a long caption 🐱数",) * 6, marked=4))
        await pilot.pause()
        for width, height in SIZES:
            cells = panel.draw(height, width)
            assert cells.glyphs.shape == (height, width)
        cells = panel.draw(20, 60)
        assert (cells.styles >= COLORED).any() == (len(shape) == 3)
        assert len(np.unique(cells.styles)) > 2, "there are images"


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
