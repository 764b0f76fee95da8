"""Tell names of published data sets from paths, and make names from elsewhere safe to show."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from ..config.data_config import TFDS_PREFIX
from .catalog import PACKAGED, SOURCES

_PATH_STARTS = (".", "~", os.sep, TFDS_PREFIX)


def is_own(name: str) -> bool:
    """Return whether a data set's name stands for the user's own images: a path, or tfds:NAME.

    A name with a separator that resembles a published one, such as emnist/leters, is taken for a mistyped name.
    """
    if name == PACKAGED or name in SOURCES:
        return False
    if name.startswith(_PATH_STARTS) or os.path.lexists(name):
        return True
    return os.sep in name and not difflib.get_close_matches(name.lower(), SOURCES, n=1)


def escape(name: str) -> str:
    r"""Return a name of printable characters only: a line feed becomes \n, a lone surrogate \udcff."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def shown(path: Path, root: Path) -> str:
    """Return a path to show, relative to the folder or file that the user named."""
    return escape(str(path.relative_to(root))) if path != root and path.is_relative_to(root) else escape(path.name)


def enumerate_names(names: list[str], most: int = 3) -> str:
    """Return the first names of a list, separated by commas, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def left_out(count: int, one: str, many: str, names: list[str]) -> str:
    """Return a note: left_out(2, "class", "classes", ["a", "b"]) is "left out: 2 classes (a, b)"."""
    return f"left out: {count:,} {one if count == 1 else many} ({enumerate_names(names)})"
