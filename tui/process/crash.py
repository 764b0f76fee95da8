"""What a process has left in its log that died in native code, or was killed."""

from __future__ import annotations

import re
import signal
from pathlib import Path

MAX_LINES = 3
"""Lines of the log that are shown, at most."""

MAX_WIDTH = 200
"""Characters of a line that are shown, at most."""

_READ = 64 << 10
"""Bytes at the end of the log that are looked through."""

_TELLING = re.compile(
    r"^F\d{4} |Check failed|Unknown flag|Fatal Python error|terminate called|what\(\):|RESOURCE_EXHAUSTED|out of memory"
    r"|bad_alloc|Illegal instruction|[Ss]egmentation fault|LLVM ERROR",
)
"""What the line says that explains the death of a process: XLA's fatal log lines, aborts of C++, Python's own."""

_ABSEIL_PREFIX = re.compile(r"^F\d{4} [\d:.]+ +\d+ ")


def last_words(log: Path, start: int) -> list[str]:
    """Return the lines of a log that explain a death, the first ones if there are many; none where nothing does.

    Args:
        log: What the process has printed, after what others had.
        start: Bytes of the log that are older than the process.
    """
    try:
        with open(log, "rb") as file:
            end = file.seek(0, 2)
            file.seek(max(start, end - _READ))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    telling = [line for line in lines if _TELLING.search(line)]
    return [_printable(_ABSEIL_PREFIX.sub("", line)[:MAX_WIDTH]) for line in telling[:MAX_LINES]]


def cause_in_words(cause: str) -> str:
    """Return what ended a process, with what that usually means."""
    match cause:
        case signal.SIGKILL.name:
            return "SIGKILL: it was killed, perhaps because memory ran out"
        case signal.SIGABRT.name:
            return "SIGABRT: a library gave up"
    return cause


def _printable(text: str) -> str:
    """A text without control characters, which could do things to a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
