"""Listen on and connect to the socket file of a live run."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import RunError, WireError
from ..run import holder, is_locked, socket_address, socket_path

WAITING = 64
"""Connections that can wait until the host accepts them."""

SEND_SECONDS = 2
"""How long a viewer waits for the host to accept a connection or a command before the host counts as not answering."""


def listen(run: Path) -> socket.socket:
    """Listen on a run's socket, which only this user can connect to.

    The caller holds the run's lock.

    A file that an earlier process left there is removed.

    Raises:
        RunError: when the socket cannot be created in the run's directory.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        socket_path(run).unlink(missing_ok=True)
        with socket_address(socket_path(run)) as address, _private_files():
            listener.bind(address)
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise RunError(f"cannot make the socket {socket_path(run)}: {error.strerror}") from error
    return listener


def not_live(run: Path) -> RunError:
    """Return the error for a run that no process trains."""
    return RunError(f"{run} is not live: no process trains it now")


def not_answering(run: Path) -> RunError:
    """Return the error for a live run whose process does not answer."""
    pid = holder(run)
    process = f"process {pid}, which trains {run}," if pid else f"the process that trains {run}"
    return RunError(
        f"{process} does not answer; `kill {pid or 'PID'}` stops it if it can still write a checkpoint,"
        f" `kill -9 {pid or 'PID'}` ends it without one"
    )


def _without_socket(run: Path) -> RunError:
    """Return the error for a live run that nobody can connect to."""
    pid = holder(run)
    return RunError(
        f"process {pid}, which trains {run}, has no socket; if that lasts, it was removed or the disk has no sockets,"
        f" and only `kill {pid}` stops the run with a checkpoint"
    )


def connect(run: Path) -> socket.socket:
    """Connect to the training process of a run.

    Returns:
        The connection. Sending raises BlockingIOError when the host reads nothing for SEND_SECONDS.

    Raises:
        RunError: when there is no such process, or it does not accept the connection.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Not settimeout: it would limit reading as well, which has to wait as long as the host is silent.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS, 0))
    try:
        with socket_address(socket_path(run)) as address:
            connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        connection.close()
        raise (_without_socket(run) if is_locked(run) else not_live(run)) from error
    except BlockingIOError as error:  # the backlog of waiting connections is full
        connection.close()
        raise not_answering(run) from error
    except OSError as error:
        connection.close()
        raise RunError(f"cannot connect to the process that trains {run}: {error.strerror}") from error
    return connection


def check_peer(connection: socket.socket) -> None:
    """Check the user of a connection.

    Raises:
        WireError: when it is neither the user of this process nor root.
    """
    user = _peer(connection)
    if user not in (os.geteuid(), 0):
        raise WireError(f"user {user} may not view this run: it belongs to user {os.geteuid()}")


def _peer(connection: socket.socket) -> int:
    """Return the id of the user at the other end."""
    if sys.platform == "linux":
        _pid, user, _group = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return user
    # macOS and the BSDs: LOCAL_PEERCRED (1) at the level of local sockets (0) gives a struct xucred: version, user, ...
    _version, user = struct.unpack_from("II", connection.getsockopt(0, 1, 128))
    return user


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    """Create files for this user only; macOS allows no other way."""
    mask = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(mask)
