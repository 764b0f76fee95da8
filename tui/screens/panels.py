"""The container of the panels: each has a region of its own."""

from __future__ import annotations

from collections.abc import Mapping

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget


class Panels(Container):
    """Show widgets in given regions; hide the others."""

    def __init__(self, *panels: Widget, id: str) -> None:
        super().__init__(*panels, id=id)
        self._layout = _RegionLayout()

    @property
    def layout(self) -> Layout:
        """Return the layout of the regions."""
        return self._layout

    def arrange_in(self, regions: Mapping[Widget, Region], *, maximized: Widget | None) -> None:
        """Show widgets in regions of the container.

        Args:
            regions: The regions.
            maximized: The widget that is shown without a region, because it fills the screen.
        """
        self._layout.regions = regions
        for panel in self.children:
            panel.display = panel in regions or panel is maximized
            panel.refresh(layout=True)  # Textual keeps a container's arrangement until one of its children asks


class _RegionLayout(Layout):
    """Place widgets in their regions."""

    name = "regions"

    def __init__(self) -> None:
        self.regions: Mapping[Widget, Region] = {}

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Return the placements of the widgets that have a region."""
        return [
            WidgetPlacement(self.regions[child], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child in self.regions
        ]
