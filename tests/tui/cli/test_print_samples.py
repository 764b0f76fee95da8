"""Images of any shape are printed in colors, in grays or in ASCII, as the terminal can."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from colored import color_images
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from vae_tui.tui.cli.picture_text import as_text, in_rows
from vae_tui.tui.cli.print_samples import encode_npz


def printed(images: np.ndarray, colors: Any = "truecolor", encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=file, color_system=colors, force_terminal=colors is not None, no_color=colors is None, width=500
    )
    console.print(as_text(images, console), end="", crop=False)
    file.flush()
    return file.buffer.getvalue().decode()  # type: ignore[attr-defined]


@given(
    sides=st.tuples(st.integers(1, 64), st.integers(1, 64)),
    channels=st.sampled_from([(), (3,)]),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    colors=st.sampled_from(["truecolor", "256", "standard", None]),
)
def test_two_lines_of_pixels_are_a_line_of_text(sides, channels, rows, columns, colors):
    images = np.full((rows, columns, *sides, *channels), 255, np.uint8)
    lines = printed(images, colors).split("\n")[:-1]
    assert len(lines) == -(-rows * sides[0] // 2)


def test_colors_are_printed_in_color_and_otherwise_in_gray():
    images = color_images(2, 2, 8, 8)
    assert "38;2;" in printed(images) or "48;2;" in printed(images)
    assert not {"38;2;", "48;2;"} & set(re.findall(r"[34]8;[25];", printed(images, "256")))
    assert printed(images, None).isascii()
    assert printed(images, None, "ascii").isascii()


@pytest.mark.parametrize("shape", [(28, 28), (8, 5, 3)])
def test_rows_are_filled_with_black_and_arrays_keep_their_shape(shape):
    images = np.full((5, *shape), 7, np.uint8)
    rows = in_rows(images, 3)
    assert rows.shape == (2, 3, *shape)
    assert (rows[1, 2] == 0).all()
    with np.load(io.BytesIO(encode_npz(images, np.zeros(5, np.int32)))) as arrays:
        assert arrays["images"].shape == (5, *shape)
