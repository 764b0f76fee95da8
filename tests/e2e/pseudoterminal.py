"""A pseudo-terminal with a program on it, whose link can be cut, and that can be left unread."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

HANG_SECONDS = 240
"""What takes longer hangs; however slow the machine is."""


def wait_for(what: Callable[[], object], *, meanwhile: Callable[[], object] = lambda: time.sleep(0.02)) -> None:
    """Wait until a function gives something true."""
    deadline = time.monotonic() + HANG_SECONDS
    while not what():
        assert time.monotonic() < deadline, f"waited {HANG_SECONDS} s for {what}"
        meanwhile()


def state_of(pid: int) -> str:
    """The state of a process as one letter, as `ps` has it: T is stopped, Z a zombie; empty when there is none."""
    return subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout[:1]


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    return state_of(pid) not in ("", "Z")


class PseudoTerminal:
    """Runs a program as the leader of a session of its own. As a context manager, it is closed at the end.

    Args:
        command: The program and its arguments.
        cwd: Where to run it.
        controls: Whether the terminal controls the session, as that of a shell does: signals come with its hang-up.
        environment: Variables besides those of this process.
        size: Columns and rows.
    """

    def __init__(
        self,
        *command: str,
        cwd: Path,
        controls: bool = True,
        environment: Mapping[str, str] | None = None,
        size: tuple[int, int] = (120, 40),
    ) -> None:
        self.shown = b""
        """All that was written to the terminal and read here."""
        self._controller, terminal = pty.openpty()
        columns, rows = size
        termios.tcsetwinsize(terminal, (rows, columns))
        self.modes_before = termios.tcgetattr(terminal)

        def take_terminal() -> None:
            if controls:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self._terminal: int | None = terminal
        self.process = subprocess.Popen(
            command, cwd=cwd, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            preexec_fn=take_terminal, env=os.environ | {"TERM": "xterm-256color"} | dict(environment or {}),
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def modes(self) -> list[object]:
        """How the terminal is set."""
        assert self._terminal is not None
        return termios.tcgetattr(self._terminal)

    @property
    def foreground_group(self) -> int:
        """The process group that may read from the terminal."""
        return os.tcgetpgrp(self._controller)

    @property
    def text(self) -> str:
        """What was shown, without control sequences and with plain line ends."""
        return re.sub(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\\)", "", self.shown.decode(errors="replace")).replace(
            "\r\n", "\n"
        )

    def type(self, keys: str) -> None:
        """Type on the terminal."""
        os.write(self._controller, keys.encode())

    def send(self, data: bytes) -> None:
        """Send any number of bytes, and read what is shown: a program that cannot write may not read either."""
        waiting = memoryview(data)

        def send_some() -> None:
            nonlocal waiting
            if select.select([], [self._controller], [], 0.02)[1]:
                with contextlib.suppress(BlockingIOError):
                    waiting = waiting[os.write(self._controller, waiting[:1024]) :]
            if select.select([self._controller], [], [], 0)[0]:
                self.read()

        os.set_blocking(self._controller, False)
        try:
            wait_for(lambda: not waiting, meanwhile=send_some)
        finally:
            os.set_blocking(self._controller, True)

    def resize(self, width: int, height: int) -> None:
        """Change the terminal's size in cells; the program is told as by a real one."""
        termios.tcsetwinsize(self._controller, (height, width))

    def read(self) -> None:
        """Read what is there, and wait a little where nothing is."""
        if select.select([self._controller], [], [], 0.02)[0]:
            with contextlib.suppress(OSError):  # nobody has the terminal open any more
                self.shown += os.read(self._controller, 1 << 16)

    def wait_for(self, what: str | Callable[[], object]) -> None:
        """Read until a text has been shown, or a function gives something true."""
        seen = -1

        def is_shown() -> bool:
            nonlocal seen
            if seen == len(self.shown):
                return False
            seen = len(self.shown)
            return str(what) in self.text

        wait_for(is_shown if isinstance(what, str) else what, meanwhile=self.read)

    def wait(self) -> int:
        """Read until the program ends. Returns its exit code."""
        self.wait_for(lambda: self.process.poll() is not None)
        while select.select([self._controller], [], [], 0)[0]:
            self.read()
        return self.process.returncode

    def cut(self) -> None:
        """Cut the link: nothing reaches the terminal any more."""
        assert self._terminal is not None
        os.close(self._terminal)
        os.close(self._controller)
        self._terminal = None

    def close(self) -> None:
        """End what is still there."""
        if self._terminal is not None:
            self.cut()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
