"""What the browser of runs shows: the order, the filter, the marks and the selected run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...core.library import SORT_KEYS, Filter, LibraryRun, SortKey, sort_runs


@dataclass(frozen=True)
class Browsing:
    """The state of the browser, which outlives its screen while a run is shown."""

    sort: SortKey = "age"
    is_reversed: bool = False
    filter_text: str = ""
    """The filter as it was typed."""
    selected: str = ""
    """The name of the selected run."""
    marked: tuple[str, ...] = ()
    """The names of the marked runs, in the order of their marks."""

    def next_sort(self) -> Browsing:
        """Return the state with the next sort key, in its usual direction."""
        key = SORT_KEYS[(SORT_KEYS.index(self.sort) + 1) % len(SORT_KEYS)]
        return replace(self, sort=key, is_reversed=False)

    def toggle_mark(self, name: str) -> Browsing:
        """Return the state with a run marked, or no longer."""
        others = tuple(marked for marked in self.marked if marked != name)
        return replace(self, marked=others if name in self.marked else (*others, name))

    def shown(self, runs: Iterable[LibraryRun], fits: Filter) -> list[LibraryRun]:
        """Return the runs that fit the filter, in order."""
        return sort_runs((run for run in runs if fits(run)), self.sort, is_reversed=self.is_reversed)
