"""Print texts of the commands: the only place that writes them to the terminal."""

from __future__ import annotations

import sys

from ..process.printable import printable


def print_text(text: str = "", *, error: bool = False, flush: bool = False) -> None:
    """Print a text, which may quote names and messages of a run from elsewhere.

    Args:
        text: One line or more.
        error: Whether to print to standard error, because standard output is for results.
        flush: Whether to flush the stream.
    """
    stream = sys.stderr if error else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "replace").decode(encoding), file=stream, flush=flush)
