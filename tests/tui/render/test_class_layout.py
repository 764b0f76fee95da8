import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.class_layout import SMALLEST_LINES, ImageSize, Layout, arrange_classes, arrange_pages

IMAGE = ImageSize(28, 28, margin=3)


@given(
    height=st.integers(1, 80),
    width=st.integers(1, 240),
    classes=st.integers(1, 62),
    images=st.integers(1, 16),
    margin=st.integers(0, 4),
    caption=st.integers(0, 1),
    parts=st.integers(1, 2),
)
def test_every_image_is_inside_and_none_is_on_another(height, width, classes, images, margin, caption, parts):
    size = ImageSize(28, 28, margin)
    layout = arrange_classes(height, width, classes=classes, images=images, size=size, caption=caption, parts=parts)
    if layout is None:
        assert height < SMALLEST_LINES + caption or width < 2 * SMALLEST_LINES * parts + parts - 1
        return
    check_places(layout, height, width, classes, parts)


def check_places(layout: Layout, height: int, width: int, classes: int, parts: int) -> None:
    """No cell is used twice, and all are in the panel."""
    taken = set()

    def take(y, x, lines, columns):
        cells = {(line, column) for line in range(y, y + lines) for column in range(x, x + columns)}
        assert all(0 <= line < height and 0 <= column < width for line, column in cells)
        assert not cells & taken
        taken.update(cells)

    for index in range(min(classes, layout.classes)):
        y, x = layout.place(index)
        take(y, x, layout.caption, layout.block_width)
        for part in range(1, parts):
            take(y + layout.caption, x + part * layout.part_pitch - 1, layout.down * layout.image_height, 1)
        for part in range(parts):
            for number in range(layout.shown):
                take(*layout.image(index, part, number), layout.image_height, layout.image_width)


@pytest.mark.parametrize(("height", "width"), [(10, 49), (15, 74), (30, 146), (16, 38), (33, 56), (53, 95), (6, 60)])
def test_every_one_of_ten_classes_is_shown_at_the_usual_sizes(height, width):
    layout = arrange_classes(height, width, classes=10, images=8, size=IMAGE, caption=0)
    assert layout is not None
    assert layout.classes >= 10


@pytest.mark.parametrize(("height", "width"), [(36, 116), (35, 116), (10, 49), (8, 29), (21, 96)])
def test_rows_of_ten_classes_are_as_long_as_one_another(height, width):
    layout = arrange_classes(height, width, classes=10, images=8, size=IMAGE, caption=0)
    assert layout is not None
    assert layout.columns * layout.rows == 10


@pytest.mark.parametrize(("height", "width"), [(11, 48), (7, 29), (17, 82), (24, 74), (22, 120)])
def test_rows_of_images_are_apart_where_that_costs_little(height, width):
    layout = arrange_classes(height, width, classes=10, images=8, size=IMAGE, caption=0)
    assert layout is not None
    assert layout.row_pitch > layout.down * layout.image_height


def test_images_are_enlarged_where_there_is_no_room_for_more_of_them():
    layout = arrange_classes(57, 296, classes=10, images=1, size=IMAGE, caption=0)
    assert layout is not None
    assert (layout.image_height, layout.image_width) == (28, 56)


def test_a_large_panel_shows_images_at_full_size():
    layout = arrange_classes(30, 146, classes=10, images=8, size=IMAGE, caption=0)
    assert layout is not None
    assert (layout.image_height, layout.image_width) == (14, 28)


def test_a_very_large_panel_shows_more_images_of_each_class():
    layout = arrange_classes(60, 240, classes=10, images=8, size=IMAGE, caption=0)
    assert layout is not None
    assert 2 * layout.image_height >= 22
    assert layout.across * layout.down > 1


def test_as_many_of_many_classes_as_there_is_room_for():
    layout = arrange_classes(15, 74, classes=47, images=8, size=ImageSize(28, 28), caption=0)
    assert layout is not None
    assert layout.classes >= 47
    cramped = arrange_classes(9, 30, classes=47, images=8, size=ImageSize(28, 28), caption=0)
    assert cramped is not None
    assert 10 <= cramped.classes < 47


@pytest.mark.parametrize(("height", "width"), [(10, 49), (15, 74), (30, 146), (33, 56)])
def test_two_images_of_every_class_side_by_side_at_the_usual_sizes(height, width):
    layout = arrange_classes(height, width, classes=10, images=8, size=IMAGE, caption=0, parts=2)
    assert layout is not None
    assert layout.classes >= 10
    (y, x), (other_y, other_x) = layout.image(3, 0, 0), layout.image(3, 1, 0)
    assert y == other_y
    assert other_x > x + layout.image_width


SIDES = st.integers(1, 64)


@given(
    height=st.integers(6, 60),
    width=st.integers(20, 160),
    classes=st.integers(1, 1000),
    images=st.integers(1, 16),
    sides=st.tuples(SIDES, SIDES),
    caption=st.integers(0, 1),
    gap=st.integers(0, 1),
    parts=st.integers(1, 2),
)
def test_images_of_any_shape_have_their_places_and_nearly_their_shape(
    height, width, classes, images, sides, caption, gap, parts
):
    size = ImageSize(*sides)
    given = {"images": images, "size": size, "caption": caption, "gap": gap, "parts": parts}
    found = arrange_pages(height, width, classes=classes, **given)
    assert found is not None
    layout, on_page = found
    assert 1 <= on_page <= layout.classes
    assert classes <= 10 or on_page * -(-classes // on_page) >= classes
    check_places(layout, height, width, on_page, parts)
    if gap and layout.columns > 1:
        assert layout.column_pitch > layout.block_width
    shape = layout.image_width / (2 * layout.image_height)
    if layout.image_height > 1 and layout.image_width > 3:
        assert 0.6 * size.aspect <= shape <= 1.3 * size.aspect or layout.image_width * parts >= width - parts


def test_a_few_classes_are_on_one_page_and_many_on_as_few_as_keep_them_legible():
    found = arrange_pages(10, 49, classes=10, images=8, size=IMAGE, caption=0)
    assert found is not None
    assert found[1] == 10
    found = arrange_pages(13, 74, classes=62, images=8, size=IMAGE, caption=0)
    assert found is not None
    assert found[1] < 62
    assert found[0].image_height >= 5


def test_small_images_are_enlarged_by_whole_numbers_of_their_size():
    layout = arrange_classes(30, 146, classes=10, images=8, size=ImageSize(8, 8), caption=1)
    assert layout is not None
    assert layout.image_height >= 8
    assert layout.image_width == 2 * layout.image_height
