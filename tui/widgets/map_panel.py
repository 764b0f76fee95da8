"""The map panel: a latent projection of images of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.events import Click
from textual.message import Message

from ...core.protocol import LatentMap
from ..render.capabilities import ColorDepth
from ..render.cells import Cells
from ..render.palette import terse
from ..render.scatter import TEXT, MapArea, MapRange, arrange_map, choose_map_range, draw_map, nearest
from .cells_panel import CellsPanel

_ON_DARK = (211, 63, 34, 226, 199, 244, 159, 45, 141, 149)
_ON_LIGHT = (196, 21, 65, 169, 127, 239, 33, 124, 54, 52)
"""Ten of the 256 colors that stand out from the background and are far apart in OKLab (Ottosson 2020), also under
protanopia, deuteranopia and tritanopia (Machado et al. 2009)."""

_SIXTEEN_ON_DARK = (9, 12, 10, 11, 13, 7, 14, 1, 15, 3)
_SIXTEEN_ON_LIGHT = (1, 4, 2, 5, 8, 0, 6, 9, 12, 3)

COLORS = len(_ON_DARK)
"""Classes with distinct colors; further classes reuse the colors, and differ by their letters."""

_FAINT = 0.7
"""Fraction of the class's color in a cell with few points; the rest is background."""


def class_styles(background: Color, colors: ColorDepth) -> list[Style]:
    """Return the styles of the classes.

    Each of `COLORS` classes has a style for cells with few, some and many points.
    """
    dark = max(background.triplet or ColorTriplet(0, 0, 0)) < 128
    if colors == "none":
        return [Style(), Style(), Style(bold=True)] * COLORS
    if colors == "16":
        numbers = _SIXTEEN_ON_DARK if dark else _SIXTEEN_ON_LIGHT
        standard = [Color(f"color({n})", ColorType.STANDARD, n, Color.from_ansi(n).get_truecolor()) for n in numbers]
        return [Style(color=color, bold=bold) for color in standard for bold in (False, False, True)]
    styles = []
    for number in _ON_DARK if dark else _ON_LIGHT:
        full = Color.from_ansi(number).get_truecolor()
        mixed = [b + _FAINT * (f - b) for f, b in zip(full, background.triplet or ColorTriplet(0, 0, 0), strict=True)]
        color = Color(f"color({number})", ColorType.EIGHT_BIT, number, full)
        faint = terse(Color.from_rgb(*mixed), tolerance=255)
        styles += [Style(color=faint), Style(color=color), Style(color=color, bold=True)]
    return styles


class MapPanel(CellsPanel):
    """Show a `LatentMap`, and a cursor once a point is picked."""

    class Pointed(Message):
        """Posted when the user picked a point; `index` is its index in the event."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    COMPONENT_CLASSES: ClassVar[set[str]] = {"map--text", "map--axis", "map--cursor", "map--picked"}

    DEFAULT_CSS = """
    MapPanel {
        & > .map--text { color: $text-muted; }
        & > .map--axis { color: $border-blurred; }
        & > .map--cursor { color: $text; background: $border-blurred; }
        & > .map--picked { color: $text; background: $accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "latent map"
        self.picked: int | None = None
        """The index of the picked point."""
        self._event: LatentMap | None = None
        self._names: tuple[str, ...] = ()
        self._plane: MapRange | None = None
        self._cursor: tuple[int, int] | None = None

    @property
    def event(self) -> LatentMap | None:
        """The map that is shown, or None."""
        return self._event

    def show(self, event: LatentMap | None, class_names: Sequence[str]) -> None:
        """Show a map; None: there is none.

        The picked point stays picked, because every map has the same images.

        Args:
            event: The map.
            class_names: The names of the classes, by label; a class without a name gets its number.
        """
        if event is self._event:
            return
        self._event, self._cursor = event, None
        if event is None:
            self.border_subtitle = ""
        else:
            most = int(event.labels.max(initial=-1)) + 1
            self._names = tuple(class_names) + tuple(map(str, range(len(class_names), most)))
            self._plane = choose_map_range(event.points, self._plane)
            if self.picked is not None and self.picked >= len(event.points):
                self.picked = None
            self.border_subtitle = f"step {event.step:,}"
        self.redraw()

    def pick(self, index: int) -> None:
        """Pick a point, and move the cursor to it."""
        self._cursor, self.picked = None, index
        self.redraw()
        self.post_message(self.Pointed(index))

    def move(self, down: int, across: int) -> None:
        """Move the cursor by cells, and pick the nearest point.

        The first move goes to the middle of the map.
        """
        place = self._place()
        row, column = self._where(place) or (place.map_height // 2 - down, place.map_width // 2 - across)
        self._point_at(place, row + down, column + across)

    def on_click(self, event: Click) -> None:
        """Pick the point nearest to the mouse pointer."""
        place, region = self._place(), self.content_region
        self._point_at(place, int(event.screen_y) - region.y - place.top, int(event.screen_x) - region.x)

    def on_resize(self) -> None:
        """Move the cursor to the picked point, whose cell changed."""
        self._cursor = None
        super().on_resize()

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts and marks, then those of the classes."""
        words = [self.get_component_rich_style(f"map--{name}") for name in ("text", "axis", "cursor", "picked")]
        if self.terminal.colors == "none":
            cursor, picked = words[2:]
            # Reverse video plus swapped colors stands out with and without the grays that replace colors.
            exchanged = Style(color=picked.bgcolor, bgcolor=picked.color, bold=True, reverse=True)
            words[2:] = [cursor + Style(underline=True), exchanged]
        background = self.background_colors[1].rich_color
        classes = class_styles(background, self.terminal.colors)
        return [*words, *(Style(bgcolor=words[TEXT].bgcolor) + style for style in classes)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the map, or a text while there is none yet."""
        event, plane = self._event, self._plane
        if event is None or plane is None:
            cells = Cells.blank(height, width)
            text = "no map yet: the next evaluation draws it"
            cells.write(height // 2, max(0, (width - len(text)) // 2), text, TEXT)
            return cells
        place = arrange_map(height, width, self._names)
        return draw_map(
            event.points,
            event.labels,
            self._names,
            event.explained,
            plane,
            place,
            colors=COLORS,
            unicode=self.terminal.unicode,
            picked=self.picked,
            cursor=self._where(place),
        )

    def _place(self) -> MapArea:
        width, height = self.content_size
        return arrange_map(height, width, self._names)

    def _where(self, place: MapArea) -> tuple[int, int] | None:
        """Return the cell of the cursor, or None.

        It is where the user moved the cursor, or the cell of the picked point.
        """
        if self._cursor is not None:
            return place.inside(*self._cursor)
        if self.picked is None or self._event is None or self._plane is None:
            return None
        point = self._event.points[self.picked : self.picked + 1]
        (row,), (column,) = self._plane.cells(point, place.map_height, place.map_width)
        return int(row), int(column)

    def _point_at(self, place: MapArea, row: int, column: int) -> None:
        if self._event is None or self._plane is None or not self.content_size:
            return
        self._cursor = place.inside(row, column)
        picked = nearest(self._event.points, self._plane, place, self._cursor)
        changed, self.picked = picked != self.picked, picked
        self.redraw()
        if changed and picked is not None:
            self.post_message(self.Pointed(picked))
