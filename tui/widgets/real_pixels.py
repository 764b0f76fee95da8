"""Show images in real pixels through the optional package textual-image.

The Kitty protocol passes through Textual as placeholder text. Sixels are drawn over the cells, so that a dialog on top
of them may leave marks; this is one reason why real pixels are never the default.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8
from textual.app import ComposeResult
from textual.containers import Center

from ...core.protocol import has_colors

PACKAGE = "textual_image"


def why_no_pixels(environment: Mapping[str, str] | None = None) -> str:
    """Return why the terminal cannot show real pixels, or "".

    The last check queries the terminal, which answers on its input: call this before the app reads the input.

    Args:
        environment: Environment variables (default: the process's).
    """
    environment = os.environ if environment is None else environment
    if importlib.util.find_spec(PACKAGE) is None:
        return "textual-image is not installed (pip install 'vae-tui[pixels]')"
    if {"TMUX", "STY"} & set(environment) or environment.get("TERM", "").startswith(("tmux", "screen")):
        return "tmux and screen do not pass pictures on"
    from textual_image import renderable

    if renderable.Image not in (renderable.TGPImage, renderable.SixelImage):
        return "this terminal has neither Kitty's graphics nor Sixel"
    return ""


class PixelSheet(Center):
    """Show a picture as large as it fits.

    `why_no_pixels` must have returned an empty string.
    """

    DEFAULT_CSS = """
    PixelSheet {
        width: 1fr;
        height: 1fr;

        & > Image {
            width: auto;
            height: 100%;
        }
    }
    """

    def compose(self) -> ComposeResult:
        """Compose the picture, in the protocol that the terminal supports."""
        from textual_image.widget import Image as PixelImage

        self._picture = PixelImage()
        yield self._picture

    def show(self, sheet: UInt8[np.ndarray, "height width *channels"]) -> None:
        """Show colors, or intensities from 0 (background) to 255 (ink).

        The ink is white on a dark theme, and black on a light one.
        """
        from PIL import Image

        is_inverted = not (has_colors(sheet.shape) or self.app.current_theme.dark)
        self._picture.image = Image.fromarray(255 - sheet if is_inverted else sheet)
