import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.layout import FULL_LINES, SMALLEST_LINES, arrange


@given(
    height=st.integers(1, 80),
    width=st.integers(1, 240),
    classes=st.integers(1, 62),
    digits=st.integers(1, 16),
    side=st.integers(20, 28),
    caption=st.integers(0, 1),
)
def test_every_block_is_inside_and_none_is_on_another(height, width, classes, digits, side, caption):
    layout = arrange(height, width, classes=classes, digits=digits, side=side, caption=caption)
    if layout is None:
        assert height < SMALLEST_LINES + caption or width < 1.8 * SMALLEST_LINES
        return
    taken = set()
    for index in range(min(classes, layout.classes)):
        y, x = layout.place(index)
        for line in range(y, y + layout.caption + layout.down * layout.digit_height):
            for column in range(x, x + layout.across * layout.digit_width):
                assert 0 <= line < height
                assert 0 <= column < width
                assert (line, column) not in taken
                taken.add((line, column))


@pytest.mark.parametrize(("height", "width"), [(10, 49), (15, 74), (30, 146), (16, 38), (33, 56), (53, 95), (6, 60)])
def test_every_one_of_ten_classes_is_shown_at_the_usual_sizes(height, width):
    layout = arrange(height, width, classes=10, digits=8, side=22, caption=0)
    assert layout is not None
    assert layout.classes >= 10


def test_a_large_panel_shows_digits_at_full_size():
    layout = arrange(30, 146, classes=10, digits=8, side=22, caption=0)
    assert layout is not None
    assert (layout.digit_height, layout.digit_width) == (FULL_LINES, 2 * FULL_LINES)


def test_a_very_large_panel_shows_more_digits_of_each_class():
    layout = arrange(60, 240, classes=10, digits=8, side=22, caption=0)
    assert layout is not None
    assert 2 * layout.digit_height >= 22
    assert layout.across * layout.down > 1


def test_as_many_of_many_classes_as_there_is_room_for():
    layout = arrange(15, 74, classes=47, digits=8, side=28, caption=0)
    assert layout is not None
    assert layout.classes >= 47
    cramped = arrange(9, 30, classes=47, digits=8, side=28, caption=0)
    assert cramped is not None
    assert 10 <= cramped.classes < 47
