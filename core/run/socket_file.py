"""Reach the socket file of a live run, however long its path is."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_LONGEST = 103
"""Bytes of a socket path, at most, on every platform: macOS has the lowest limit, 104 with the final zero."""


@contextlib.contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Provide a path to a socket file that fits in a socket address. Raises OSError."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
    elif sys.platform == "linux":
        directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{directory}/{path.name}"
        finally:
            os.close(directory)
    else:
        with contextlib.chdir(path.parent):
            yield path.name


def is_answered(path: Path) -> bool:
    """Return whether a process listens on a socket file; False if it cannot be asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        try:
            with socket_address(path) as address:
                connection.connect(address)
        except BlockingIOError:  # it listens, and too many wait already
            return True
        except OSError:
            return False
    return True
