"""Report the death of this process, by a signal or in native code, from a small process that watches it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from typing import NoReturn

from .terminal import flush


class Watcher:
    """Watch this process from a fork, as a context manager; the fork ends with this process.

    Unlike a parent, the fork has no part in this process's signals, job control and exit code. Must be started before
    JAX, which does not survive a fork.

    Args:
        describe: Returns the text to write to standard error if this process dies inside the block.
    """

    def __init__(self, describe: Callable[[], str]) -> None:
        self._describe = describe

    def __enter__(self) -> Watcher:
        reading, self._writing = os.pipe()
        flush()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._watch(reading)
            finally:
                os._exit(0)  # whatever goes wrong, the fork must not run the parent's code
        os.close(reading)
        return self

    def __exit__(self, *exception: object) -> None:
        self.dismiss()
        os.close(self._writing)
        os.waitpid(self._pid, 0)

    def dismiss(self) -> None:
        """End the watch: what follows is no accident."""
        with contextlib.suppress(BrokenPipeError):  # the watcher was killed
            os.write(self._writing, b".")

    def _watch(self, reading: int) -> NoReturn:
        """Wait for the end of the parent, which alone has the other end of the pipe, or for its dismissal."""
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.setsid()
        os.closerange(3, reading)  # the run's lock, above all
        os.closerange(reading + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        if not os.read(reading, 1):
            os.write(2, self._describe().encode(errors="replace"))
        os._exit(0)
