"""Format numbers and paths in the texts that users read: pure functions."""

from __future__ import annotations

import shlex
from pathlib import Path


def count(number: float) -> str:
    """Return a rounded number with thousands separators: 12345.6 is "12,346"."""
    return f"{number:,.0f}"


def shell_path(path: Path | str) -> str:
    """Return a path as an argument of a command to copy: quoted, and not readable as a flag."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
