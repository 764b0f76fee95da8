"""Train a run in a worker thread, beside the server for its viewers.

Training with the app in the same process, without a screen, or in the background: all of them use this module.
"""

from __future__ import annotations

import gc
import logging
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from typing import overload

from ..errors import RunError
from ..protocol import Command, Ended, Event, Failed, ModelReady, Stop, is_stop_waiting
from ..run import RunDirectory, last_checkpoint
from ..training.launch import Launch
from ..training.run_training import run_training
from .no_server import NoServer
from .server import RunServer
from .sockets import listen

SWITCH_SECONDS = 0.0005
"""The interpreter's switch interval: the trainer waits for it after each chunk, and the app after a key press while JAX
traces. Python's default of 5 ms would be 8 % of a chunk."""


class LiveRun:
    """Train a run in a daemon thread, and serve its viewers from another one.

    The threads are plain daemons: the process can end while one of them is in native code that cannot be canceled.
    """

    def __init__(self, run: RunDirectory, launch: Launch) -> None:
        """Listen on the run's socket, if the disk has sockets; training starts with `start`.

        Args:
            run: The run's directory, held by this process.
            launch: How the run is started.
        """
        self._run = run
        self._launch = launch
        self._commands: queue.Queue[Command] = queue.Queue()
        self._limits = [run.lock_limit] if run.lock_limit else []
        self._server = self._create_server()
        self._handlers: list[Callable[[Event], None]] = [self._server.publish]
        self._outcome: Future[Ended | Failed] = Future()
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
        self._starting = threading.Lock()

    @property
    def viewers(self) -> int:
        """The number of viewers in other processes."""
        return self._server.viewers

    @property
    def has_screen(self) -> bool:
        """Whether a screen of this process shows the run.

        While it does, the trainer waits after the last step.
        """
        return self._server.local_screens > 0

    @has_screen.setter
    def has_screen(self, shown: bool) -> None:
        self._server.local_screens = int(shown)

    @property
    def is_started(self) -> bool:
        """Whether training has been started."""
        return self._thread.ident is not None

    def subscribe(self, handle: Callable[[Event], None]) -> None:
        """Add a handler of logged events, called in the trainer's thread.

        Call this before `start`. Training waits for the handler, so it must be quick and must not raise.
        """
        self._handlers.append(handle)

    def start(self) -> None:
        """Start the server and the trainer; nothing happens when they have been started."""
        with self._starting:
            if not self.is_started:
                sys.setswitchinterval(SWITCH_SECONDS)
                self._server.start()
                self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command; the trainer handles it between two chunks of steps."""
        self._commands.put(command)

    def stop(self) -> None:
        """Queue a Stop command, unless one is waiting already."""
        if not is_stop_waiting(self._commands):
            self._commands.put(Stop())

    @overload
    def wait(self) -> Ended | Failed: ...

    @overload
    def wait(self, timeout: float) -> Ended | Failed | None: ...

    def wait(self, timeout: float | None = None) -> Ended | Failed | None:
        """Wait until training has ended and the socket is closed.

        Args:
            timeout: Seconds to wait, at most; None: no limit.

        Returns:
            The run's final event, or None after `timeout`.
        """
        return self._outcome.result() if wait([self._outcome], timeout).done else None

    def _create_server(self) -> RunServer | NoServer:
        try:
            keep_lock = partial(self._run.keep_lock, wait=0)
            return RunServer(listen(self._run.path), self._run.path, self._commands, keep_lock)
        except RunError as error:
            self._limits.append(f"{error}; this run trains without it, and no other screen can attach")
            return NoServer()

    def _work(self) -> None:
        try:
            last = self._train()
        except BaseException as error:
            self._outcome.set_exception(error)  # raised again in `wait`
        else:
            self._outcome.set_result(last)

    def _train(self) -> Ended | Failed:
        try:
            last = run_training(
                self._run,
                self._commands,
                self._handle,
                self._launch,
                attended=lambda: not self._launch.is_unattended and (self.has_screen or self.viewers > 0),
                limits=self._limits,
            )
        finally:
            self._server.close()
        if isinstance(last, Failed):
            logging.getLogger("vae_tui").error("%s", last.traceback)
            if last.usage and not self._launch.is_resumed and last_checkpoint(self._run.path) is None:
                self._run.discard()  # it never started: `latest` and the list of runs should not find it
        return last

    def _handle(self, event: Event) -> None:
        if isinstance(event, ModelReady):
            gc.freeze()  # the 160,000 objects of JAX stay: a collection that scans them takes 250 ms
        for handle in self._handlers:
            handle(event)
