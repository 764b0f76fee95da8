"""The images panel: generated images by class, alone or beside real ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32
from rich.color import Color
from rich.style import Style
from textual.message import Message
from textual.reactive import reactive

from ...core.protocol import Examples, Reconstructed, Sampled
from ..render.cells import Cells
from ..render.class_layout import ImageSize, Layout, arrange_pages, full_lines
from ..render.hint import write_hint
from ..render.palette import greys, pair_styles, tints
from ..render.picture_cells import DOTS, STYLES, best_style, margin
from ..render.pixels import draws_colors, intensities, shrink
from ..render.sheet import PictureSheet, Tile
from ..state import cut_cells, fitting
from ..studio.enlarge import enlarge
from .cells_panel import CellsPanel
from .class_pages import ClassPages
from .image_parts import IMAGES_VIEWS, ImagesView, Part, choose_parts, describe

TEXT, LABEL, MARKED, REAL = range(4)
"""Styles of the panel's texts. The styles of the images follow, one per pair of grays: first those of generated images,
then those of real ones."""

PICTURE = 4


SMALL = 20
"""Pixels below which an image is full to its edges: it needs a gap beside it, and has no corner for a name."""


class ImagesPanel(CellsPanel):
    """Show images of every class if possible, as large as possible.

    Generated images are gray; real images are tinted, and a line separates them from the generated ones. Color images
    have their own colors. More classes than can be told apart are shown in pages.
    """

    class PagesChanged(Message):
        """Posted when there are other pages, or another page is shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"images--text", "images--label", "images--marked", "images--real"}

    DEFAULT_CSS = """
    ImagesPanel {
        & > .images--text { color: $text-muted; }
        & > .images--label { color: $text-muted; }
        & > .images--marked { color: $text; background: $accent; text-style: bold; }
        & > .images--real { color: $text-accent; }
    }
    """

    picture_style: reactive[str] = reactive("auto", repaint=False)
    """The drawing style: one of `STYLES`, or "auto" for the most legible one."""

    view: reactive[ImagesView] = reactive("samples", repaint=False)
    """The kinds of images to show."""

    def __init__(self, picture_style: str = "auto") -> None:
        super().__init__()
        self.set_reactive(ImagesPanel.picture_style, picture_style)
        self.border_title = "images"
        self._live: Sampled | None = None
        self._past: Sampled | None = None
        self._real: Examples | None = None
        self._reconstructed: Reconstructed | None = None
        self._names: tuple[str, ...] = ()
        self._shown_style = STYLES[0]
        self._sheet = PictureSheet()
        self._pages = ClassPages()

    def show(self, event: Sampled | None, class_names: tuple[str, ...]) -> None:
        """Show new images; None: there are none.

        Images of an earlier step stay on the screen, unless the user requested the new ones.

        Args:
            event: The images.
            class_names: The names of the classes, by label; a class without a name gets its number.
        """
        if event is self._live and class_names == self._names:
            return
        self._names = tuple(class_names)
        if event is not None and event.requested:  # the user requested new images: stop showing an earlier step's
            self._past = None
            self._sheet.forget()
            if event.label is not None:
                self._pages.shown = event.label
        self._live = event
        self.redraw()

    def show_past(self, picture: Sampled | None) -> None:
        """Show images of an earlier step; None returns to the newest."""
        if picture is self._past:
            return
        self._past = picture
        self._sheet.forget()
        self.redraw()

    def show_examples(self, event: Examples | None) -> None:
        """Store real images to compare with."""
        if event is not self._real:
            self._real = event
            self.redraw()

    def show_reconstructions(self, event: Reconstructed | None) -> None:
        """Store reconstructions of the real images."""
        if event is not self._reconstructed:
            self._reconstructed = event
            self.redraw()

    def available_views(self) -> tuple[ImagesView, ...]:
        """Return the views whose images have arrived."""
        real = self._real is not None
        there = {"samples": True, "real": real, "reconstructions": real and self._reconstructed is not None}
        return tuple(view for view in IMAGES_VIEWS if there[view])

    def next_view(self) -> ImagesView:
        """Switch to the next available view, and return its name."""
        views = self.available_views()
        self.view = views[(views.index(self.view) + 1) % len(views)] if self.view in views else views[0]
        return self.view

    @property
    def has_pages(self) -> bool:
        """Whether the classes are on more than one page."""
        return self._pages.number > 1

    def turn_page(self, by: int) -> None:
        """Show another page of classes; the first one follows the last one."""
        self._pages.turn(by)
        self._sheet.forget()
        self.redraw()

    def redraw(self) -> None:
        """Draw the images again, and name their step and page in the title."""
        super().redraw()
        images = f"images at step {self._past.step:,}" if self._past else "images"
        title = " · ".join(filter(None, (images, self._pages.title)))
        if title != self.border_title:
            self.border_title = title
            self.post_message(self.PagesChanged())

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
        """Draw the images in another style."""
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
        words = [self.get_component_rich_style(f"images--{name}") for name in ("text", "label", "marked", "real")]
        ink = words[REAL].color or Color.default()
        tinted = tints(self.background_colors[1].rich_color, ink, self.terminal.colors)
        return [*words, *pair_styles(self._ramp), *pair_styles(tinted)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw a heading, then the images of each class."""
        cells = Cells.blank(height, width)
        event = self._past or self._live
        reconstructed = None if self._past else self._reconstructed
        parts = choose_parts(self.view, event, self._real, reconstructed)
        if event is None or not parts:
            self._pages = ClassPages(self._pages.shown)
            write_hint(cells, ("Images that the model draws appear here.",), TEXT)
            return cells
        head = 1 if height >= (8 if len(parts) == 1 and not self._past else 5) else 0
        if head:
            self._write_head(cells, event, parts)
        classes = len(event.images)
        names = self._names + tuple(map(str, range(len(self._names), classes)))
        size = self._image_size(parts)
        is_full = parts[0].in_color or max(size.inner) < SMALL
        is_captioned = is_full or any(len(name) > 2 for name in names)
        found = arrange_pages(
            height - head,
            width,
            classes=classes,
            images=max(part.images.shape[1] for part in parts),
            size=size,
            caption=int(is_captioned),
            gap=int(is_full),
            parts=len(parts),
        )
        if found is None:
            return cells
        layout, on_page = found
        self._pages = replace(self._pages, on_page=on_page, classes=classes)
        self._shown_style = self._choose_style(layout, size.inner[0])
        cells.paste(self._picture(parts, layout, size, height - head, width), head, 0)
        for index, label in enumerate(self._pages.labels):
            y, x = layout.place(index)
            marked = event.requested and event.label in (None, label) and self.view != "reconstructions"
            name = cut_cells(names[label], layout.block_width, unicode=self.terminal.unicode)
            cells.write(head + y, x, name, MARKED if marked else LABEL)
            if len(parts) > 1:
                for line in range(layout.caption, layout.caption + layout.down * layout.image_height):
                    cells.write(head + y + line, x + layout.part_pitch - 1, self._divider, LABEL)
        return cells

    @property
    def _divider(self) -> str:
        return "│" if self.terminal.unicode else "|"

    def _image_size(self, parts: Sequence[Part]) -> ImageSize:
        height, width = parts[0].images.shape[2:4]
        return ImageSize(height, width, min(margin(part.images) for part in parts))

    def _write_head(self, cells: Cells, event: Sampled, parts: Sequence[Part]) -> None:
        x, width = 0, cells.glyphs.shape[1]
        facts = describe(event, self._reconstructed, parts, is_past=self._past is not None)
        if self._past:
            words = fitting((f" step {event.step:,}, not live ", f" step {event.step:,} "), width)
            x = cells.write(0, 0, words, MARKED) + 1
        if len(parts) > 1:
            for part in parts:
                before = "" if part is parts[0] else f" {self._divider} "
                x = cells.write(0, cells.write(0, x, before, LABEL), part.name, REAL if part.real else TEXT)
            facts = [f", {text}" for text in facts if text]
        cells.write(0, x, fitting(facts, width - x), TEXT)

    def _choose_style(self, layout: Layout, side: int) -> str:
        """Return the style to draw in.

        It is the user's choice if the terminal can show that, or else the most legible style.
        """
        styles = self.available_styles()
        if self.picture_style in styles:
            return self.picture_style
        return best_style(styles, layout.image_height, side, os.environ.get("TERM", ""))

    def _picture(self, parts: Sequence[Part], layout: Layout, size: ImageSize, height: int, width: int) -> Cells:
        """Draw all images of the page on one sheet."""
        cut = 0 if layout.image_height >= full_lines(size.height) else size.margin
        tiles = [
            Tile(*layout.image(index, place, number), picture, ramp=int(part.real))
            for place, part in enumerate(parts)
            for index, pictures in enumerate(self._shrink(part, layout, cut))
            for number, picture in enumerate(pictures)
        ]
        return self._sheet.draw(
            height,
            width,
            tiles,
            self._shown_style,
            colors=self.terminal.colors,
            levels=len(self._ramp),
            first_style=PICTURE,
            key=(layout, cut, tuple(part.name for part in parts)),
        )

    def _shrink(self, part: Part, layout: Layout, cut: int) -> Float32[np.ndarray, "classes n *channels height width"]:
        """Return the page's images at the layout's size, as intensities from 0 to 1."""
        labels = self._pages.labels
        images = part.images[labels.start : labels.stop, : layout.shown]
        images = images[:, :, cut : images.shape[2] - cut, cut : images.shape[3] - cut]
        in_color = part.in_color and draws_colors(self.terminal, self._shown_style)
        dark = self.background_colors[1].brightness < 0.5
        pixels = intensities(images, 2, in_color=in_color, dark=dark)
        down, across = DOTS[self._shown_style]
        height, width = layout.image_height * down, layout.image_width * across
        if layout.image_height > full_lines(part.images.shape[2]):
            return enlarge(pixels, height, width)
        return shrink(pixels, height, width, in_color=in_color)
