"""The base class of the panels that draw cells and redraw only what changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ..render.capabilities import Capabilities
from ..render.cells import Cells, StyleTable, changed_spans, render_strip
from ..render.palette import terse_style
from .app_capabilities import capabilities_of

TILES = 4
"""Vertical slices of a panel. They save bytes: Textual sends a changed line from its widget's left edge on."""


class _Tile(Widget):
    """One vertical slice of a panel's picture."""

    DEFAULT_CSS = """
    _Tile {
        width: 1fr;
        height: 1fr;
    }
    """

    ALLOW_SELECT = False

    def __init__(self, panel: CellsPanel) -> None:
        super().__init__()
        self._panel = panel

    def render_line(self, y: int) -> Strip:
        """Render one line of the slice."""
        return self._panel.slice_line(self, y)


class CellsPanel(Horizontal):
    """A widget whose content is `Cells`.

    Subclasses draw the cells; this class refreshes those that changed.
    """

    DEFAULT_CSS = """
    CellsPanel {
        width: 1fr;
        height: 1fr;
        overflow: hidden hidden;
    }
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._cells = Cells.blank(0, 0)
        self._table: StyleTable | None = None
        self._parts: dict[_Tile, slice] = {}
        """The columns that each slice shows."""

    def compose(self) -> ComposeResult:
        """Compose the slices."""
        for _ in range(TILES):
            yield _Tile(self)

    @property
    def terminal(self) -> Capabilities:
        """The capabilities of the app."""
        return capabilities_of(self.app)

    def draw(self, height: int, width: int) -> Cells:
        """Draw the picture.

        Args:
            height: Lines, at least 1.
            width: Columns, at least 1.
        """
        raise NotImplementedError

    def make_styles(self) -> Sequence[Style]:
        """Return the styles that the cells refer to.

        The styles are in the current theme's colors; the first one is plain text.
        """
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw the picture again, and refresh the cells that changed."""
        if not (self.is_mounted and self.content_size):
            return
        old = self._cells
        self._draw()
        for tile, part in self._parts.items():
            if old.glyphs.shape != self._cells.glyphs.shape:
                tile.refresh()
            elif spans := changed_spans(old.columns(part), self._cells.columns(part)):
                tile.refresh(*(Region(start, y, end - start, 1) for y, start, end in spans))

    def on_resize(self) -> None:
        """Draw for the new size.

        Otherwise a slice that only moved would show its old content.
        """
        self._cells = Cells.blank(0, 0)
        self.redraw()

    def slice_line(self, tile: _Tile, y: int) -> Strip:
        """Render one line of the columns that a slice shows."""
        width, height = self.content_size
        if self._cells.glyphs.shape != (height, width):
            self._draw()
        if self._table is None:
            self._table = StyleTable([terse_style(style) for style in self.make_styles()])
        part = self._parts.get(tile)
        if part is None or part.stop - part.start != tile.size.width:
            self._measure()
        return render_strip(self._cells.columns(self._parts[tile]), y, self._table)

    def _draw(self) -> None:
        width, height = self.content_size
        self._cells = self.draw(height, width)
        if sum(part.stop - part.start for part in self._parts.values()) != width:
            self._measure()
        for start in sorted(part.start for part in self._parts.values()):
            if 0 < start < width:
                self._cells.keep_whole(start)

    def _measure(self) -> None:
        """Read the columns of each slice from the layout.

        Textual's layout divides the width among the slices.
        """
        left = self.content_region.x
        regions = {tile: tile.region for tile in self.query_children(_Tile)}
        self._parts = {tile: slice(region.x - left, region.right - left) for tile, region in regions.items()}

    def notify_style_update(self) -> None:
        """Draw everything again after a change of theme."""
        super().notify_style_update()
        self._table = None
        self._cells = Cells.blank(0, 0)
