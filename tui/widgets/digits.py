"""The digits panel: what the decoder draws, by class."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import ClassVar

import numpy as np
from jaxtyping import Float32
from rich.color import Color
from rich.style import Style
from textual.reactive import reactive

from ...core.events import Sampled
from ..render.cells import Cells
from ..render.digits import DOTS, STYLES, draw_picture, margin, resample, sharpen
from ..render.layout import FULL_LINES, Layout, arrange
from ..render.palette import greys, pair_styles
from .panel import CellsPanel

TEXT, LABEL, MARKED = 0, 1, 2
"""Styles of the panel's words; those of the digits, a pair of greys each, come after them."""

PICTURE = 3


class DigitsPanel(CellsPanel):
    """Shows at least one digit of every class where that is possible, as large as possible."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"digits--text", "digits--label", "digits--marked"}

    DEFAULT_CSS = """
    DigitsPanel {
        & > .digits--text { color: $text-muted; }
        & > .digits--label { color: $text-muted; }
        & > .digits--marked { color: $text; background: $accent; text-style: bold; }
    }
    """

    picture_style: reactive[str] = reactive("auto", repaint=False)
    """How digits are drawn: one of `STYLES`, or "auto" for what suits the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "digits"
        self._event: Sampled | None = None
        self._names: tuple[str, ...] = ()
        self._margin = 0
        self._shown_style = STYLES[0]

    def show(self, event: Sampled, class_names: tuple[str, ...]) -> None:
        """Show these digits. Classes without a name get their number."""
        self._event = event
        self._names = tuple(class_names) + tuple(map(str, range(len(class_names), len(event.images))))
        self._margin = margin(event.images) if event.images.size else 0
        self.redraw()

    def available_styles(self) -> tuple[str, ...]:
        """The styles that the terminal can show, best first."""
        terminal = self.terminal
        if not terminal.unicode:
            return ("ascii",)
        return STYLES if terminal.colors != "none" else ("ascii", "braille")

    def next_style(self) -> str:
        """Draw in the next style that the terminal can show; returns its name."""
        styles = self.available_styles()
        self.picture_style = styles[(styles.index(self._shown_style) + 1) % len(styles)]
        return self.picture_style

    def watch_picture_style(self) -> None:
        """Draw the same digits in another style."""
        self.redraw()

    @property
    def _ramp(self) -> list[Color]:
        return greys(self.background_colors[1].rich_color, self.terminal.colors)

    def make_styles(self) -> Sequence[Style]:
        """The styles of the words, then one for each pair of greys."""
        words = [self.get_component_rich_style(f"digits--{name}") for name in ("text", "label", "marked")]
        return [*words, *pair_styles(self._ramp)]

    def draw(self, height: int, width: int) -> Cells:
        """A line that says what one sees, then the classes' digits."""
        cells = Cells.blank(height, width)
        event = self._event
        if event is None or not event.images.size:
            text = "no digits yet"
            cells.write(height // 2, max(0, (width - len(text)) // 2), text, TEXT)
            return cells
        head = 1 if height >= 8 else 0
        if head:
            source = "EMA parameters" if event.source == "ema" else "raw parameters"
            cells.write(0, 0, f"step {event.step:,}, {source}, temperature {event.temperature:g}", TEXT)
        classes, digits = event.images.shape[:2]
        named = any(len(name) > 2 for name in self._names)
        layout = arrange(
            height - head,
            width,
            classes=classes,
            digits=digits,
            side=28 - 2 * self._margin,
            caption=1 if named else 0,
        )
        if layout is None:
            return cells
        self._shown_style = self._choose_style(layout)
        cells.paste(self._picture(layout, height - head, width), head, 0)
        for index in range(min(classes, layout.classes)):
            y, x = layout.place(index)
            name = self._names[index][: layout.digit_width * layout.across]
            marked = event.requested and event.label in (None, index)
            cells.write(head + y, x, name, MARKED if marked else LABEL)
        return cells

    def _choose_style(self, layout: Layout) -> str:
        """The style asked for, if it can be shown. "auto": quadrants, sharper, where digits are very small."""
        styles = self.available_styles()
        if self.picture_style in styles:
            return self.picture_style
        very_small = 2 * layout.digit_height < 0.6 * (28 - 2 * self._margin)
        return "quadrant" if very_small and "quadrant" in styles else styles[0]

    def _picture(self, layout: Layout, height: int, width: int) -> Cells:
        """All digits on one sheet."""
        down, across = DOTS[self._shown_style]
        sheet = np.zeros((height * down, width * across), np.float32)
        digits = self._shrink(layout)
        for index, pictures in enumerate(digits):
            y, x = layout.place(index)
            places = product(range(layout.down), range(layout.across))
            for (row, column), picture in zip(places, pictures, strict=False):
                top = (y + layout.caption + row * layout.digit_height) * down
                left = (x + column * layout.digit_width) * across
                sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        picture = draw_picture(sheet, self._shown_style, len(self._ramp))
        picture.styles[:] += PICTURE
        return picture

    def _shrink(self, layout: Layout) -> Float32[np.ndarray, "classes n height width"]:
        """The images at the layout's size, as intensities from 0 to 1."""
        assert self._event is not None
        cut = 0 if layout.digit_height == FULL_LINES else self._margin
        shown = layout.across * layout.down
        images = self._event.images[: layout.classes, :shown, cut : 28 - cut, cut : 28 - cut] / np.float32(255)
        down, across = DOTS[self._shown_style]
        height, width = layout.digit_height * down, layout.digit_width * across
        return sharpen(resample(images, height, width), height / images.shape[-2])
