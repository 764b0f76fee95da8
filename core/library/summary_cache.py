"""Keep the summaries of a folder's runs in a file, so that they need not be read again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from ..files import read_regular, write_whole
from .library_run import Summary

_VERSION = 2
"""To be raised when the meaning of a summary changes: older files are ignored then."""

_MAX_BYTES = 256 << 20


class _Content(msgspec.Struct):
    version: int
    runs: dict[str, Summary]


_DECODER = msgspec.json.Decoder(_Content)


def cache_path(base: Path) -> Path:
    """Return the file of the summaries of a folder's runs; it can be removed at any time."""
    return base / ".summaries.json"


def load_summaries(base: Path) -> dict[str, Summary]:
    """Return the summaries that were saved, by the run's name; none if there are none that can be read."""
    try:
        content = _DECODER.decode(read_regular(cache_path(base), _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content.runs if content.version == _VERSION else {}


def save_summaries(base: Path, runs: dict[str, Summary]) -> None:
    """Save summaries; where the folder cannot be written, the runs are read again the next time.

    So are those whose names are no text: names of files are bytes.
    """
    texts = {name: summary for name, summary in runs.items() if name.isprintable()}
    with contextlib.suppress(OSError):
        write_whole(cache_path(base), msgspec.json.encode(_Content(_VERSION, texts)))
