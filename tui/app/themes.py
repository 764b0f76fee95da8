"""The app's own themes beside Textual's: high contrast, and colors for color-blind users.

Both have a dark and a light form. Textual blends a third of white (on dark) or black (on light) into the color of
text, so that text has more contrast than lines of the same color.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
BLUISH_GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
REDDISH_PURPLE = "#CC79A7"
"""The colors of Okabe & Ito 2008, "Color Universal Design: how to make figures and presentations that are friendly to
colorblind people" (https://jfly.uni-koeln.de/color/), distinguishable with every kind of color vision."""

THEMES: tuple[Theme, ...] = (
    Theme(
        name="high-contrast",
        primary="#5FD7FF",
        secondary="#AFD7FF",
        accent="#FFFF5F",
        warning="#FFD700",
        error="#FF8787",
        success="#5FFF87",
        foreground="#FFFFFF",
        background="#000000",
        surface="#000000",
        panel="#000000",
        variables={
            "foreground-muted": "#D0D0D0",
            "footer-background": "#1C1C1C",
            "block-cursor-foreground": "#000000",
        },
    ),
    Theme(
        name="high-contrast-light",
        primary="#0000AF",
        secondary="#00005F",
        accent="#870087",
        warning="#875F00",
        error="#AF0000",
        success="#005F00",
        foreground="#000000",
        background="#FFFFFF",
        surface="#FFFFFF",
        panel="#FFFFFF",
        dark=False,
        variables={
            "foreground-muted": "#303030",
            "footer-background": "#EEEEEE",
            "block-cursor-foreground": "#FFFFFF",
        },
    ),
    Theme(
        name="colour-blind-safe",
        primary=SKY_BLUE,
        secondary=BLUE,
        accent=YELLOW,
        warning=ORANGE,
        error=VERMILLION,
        success=BLUISH_GREEN,
        foreground="#E4E4E4",
        background="#121212",
        variables={"footer-key-foreground": YELLOW, "block-cursor-foreground": "#121212"},
    ),
    Theme(
        name="colour-blind-safe-light",
        primary=BLUE,
        secondary=SKY_BLUE,
        accent=REDDISH_PURPLE,
        warning="#A87400",  # orange and bluish green, darkened: they would be too faint on a light background
        error=VERMILLION,
        success="#008562",
        foreground="#1C1C1C",
        background="#FFFFFF",
        surface="#F8F8F8",
        panel="#F2F2F2",
        dark=False,
        variables={
            "foreground-muted": "#585858",
            "footer-key-foreground": BLUE,
            "block-cursor-foreground": "#FFFFFF",
        },
    ),
)
"""The themes that the app registers."""

BORDER_SHARE = 0.35
"""How much of the text's color is in the color of a panel's border; Textual's own border colors are too faint."""

HIGH_CONTRAST_BORDER_SHARE = 0.65


def border_color(theme: str, colors: Mapping[str, str]) -> str:
    """Return the color of the panels' borders.

    Args:
        theme: The name of the theme.
        colors: The theme's colors, by name.
    """
    background, foreground = Color.parse(colors["background"]), Color.parse(colors["foreground"])
    if foreground.ansi is not None:
        return "ansi_bright_black"
    share = HIGH_CONTRAST_BORDER_SHARE if theme.startswith("high-contrast") else BORDER_SHARE
    return background.blend(foreground, share).hex
