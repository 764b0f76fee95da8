"""The runs of a folder as a library: a row of figures for each run, kept in a cache, filtered and sorted.

A run is read again only when its files have changed, and of its log only what was added. Nothing here imports JAX.
"""

from .fields import SORT_KEYS, SortKey, is_descending, run_age, sort_runs
from .filters import Filter, parse_filter
from .library_run import LibraryRun
from .run_library import RunLibrary, list_runs, live_runs

__all__ = [
    "SORT_KEYS",
    "Filter",
    "LibraryRun",
    "RunLibrary",
    "SortKey",
    "is_descending",
    "list_runs",
    "live_runs",
    "parse_filter",
    "run_age",
    "sort_runs",
]
