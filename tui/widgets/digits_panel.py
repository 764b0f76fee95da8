"""The digits panel: generated digits by class, alone or beside real ones."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float32, UInt8
from rich.color import Color
from rich.style import Style
from textual.reactive import reactive

from ...core.protocol import Examples, Reconstructed, Sampled
from ..render.cells import Cells
from ..render.class_layout import FULL_LINES, Layout, arrange_classes
from ..render.palette import greys, pair_styles, tints
from ..render.picture_cells import DOTS, STYLES, best_style, draw_picture, margin, resample, settle, sharpen
from ..state import fitting, source_name
from ..studio.enlarge import enlarge
from .cells_panel import CellsPanel

DigitsView = Literal["samples", "real", "reconstructions"]
"""Generated digits, generated beside real ones, real ones beside their reconstructions."""

DIGITS_VIEWS: tuple[DigitsView, ...] = get_args(DigitsView)

TEXT, LABEL, MARKED, REAL = range(4)
"""Styles of the panel's texts. The styles of the digits follow, one per pair of grays: first those of generated digits,
then those of real ones."""

PICTURE = 4


@dataclass(frozen=True)
class _Part:
    """One kind of digits, for each class."""

    name: str
    images: UInt8[np.ndarray, "classes n 28 28"]
    real: bool


class DigitsPanel(CellsPanel):
    """Show digits of every class if possible, as large as possible.

    Generated digits are gray; real digits are tinted, and a line separates them from the generated ones.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"digits--text", "digits--label", "digits--marked", "digits--real"}

    DEFAULT_CSS = """
    DigitsPanel {
        & > .digits--text { color: $text-muted; }
        & > .digits--label { color: $text-muted; }
        & > .digits--marked { color: $text; background: $accent; text-style: bold; }
        & > .digits--real { color: $text-accent; }
    }
    """

    picture_style: reactive[str] = reactive("auto", repaint=False)
    """The drawing style: one of `STYLES`, or "auto" for the most legible one."""

    view: reactive[DigitsView] = reactive("samples", repaint=False)
    """The kinds of digits to show."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "digits"
        self._live: Sampled | None = None
        self._past: Sampled | None = None
        self._real: Examples | None = None
        self._reconstructed: Reconstructed | None = None
        self._names: tuple[str, ...] = ()
        self._shown_style = STYLES[0]
        self._sheet: tuple[object, Float32[np.ndarray, "height width"]] | None = None
        """The key of the last drawn sheet (what the sheet depends on), and the sheet."""

    def show(self, event: Sampled | None, class_names: tuple[str, ...]) -> None:
        """Show new digits; None: there are none.

        Digits of an earlier step stay on the screen, unless the user requested the new ones.

        Args:
            event: The digits.
            class_names: The names of the classes, by label; a class without a name gets its number.
        """
        if event is self._live and class_names == self._names:
            return
        self._names = tuple(class_names)
        if event is not None and event.requested:  # the user requested new digits: stop showing an earlier step's
            self._sheet = self._past = None
            self.border_title = "digits"
        self._live = event
        self.redraw()

    def show_past(self, picture: Sampled | None) -> None:
        """Show digits of an earlier step; None returns to the newest."""
        if picture is self._past:
            return
        self._past, self._sheet = picture, None
        self.border_title = "digits" if picture is None else f"digits at step {picture.step:,}"
        self.redraw()

    def show_examples(self, event: Examples | None) -> None:
        """Store real digits to compare with."""
        if event is not self._real:
            self._real = event
            self.redraw()

    def show_reconstructions(self, event: Reconstructed | None) -> None:
        """Store reconstructions of the real digits."""
        if event is not self._reconstructed:
            self._reconstructed = event
            self.redraw()

    def available_views(self) -> tuple[DigitsView, ...]:
        """Return the views whose digits have arrived."""
        real = self._real is not None
        there = {"samples": True, "real": real, "reconstructions": real and self._reconstructed is not None}
        return tuple(view for view in DIGITS_VIEWS if there[view])

    def next_view(self) -> DigitsView:
        """Switch to the next available view, and return its name."""
        views = self.available_views()
        self.view = views[(views.index(self.view) + 1) % len(views)] if self.view in views else views[0]
        return self.view

    def available_styles(self) -> tuple[str, ...]:
        """Return the styles that the terminal can show, best first."""
        terminal = self.terminal
        if not terminal.unicode:
            return ("ascii",)
        return STYLES if terminal.colors != "none" else ("ascii", "braille")

    def next_style(self) -> str:
        """Switch to the next available style, and return its name."""
        styles = self.available_styles()
        self.picture_style = styles[(styles.index(self._shown_style) + 1) % len(styles)]
        return self.picture_style

    def watch_picture_style(self) -> None:
        """Draw the digits in another style."""
        self.redraw()

    def watch_view(self) -> None:
        """Draw another view."""
        self.redraw()

    @property
    def _ramp(self) -> list[Color]:
        return greys(self.background_colors[1].rich_color, self.terminal.colors)

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts, then of the pictures.

        The pictures have one style per pair of grays, then one per pair of tints.
        """
        words = [self.get_component_rich_style(f"digits--{name}") for name in ("text", "label", "marked", "real")]
        ink = words[REAL].color or Color.default()
        tinted = tints(self.background_colors[1].rich_color, ink, self.terminal.colors)
        return [*words, *pair_styles(self._ramp), *pair_styles(tinted)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw a heading, then the digits of each class."""
        cells = Cells.blank(height, width)
        event = self._past or self._live
        parts = self._kinds(event)
        if event is None or not parts:
            text = "no digits yet"
            cells.write(height // 2, max(0, (width - len(text)) // 2), text, TEXT)
            return cells
        head = 1 if height >= (8 if len(parts) == 1 and not self._past else 5) else 0
        if head:
            self._write_head(cells, event, parts)
        classes = len(event.images)
        names = self._names + tuple(map(str, range(len(self._names), classes)))
        layout = arrange_classes(
            height - head,
            width,
            classes=classes,
            digits=max(part.images.shape[1] for part in parts),
            side=28 - 2 * self._margin(parts),
            caption=1 if any(len(name) > 2 for name in names) else 0,
            parts=len(parts),
        )
        if layout is None:
            return cells
        self._shown_style = self._choose_style(layout, 28 - 2 * self._margin(parts))
        cells.paste(self._picture(parts, layout, height - head, width), head, 0)
        for index in range(min(classes, layout.classes)):
            y, x = layout.place(index)
            marked = event.requested and event.label in (None, index) and self.view != "reconstructions"
            cells.write(head + y, x, names[index][: layout.block_width], MARKED if marked else LABEL)
            if len(parts) > 1:
                for line in range(layout.caption, layout.caption + layout.down * layout.digit_height):
                    cells.write(head + y + line, x + layout.part_pitch - 1, self._divider, LABEL)
        return cells

    @property
    def _divider(self) -> str:
        return "│" if self.terminal.unicode else "|"

    def _kinds(self, event: Sampled | None) -> list[_Part]:
        """Return the kinds of digits in the view; earlier steps have no reconstructions."""
        parts: list[_Part] = []
        if self.view == "reconstructions" and self._past is None and self._real and self._reconstructed:
            parts.append(_Part("input", self._real.images, real=True))
            parts.append(_Part("reconstruction", self._reconstructed.images, real=False))
        elif event is not None:
            parts.append(_Part("generated", event.images, real=False))
            if self.view == "real" and self._real:
                parts.append(_Part("real", self._real.images, real=True))
        return [part for part in parts if part.images.size]

    def _margin(self, parts: Sequence[_Part]) -> int:
        return min(margin(part.images) for part in parts)

    def _write_head(self, cells: Cells, event: Sampled, parts: Sequence[_Part]) -> None:
        x, width = 0, cells.glyphs.shape[1]
        if self._past:
            words = fitting((f" step {event.step:,}, not live ", f" step {event.step:,} "), width)
            x = cells.write(0, 0, words, MARKED) + 1
        if len(parts) > 1:
            for part in parts:
                before = "" if part is parts[0] else f" {self._divider} "
                x = cells.write(0, cells.write(0, x, before, LABEL), part.name, REAL if part.real else TEXT)
            facts = fitting([f", {text}" for text in self._facts(event, parts) if text], width - x)
        else:
            facts = fitting(self._facts(event, parts), width - x)
        cells.write(0, x, facts, TEXT)

    def _facts(self, event: Sampled, parts: Sequence[_Part]) -> list[str]:
        """Return what is known about generated digits, in several lengths, longest first."""
        if parts[-1].name == "reconstruction" and self._reconstructed:
            return [f"step {self._reconstructed.step:,}"]
        step = [] if self._past else [f"step {event.step:,}"]
        if math.isnan(event.temperature):
            return [", ".join(step)]
        source = source_name(event.source)
        variants = [
            [f"{source} parameters", f"temperature {event.temperature:g}"],
            [f"{source} parameters"],
            [source],
            [],
        ]
        return [", ".join((*step, *facts)) for facts in variants]

    def _choose_style(self, layout: Layout, side: int) -> str:
        """Return the style to draw in.

        It is the user's choice if the terminal can show that, or else the most legible style.
        """
        styles = self.available_styles()
        if self.picture_style in styles:
            return self.picture_style
        return best_style(styles, layout.digit_height, side, os.environ.get("TERM", ""))

    def _picture(self, parts: Sequence[_Part], layout: Layout, height: int, width: int) -> Cells:
        """Draw all digits on one sheet.

        The sheet is settled to the last one if both have the same layout (see `settle`).
        """
        down, across = DOTS[self._shown_style]
        sheet = np.zeros((height * down, width * across), np.float32)
        tinted = np.zeros((height, width), bool)
        cut = 0 if layout.digit_height >= FULL_LINES else self._margin(parts)
        for place, part in enumerate(parts):
            for index, pictures in enumerate(self._shrink(part, layout, cut)):
                for number, picture in enumerate(pictures):
                    y, x = layout.digit(index, place, number)
                    top, left = y * down, x * across
                    sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
                    tinted[y : y + layout.digit_height, x : x + layout.digit_width] = part.real
        key = (sheet.shape, layout, cut, self._shown_style, tuple(part.name for part in parts))
        sheet = settle(sheet, self._sheet[1] if self._sheet and self._sheet[0] == key else None)
        self._sheet = key, sheet
        levels = len(self._ramp)
        picture = draw_picture(sheet, self._shown_style, levels)
        picture.styles[:] += np.where(tinted, PICTURE + levels**2, PICTURE).astype(np.int32)
        return picture

    def _shrink(self, part: _Part, layout: Layout, cut: int) -> Float32[np.ndarray, "classes n height width"]:
        """Return the images at the layout's size, as intensities from 0 to 1."""
        images = part.images[: layout.classes, : layout.shown, cut : 28 - cut, cut : 28 - cut] / np.float32(255)
        down, across = DOTS[self._shown_style]
        height, width = layout.digit_height * down, layout.digit_width * across
        if layout.digit_height > FULL_LINES:
            return enlarge(images, height, width)
        return sharpen(resample(images, height, width), height / images.shape[-2])
