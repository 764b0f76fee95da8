"""Explain the death of a process from its exit and log."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from ...core.files import open_regular
from .printable import printable

MAX_LINES = 3
"""Lines of the log to show, at most."""

MAX_WIDTH = 200
"""Characters of a line to show, at most."""

_READ = 64 << 10
"""Bytes at the end of the log that are searched."""

_TELLING = re.compile(
    r"^F\d{4} |Check failed|Unknown flag|Fatal Python error|terminate called|what\(\):|RESOURCE_EXHAUSTED|out of memory"
    r"|bad_alloc|Illegal instruction|[Ss]egmentation fault|LLVM ERROR|ended unexpectedly",
)
"""Matches lines that explain the death of a process: fatal log lines of XLA, aborts of C++, fatal errors of Python, and
the death of another process of a cluster."""

_ABSEIL_PREFIX = re.compile(r"^F\d{4} [\d:.]+ +\d+ ")


def last_lines(log: Path, start: int) -> list[str]:
    """Return the log's lines, at most MAX_LINES, that explain a death.

    Args:
        log: The log to which the process has appended its output.
        start: The size of the log, in bytes, when the process started.
    """
    try:
        with open(open_regular(log), "rb") as file:
            end = file.seek(0, 2)
            file.seek(max(start, end - _READ))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    telling = [line for line in lines if _TELLING.search(line)]
    return [printable(_ABSEIL_PREFIX.sub("", line)[:MAX_WIDTH], keep="") for line in telling[:MAX_LINES]]


def cause_in_words(cause: str) -> str:
    """Return the cause of a process's death, with its usual reason."""
    match cause:
        case signal.SIGKILL.name:
            return "SIGKILL: it was killed, perhaps because memory ran out"
        case signal.SIGABRT.name:
            return "SIGABRT: a library aborted the process"
    return cause
