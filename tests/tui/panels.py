"""What the tests of the picture panels share."""

from __future__ import annotations

from typing import Any

from scripted import evaluated, metrics
from textual.app import App, ComposeResult
from textual.strip import Strip
from vae_tui.core.history.history import History
from vae_tui.tui.widgets.cells_panel import CellsPanel


class PanelApp(App[None]):
    """A panel that fills the screen."""

    def __init__(self, panel: CellsPanel) -> None:
        super().__init__()
        self.panel = panel

    def compose(self) -> ComposeResult:
        yield self.panel


def strips(app: App[Any]) -> list[Strip]:
    """What is on the screen."""
    return app.screen._compositor.render_strips()


def lines(app: App[Any]) -> list[str]:
    """What is on the screen, as text."""
    return [strip.text for strip in strips(app)]


def color_of(app: App[None], text: str) -> object:
    """The colour in which a text is first on the screen."""
    for strip in strips(app):
        if text in strip.text:
            start = strip.index_to_cell_position(strip.text.index(text))
            (segment, *_) = strip.crop(start, start + 1)
            assert segment.style is not None
            return segment.style.color
    raise AssertionError(f"{text!r} is not on the screen")


SIZES = [(1, 1), (2, 1), (1, 3), (4, 2), (9, 3), (12, 5), (28, 4), (40, 9), (77, 13), (200, 55)]
"""Sizes that a panel must bear, from nothing to a large screen."""


def trained(steps: int = 500) -> History:
    history = History()
    for first in range(1, steps + 1, 35):
        history.add(metrics(first, first + 34))
        history.add(evaluated(first + 34))
    return history
