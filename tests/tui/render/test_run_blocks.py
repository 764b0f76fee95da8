"""Blocks of images, one a run: inside the panel, apart from each other, in the images' shape."""

from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.run_blocks import SMALLEST_LINES, arrange_runs

shapes = st.sampled_from([(28, 28), (8, 8), (32, 48), (48, 32)])


@given(st.integers(1, 60), st.integers(8, 200), st.integers(1, 8), st.integers(1, 8), shapes)
def test_blocks_are_inside_and_apart(height, width, runs, images, shape):
    blocks = arrange_runs(height, width, runs=runs, images=images, shape=shape)
    if blocks is None:
        return
    assert blocks.image_height >= SMALLEST_LINES
    assert blocks.shown >= 1
    taken = set()
    for run in range(runs):
        for number in range(min(images, blocks.shown)):
            y, x = blocks.image(run, number)
            for line in range(y, y + blocks.image_height):
                for column in range(x, x + blocks.image_width):
                    assert 0 <= line < height
                    assert 0 <= column < width
                    assert (line, column) not in taken
                    taken.add((line, column))
        assert blocks.place(run) not in taken  # the caption is above the images


def test_images_keep_their_shape():
    square = arrange_runs(20, 200, runs=2, images=1, shape=(28, 28))
    wide = arrange_runs(20, 200, runs=2, images=1, shape=(28, 56))
    assert square is not None
    assert wide is not None
    assert (square.image_height, square.image_width) == (14, 28)
    assert (wide.image_height, wide.image_width) == (14, 56)
