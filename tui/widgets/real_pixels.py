"""Digits in real pixels, through the optional package textual-image, where the terminal can show them.

Kitty's protocol goes through Textual as text that stands for the picture. Sixels lie over the cells, so that a dialog
on top of them may leave marks: one more reason why this is never the default.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from textual.app import ComposeResult
from textual.containers import Center

PACKAGE = "textual_image"


def why_no_pixels(environment: Mapping[str, str] | None = None) -> str:
    """Why pictures cannot be shown in real pixels here, in a few words; empty when they can.

    The terminal is asked last, and answers on its input: call this before the app takes the input over.

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
    """A greyscale picture, as large as the place allows; `why_no_pixels` must have said that it can be shown."""

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
        """The picture, in the way that the terminal understands."""
        from textual_image.widget import Image as PixelImage

        self._picture = PixelImage()
        yield self._picture

    def show(self, sheet: UInt8[np.ndarray, "height width"]) -> None:
        """Show intensities from 0 to 255: white ink on a dark theme, black on a light one."""
        self._picture.image = Image.fromarray(sheet if self.app.current_theme.dark else 255 - sheet)
