"""The screen's options: what is asked for, and what the environment says."""

import pytest
from textual.filter import NoColor
from vae_tui.core.errors import UsageError
from vae_tui.tui.app.screen_options import ScreenOptions, check_theme, screen_options, theme_names
from vae_tui.tui.app.themes import THEMES
from vae_tui.tui.render.announcements import Announcements
from vae_tui.tui.render.ascii import AsciiOnly
from vae_tui.tui.settings import Settings

TITLED = Announcements(bell=True, title=True)
GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def options(environment=GOOD, encoding="utf-8", theme=None, **asked):
    return screen_options(Settings(**asked), theme=theme, environment=environment, encoding=encoding)


def test_a_good_terminal_gets_the_defaults():
    assert options() == ScreenOptions(announcements=TITLED)
    assert options().filters == []


def test_what_is_asked_for_is_taken():
    asked = {"ascii": True, "mouse": False, "low_bandwidth": True, "theme": "nord", "pixels": True}
    assert options(**asked, notify="bell") == ScreenOptions(**asked, announcements=Announcements(bell=True))


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [(GOOD, "iso8859-1"), (GOOD, "ascii"), ({"TERM": "linux"}, "utf-8"), ({"TERM": "vt220"}, "utf-8")],
)
def test_ascii_is_taken_where_there_is_no_more(environment, encoding):
    assert options(environment, encoding).ascii
    assert [type(each) for each in options(environment, encoding).filters] == [AsciiOnly]


@pytest.mark.parametrize("value", ["1", ""])
def test_no_color_takes_the_colours_away(value):
    found = options({**GOOD, "NO_COLOR": value})
    assert not found.colors
    assert [type(each) for each in found.filters] == [NoColor]


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        (GOOD, "textual-dark"),
        ({"TERM": "xterm-256color"}, "textual-dark"),
        ({"TERM": "xterm"}, "ansi-dark"),
        ({**GOOD, "NO_COLOR": "1"}, "ansi-dark"),
        ({"TERM": "xterm", "TEXTUAL_THEME": "nord"}, "nord"),
    ],
)
def test_the_theme_suits_the_terminal(environment, theme):
    assert options(environment).theme == theme
    assert options(environment, theme="high-contrast").theme == "high-contrast"


def test_own_themes_are_listed_beside_those_of_textual():
    assert {theme.name for theme in THEMES} | {"textual-dark", "nord", "ansi-light"} <= set(theme_names())
    assert check_theme("High Contrast") == "high-contrast"


def test_an_unknown_theme_is_refused_with_those_that_are_near():
    with pytest.raises(UsageError, match="did you mean high-contrast"):
        options(theme="high-contrats")
    with pytest.raises(UsageError, match="colour-blind-safe"):
        options(theme="color-blind")
    with pytest.raises(UsageError, match=r"there are: .*nord"):
        options(theme="qqq")
