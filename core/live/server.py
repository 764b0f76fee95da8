"""The host's end: lets viewers look at a run and command it, and never lets the trainer wait for one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import threading
from pathlib import Path

from ..errors import WireError
from ..protocol import Command, Ended, Event, Failed, Generated, Metrics
from ..run import BEAT_SECONDS, beat, log_size, socket_path
from .inbox import Inbox
from .sockets import check_peer
from .viewer import Viewer
from .wire import LONGEST_COMMAND, PROTOCOL, Grown, Hello, Refused, Welcome, decode_for_host, encode

MAX_VIEWERS = 64
"""Connections at a time."""

HELLO_SECONDS = 5.0
"""How long a connection may take to say Hello."""

FAREWELL_SECONDS = 2.0
"""How long a viewer may take to read the rest and hang up, when it is refused or the run is over."""

METRICS_SECONDS = 0.4
"""How long metrics may wait before a viewer is told of them, and each further viewer makes that longer. They come many
times a second, and nobody is in a hurry for them: so viewers wake up, read and parse less often."""

MAX_WAITS = 5
"""So many of these times metrics wait at most, however many viewers there are."""

_RETRY_SECONDS = 0.05


class RunServer:
    """Serves one run from a thread of its own, which also beats the run's heart.

    Args:
        listener: The run's listening socket, which belongs to the server from now on.
        run_path: The run's directory.
        commands: Where the trainer takes commands from.
    """

    def __init__(self, listener: socket.socket, run_path: Path, commands: queue.Queue[Command]) -> None:
        self._listener = listener
        self._run_path = run_path
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._is_ready = threading.Event()
        self.local_screens = 0
        """Screens of this process that show the run; viewers are told how many screens there are in all."""
        # Between the threads:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._step = 0
        self._end = log_size(run_path) or 0
        self._unlogged: dict[type, Event] = {}
        self._answers: list[Generated] = []
        self._last: Event | None = None
        self._is_woken = False
        self._is_planned = False
        # In the loop only:
        self._is_over = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._viewers: set[Viewer] = set()
        self._told_end = self._end
        self._shown: dict[type, tuple[Event, bytes]] = {}
        self._farewell: bytes | None = None
        self._inbox = Inbox(commands)

    def start(self) -> None:
        """Begin to let viewers in."""
        self._thread.start()
        self._is_ready.wait()

    @property
    def viewers(self) -> int:
        """How many viewers have been let in and are still there."""
        return len(self._viewers)

    def publish(self, event: Event) -> None:
        """Tell the viewers of an event, after the log has it. Never blocks; from one thread."""
        end = log_size(self._run_path) if event.is_logged else None
        with self._lock:
            self._step = event.step
            match event:
                case Generated():
                    self._answers.append(event)
                case Ended() | Failed():
                    self._last = event
                case Event(is_logged=False):
                    self._unlogged[type(event)] = event
            if end is not None:
                self._end = end
            if self._loop is None or self._is_woken:
                return
            if not isinstance(event, Metrics):
                self._is_woken = True
                self._loop.call_soon_threadsafe(self._distribute)
            elif not self._is_planned:
                self._is_planned = True
                wait = METRICS_SECONDS * min(max(1, self.viewers), MAX_WAITS)
                self._loop.call_soon_threadsafe(self._loop.call_later, wait, self._distribute)

    def close(self) -> None:
        """Tell every viewer that the run is over, wait for them to hang up, but not for long, and remove the socket."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()
        self._listener.close()
        with contextlib.suppress(OSError):  # it was removed, or the disk is gone: that is not how the run has ended
            socket_path(self._run_path).unlink()

    # -- in the loop

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._is_ready.set()

    async def _serve(self) -> None:
        self._listener.setblocking(False)
        loop = asyncio.get_running_loop()
        # To the very end: who comes late is told how the run has ended, and nobody takes it for dead meanwhile.
        tasks = [loop.create_task(self._accept()), loop.create_task(self._beat())]
        with self._lock:
            self._loop = loop
        try:
            self._distribute()
            self._is_ready.set()
            await self._is_over.wait()
            for viewer in self._viewers:
                viewer.end()
            give_up = loop.time() + FAREWELL_SECONDS
            while self._connections and loop.time() < give_up:
                await asyncio.wait(self._connections, timeout=give_up - loop.time())
        finally:
            for task in tasks:
                task.cancel()
            with self._lock:
                self._loop = None  # whatever happened, the trainer is not sent to a loop that has ended

    async def _accept(self) -> None:
        # Not asyncio's own server: some versions of it look for the socket file by a path that may be no longer true.
        while True:
            try:
                connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            except OSError:  # too many files are open; a viewer waits until some are closed
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                task = asyncio.create_task(self._meet(connection))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)

    async def _beat(self) -> None:
        while True:
            beat(self._run_path)
            await asyncio.sleep(BEAT_SECONDS)

    def _distribute(self) -> None:
        """Hand what was published to the viewers."""
        with self._lock:
            self._is_woken = self._is_planned = False
            end, unlogged, last = self._end, dict(self._unlogged), self._last
            answers, self._answers = self._answers, []
        if end != self._told_end:
            self._told_end = end
            self._tell_growth()
        for kind, event in unlogged.items():
            if kind not in self._shown or self._shown[kind][0] is not event:
                self._shown[kind] = (event, encode(event))
                for viewer in self._viewers:
                    viewer.show(kind, self._shown[kind][1])
        for answer in answers:
            self._inbox.answer(answer)
        if last is not None and self._farewell is None:
            self._farewell = encode(last)
            for viewer in self._viewers:
                viewer.answer(self._farewell)

    def _tell_growth(self) -> None:
        """Tell how far the log is whole and how many look on; after the run's last event nothing follows."""
        for viewer in self._viewers if self._farewell is None else ():
            viewer.grown(Grown(self._told_end, self.local_screens + len(self._viewers)))

    async def _meet(self, connection: socket.socket) -> None:
        """Serve one connection to its end, whatever comes over it."""
        with contextlib.suppress(OSError), connection:  # it has vanished, or does not read: TimeoutError is one, too
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_COMMAND)
            try:
                check_peer(connection)
                await self._attend(await self._let_in(reader, writer), reader)
            except WireError as error:
                writer.write(encode(Refused(str(error))))
                writer.close()
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await writer.wait_closed()
            finally:
                writer.transport.abort()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Viewer:
        """Take a connection's Hello. Raises WireError when it cannot become a viewer."""
        if len(self._connections) > MAX_VIEWERS:
            raise WireError(f"{MAX_VIEWERS} viewers look at this run already; detach one of them")
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = decode_for_host(await _line(reader))
        except TimeoutError:
            raise WireError(f"no Hello came within {HELLO_SECONDS:.0f} seconds") from None
        if not isinstance(hello, Hello):
            raise WireError("the first message must be Hello")
        if hello.version != PROTOCOL:
            raise WireError(
                f"this run is trained by another version of vae-tui: it speaks protocol {PROTOCOL}, this viewer "
                f"{hello.version}; use the version that started it, or stop the run and resume it with this one"
            )
        writer.write(encode(Welcome(PROTOCOL, os.getpid())))
        return Viewer(writer, readonly=hello.readonly)

    async def _attend(self, viewer: Viewer, reader: asyncio.StreamReader) -> None:
        """Show a viewer the run and hear it until it hangs up. Raises WireError at nonsense, and OSError."""
        viewer.grown(Grown(self._told_end, self.local_screens + len(self._viewers) + 1))
        for kind, (_, line) in self._shown.items():
            viewer.show(kind, line)
        if self._farewell is not None:
            viewer.answer(self._farewell)
        if self._is_over.is_set():
            viewer.end()
        self._viewers.add(viewer)
        self._tell_growth()
        writing = asyncio.create_task(viewer.write())
        try:
            await self._hear(viewer, reader, writing)
        finally:
            self._viewers.discard(viewer)
            self._tell_growth()
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):  # the viewer vanished before it had all
                await writing

    async def _hear(self, viewer: Viewer, reader: asyncio.StreamReader, writing: asyncio.Task[None]) -> None:
        """Take what a viewer says until it hangs up; once the run is over, nobody minds what that is."""
        try:
            while (line := await _line(reader)) and not self._is_over.is_set():
                self._inbox.take(decode_for_host(line), viewer, self._step)
                while viewer.is_behind:
                    if writing.done():  # it has gone, and nobody waits for what else it said
                        return
                    await asyncio.sleep(_RETRY_SECONDS)
        except WireError:
            if not self._is_over.is_set():
                raise
        while await reader.read(LONGEST_COMMAND):
            pass


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next complete line; empty when the peer has hung up. Raises WireError when it is too long, and OSError."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError:
        raise WireError(f"a line is longer than {LONGEST_COMMAND} bytes") from None
