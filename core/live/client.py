"""Connect a viewer to the training process of a live run."""

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
    """Exchange messages with the training process of a run.

    Args:
        connection: The connection from `sockets.connect`; the client closes it.
        readonly: Whether the host is to refuse commands that change the run.
    """

    def __init__(self, connection: socket.socket, *, readonly: bool) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._is_stuck = False
        self._send_line(encode(Hello(PROTOCOL, readonly)))

    def messages(self) -> Iterator[Grown | Event]:
        """Yield the host's messages as they arrive.

        They end when the host hangs up, or at `close`.

        Raises:
            WireError: when the host refuses this viewer, sends an invalid message, or no longer accepts commands.
        """
        with contextlib.closing(self._connection.makefile("rb")) as file:
            is_welcome = False
            for line in _lines(file):
                message = decode_for_viewer(line)
                if isinstance(message, Refused):
                    raise WireError(message.reason)
                if isinstance(message, Welcome) == is_welcome:
                    raise WireError("the training process sent an unexpected message")
                if isinstance(message, Welcome):
                    is_welcome = True
                else:
                    yield message
        if self._is_stuck:
            raise WireError("the training process accepts no more commands; is it suspended?")

    def send(self, command: Command) -> None:
        """Send a command at once, from any thread; events report its effect.

        Nothing happens when the host is gone.
        """
        self._send_line(encode(command))

    def close(self) -> None:
        """Hang up, from any thread."""
        with contextlib.suppress(OSError):  # the host has hung up already
            self._connection.shutdown(socket.SHUT_RDWR)  # wakes the thread in `messages`
        self._connection.close()

    def _send_line(self, line: bytes) -> None:
        with self._lock:
            try:
                self._connection.sendall(line)
            except BlockingIOError:  # a part of the line may have been sent: no other line can follow
                self._is_stuck = True
                self.close()
            except OSError:
                return  # the host is gone, and `messages` ends


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the complete lines until hang-up. Raises WireError for a long one."""
    while True:
        try:
            line = file.readline(LONGEST_MESSAGE + 1)
        except OSError:  # a host that was killed
            return
        if len(line) > LONGEST_MESSAGE:
            raise WireError(f"the training process sent a line of more than {LONGEST_MESSAGE} bytes")
        if not line.endswith(b"\n"):
            return
        yield line
