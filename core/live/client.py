"""A viewer's end of a connection to a live run."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import WireError
from ..protocol import Command, Event
from .wire import LONGEST_MESSAGE, PROTOCOL, Grown, Hello, Refused, Welcome, decode_for_viewer, encode


class RunClient:
    """Talks to the process that trains a run.

    Args:
        connection: What `sockets.connect` gives, which belongs to the client from now on.
        readonly: Nothing will be sent that changes the run.
    """

    def __init__(self, connection: socket.socket, *, readonly: bool) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._is_stuck = False
        self._say(encode(Hello(PROTOCOL, readonly)))

    def messages(self) -> Iterator[Grown | Event]:
        """What the host says, as it comes. Ends when the host hangs up, or at `close`.

        Raises:
            WireError: when the host refuses this viewer, says what cannot be understood, or no longer takes commands.
        """
        with contextlib.closing(self._connection.makefile("rb")) as file:
            is_welcome = False
            for line in _lines(file):
                message = decode_for_viewer(line)
                if isinstance(message, Refused):
                    raise WireError(message.reason)
                if isinstance(message, Welcome) == is_welcome:
                    raise WireError("the process that trains does not say what a host says")
                if isinstance(message, Welcome):
                    is_welcome = True
                else:
                    yield message
        if self._is_stuck:
            raise WireError("the process that trains takes no more commands; is it stopped?")

    def send(self, command: Command) -> None:
        """Send a command at once, from any thread; nothing when the host is gone. Events tell what became of it."""
        self._say(encode(command))

    def close(self) -> None:
        """Hang up, from any thread."""
        with contextlib.suppress(OSError):  # the host has hung up before
            self._connection.shutdown(socket.SHUT_RDWR)  # wakes who reads
        self._connection.close()

    def _say(self, line: bytes) -> None:
        with self._lock:
            try:
                self._connection.sendall(line)
            except BlockingIOError:  # a part of the line may be on its way: nothing can follow it
                self._is_stuck = True
                self.close()
            except OSError:
                return  # the host is gone, which the end of `messages` tells


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The complete lines until the other end hangs up. Raises WireError at one that is too long."""
    while True:
        try:
            line = file.readline(LONGEST_MESSAGE + 1)
        except OSError:  # a host that was killed
            return
        if len(line) > LONGEST_MESSAGE:
            raise WireError(f"the process that trains says a line of more than {LONGEST_MESSAGE} bytes")
        if not line.endswith(b"\n"):
            return
        yield line
