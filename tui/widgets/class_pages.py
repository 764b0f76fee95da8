"""Divide the classes of a panel into pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ClassPages:
    """Pages of classes, one of which is shown."""

    shown: int = 0
    """The label of a class on the shown page."""
    on_page: int = 1
    classes: int = 1

    @property
    def number(self) -> int:
        """The number of pages."""
        return -(-self.classes // self.on_page)

    @property
    def labels(self) -> range:
        """The labels of the classes on the shown page."""
        first = min(self.shown, max(0, self.classes - 1)) // self.on_page * self.on_page
        return range(first, min(first + self.on_page, self.classes))

    @property
    def title(self) -> str:
        """The classes on the shown page; empty if there is only one."""
        labels = self.labels
        return f"classes {labels.start + 1}-{labels.stop} of {self.classes}" if self.number > 1 else ""

    def turn(self, by: int) -> None:
        """Show another page; the first one follows the last one."""
        self.shown = (self.labels.start // self.on_page + by) % self.number * self.on_page
