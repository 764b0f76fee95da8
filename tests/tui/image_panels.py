"""What the tests of the image panel share."""

from __future__ import annotations

from typing import Any

import numpy as np
from panels import PanelApp, lines, strips
from textual.pilot import Pilot
from vae_tui.core.protocol.events import Sampled
from vae_tui.tui.widgets.images_panel import ImagesPanel

NAMES = tuple("0123456789")


async def show(app: PanelApp, pilot: Pilot[None], event: Sampled, names: tuple[str, ...] = NAMES) -> list[str]:
    app.query_one(ImagesPanel).show(event, names)
    await pilot.pause()
    return lines(app)


def blank(classes: int, count: int = 2) -> Sampled:
    images = np.zeros((classes, count, 28, 28), np.uint8)
    return Sampled(step=1, images=images, source="ema", temperature=0.8)


def colors(app: PanelApp) -> set[Any]:
    """The colours of the picture: every foreground and background below the line of words."""
    styles = [segment.style for strip in strips(app)[1:] for segment in strip if segment.style]
    return {color for style in styles for color in (style.color, style.bgcolor) if color}
