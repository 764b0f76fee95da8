"""Text can be read in every theme of our own."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from vae_tui.tui.app.themes import THEMES, border_color

TEXTS = (
    "foreground",
    "foreground-muted",
    "text-primary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
)
LINES = ("primary", "warning", "success", "error")
"""Colours of curves and bars."""


def luminance(color: Color) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = (value / 255 for value in color.rgb)
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.2: from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_texts_and_lines_have_the_contrast_that_wcag_asks_for(theme):
    colors = theme.to_color_system().generate()
    high = "contrast" in theme.name
    grounds = {
        "background": TEXTS,
        "surface": TEXTS,
        "footer-background": ("footer-key-foreground", "footer-description-foreground"),
    }
    for name, texts in grounds.items():
        ground = Color.parse(colors[name])
        for text in texts:
            found = contrast(ground + Color.parse(colors[text]), ground)
            assert found >= (7 if high else 4.5), (name, text, found)
    background = Color.parse(colors["background"])
    for line in LINES:
        assert contrast(Color.parse(colors[line]), background) >= (4.5 if high else 3), line


@pytest.mark.parametrize("theme", [*BUILTIN_THEMES.values(), *THEMES], ids=lambda theme: theme.name)
def test_borders_can_be_seen(theme):
    colors = theme.to_color_system().generate()
    border = Color.parse(border_color(theme.name, colors))
    if colors["background"].startswith("ansi"):  # the terminal chooses the color
        assert border.ansi is not None
    else:
        least = 4.5 if "contrast" in theme.name else 1.6
        assert contrast(border, Color.parse(colors["background"])) >= least
