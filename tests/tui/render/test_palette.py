import pytest
from rich.color import Color, ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI
from textual.color import Color as TextualColor
from textual.filter import ANSIToTruecolor
from vae_tui.tui.render.palette import LEVELS, greys, pair_styles, terse, terse_style

DARK, LIGHT = Color.from_rgb(18, 18, 18), Color.from_rgb(224, 224, 224)


def brightness(color: Color) -> float:
    assert color.triplet is not None
    return sum(color.triplet) / 3


@pytest.mark.parametrize("colors", ["truecolor", "256", "16"])
def test_greys_go_from_the_background_to_the_ink(colors):
    dark = [brightness(color) for color in greys(DARK, colors)]
    assert dark == sorted(dark)
    assert len(set(dark)) == len(dark)
    assert dark[0] == 18
    assert dark[-1] >= 238
    light = [brightness(color) for color in greys(LIGHT, colors)]
    assert light == sorted(light, reverse=True)
    assert light[0] in (224, 228)
    assert light[-1] <= 8


def test_there_are_four_greys_in_sixteen_colours_and_two_without_colours():
    assert len(greys(DARK, "truecolor")) == len(greys(DARK, "256")) == LEVELS
    assert [color.number for color in greys(DARK, "16")[1:]] == [8, 7, 15]
    assert [color.number for color in greys(LIGHT, "16")[1:]] == [7, 8, 0]
    assert len(greys(DARK, "none")) == 2


def test_a_coloured_background_stays_as_it_is():
    background = Color.from_rgb(46, 52, 64)
    assert greys(background, "truecolor")[0] == background


def test_short_colours_pass_textual_unchanged():
    color = terse(Color.from_rgb(188, 188, 188))
    style = Style.from_color(color, terse(DARK))
    theme = ANSIToTruecolor(DIMMED_MONOKAI)
    (segment,) = theme.apply([Segment("x", style)], TextualColor(0, 0, 0))
    assert segment.style is not None
    assert segment.style.render("x", color_system=ColorSystem.TRUECOLOR) == "\x1b[38;5;250;48;5;233mx\x1b[0m"


def test_a_colour_that_is_not_near_one_of_the_256_stays_as_it_is():
    odd = Color.from_rgb(115, 20, 60)
    assert terse(odd) is odd
    assert terse(Color.from_rgb(90, 178, 216)).type == ColorType.EIGHT_BIT
    background = Color.from_rgb(25, 30, 40)
    style = terse_style(Style(color=Color.from_rgb(250, 5, 3), bgcolor=background, bold=True))
    assert style.color is not None
    assert style.color.number == 196
    assert style.bgcolor is background
    assert style.bold


def test_every_pair_of_greys_has_its_style():
    ramp = greys(DARK, "16")
    styles = pair_styles(ramp)
    assert len(styles) == 16
    assert (styles[4 * 3 + 1].color, styles[4 * 3 + 1].bgcolor) == (ramp[3], ramp[1])
