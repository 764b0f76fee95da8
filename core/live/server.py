"""Serve a live run to its viewers; the trainer never waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import TrainingError, WireError
from ..protocol import Command, Ended, Event, Failed, Generated, Metrics
from ..run import BEAT_SECONDS, beat, log_size, socket_path
from .inbox import Inbox
from .sockets import check_peer
from .viewer import Viewer
from .wire import LONGEST_COMMAND, PROTOCOL, Grown, Hello, Refused, Welcome, decode_for_host, encode

MAX_VIEWERS = 64
"""Simultaneous viewers, at most."""

HELLO_SECONDS = 5.0
"""How long the server waits for Hello on a new connection."""

FAREWELL_SECONDS = 2.0
"""How long a refused viewer, or any viewer at the end of the run, may take to read the rest and hang up."""

METRICS_SECONDS = 0.4
"""How long metrics may wait before they are announced to a single viewer; the time grows with the number of viewers.
The trainer emits them many times a second, and waiting lets viewers wake up, read and parse less often."""

MAX_WAITS = 5
"""Metrics wait at most this many times METRICS_SECONDS, however many viewers there are."""

_RETRY_SECONDS = 0.05


class RunServer:
    """Serve one run from a separate thread, which also writes the run's heartbeat.

    Args:
        listener: The run's listening socket; the server closes it.
        run_path: The run's directory.
        commands: The trainer's queue of commands.
        keep_lock: Takes the run's lock again if its file was removed; called at each heartbeat.
    """

    def __init__(
        self,
        listener: socket.socket,
        run_path: Path,
        commands: queue.Queue[Command],
        keep_lock: Callable[[], None] = lambda: None,
    ) -> None:
        self._listener = listener
        self._keep_lock = keep_lock
        self._run_path = run_path
        self._socket_file = os.lstat(socket_path(run_path))
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._is_ready = threading.Event()
        self.local_screens = 0
        """Screens of this process that show the run; the number that viewers receive includes them."""
        # Shared between the threads, under the lock:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._step = 0
        self._end = log_size(run_path) or 0
        self._unlogged: dict[type, Event] = {}
        self._answers: list[Generated] = []
        self._last: Event | None = None
        self._is_woken = False
        self._is_planned = False
        # In the event loop only:
        self._is_over = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._viewers: set[Viewer] = set()
        self._places = 0
        self._told_end = self._end
        self._shown: dict[type, tuple[Event, bytes]] = {}
        self._farewell: bytes | None = None
        self._inbox = Inbox(commands)

    def start(self) -> None:
        """Start the thread, and wait until it accepts viewers."""
        self._thread.start()
        self._is_ready.wait()

    @property
    def viewers(self) -> int:
        """The number of connected viewers."""
        return len(self._viewers)

    def publish(self, event: Event) -> None:
        """Send an event to the viewers, after it was logged.

        Never blocks; to be called in one thread only.
        """
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
        """End the connections and remove the socket.

        It waits up to FAREWELL_SECONDS for viewers to hang up.
        """
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()
        self._listener.close()
        path = socket_path(self._run_path)
        with contextlib.suppress(OSError):  # it was removed, or the disk is gone: no reason to fail the run
            if os.path.samestat(os.lstat(path), self._socket_file):  # not that of another process
                path.unlink()

    # -- in the event loop

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._is_ready.set()

    async def _serve(self) -> None:
        self._listener.setblocking(False)
        loop = asyncio.get_running_loop()
        # Until the very end: a late viewer still receives the final event, and the heartbeat does not stop early.
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
                self._loop = None  # `publish` must not use a closed loop, whatever happened

    async def _accept(self) -> None:
        # Not asyncio's own server: some versions check the socket file by a path that may no longer be valid.
        while True:
            try:
                connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            except OSError:  # too many open files; the viewer waits until some are closed
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                task = asyncio.create_task(self._meet(connection))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(TrainingError):  # the trainer finds it as well, and ends
                self._keep_lock()
            beat(self._run_path)
            await asyncio.sleep(BEAT_SECONDS)

    def _distribute(self) -> None:
        """Queue the published events for the viewers."""
        with self._lock:
            self._is_woken = self._is_planned = False
            end, unlogged, last = self._end, dict(self._unlogged), self._last
            answers, self._answers = self._answers, []
        if end != self._told_end:
            self._told_end = end
            self._send_growth()
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

    def _send_growth(self) -> None:
        """Queue the log's size and the number of viewers, unless the run is over."""
        for viewer in self._viewers if self._farewell is None else ():
            viewer.grown(Grown(self._told_end, self.local_screens + len(self._viewers)))

    async def _meet(self, connection: socket.socket) -> None:
        """Serve one connection until it ends, whatever it sends."""
        with contextlib.suppress(OSError), connection:  # vanished, or does not read (TimeoutError)
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_COMMAND)
            try:
                check_peer(connection)
                with self._place():
                    await self._attend(await self._let_in(reader, writer), reader)
            except WireError as error:
                writer.write(encode(Refused(str(error))))
                writer.close()
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await writer.wait_closed()
            finally:
                writer.transport.abort()

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """Take one of the places inside the block; a connection that is refused takes none. Raises WireError."""
        if self._places == MAX_VIEWERS:
            raise WireError(f"this run has {MAX_VIEWERS} viewers already; detach one of them")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Viewer:
        """Accept a viewer after its Hello. Raises WireError when refused."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = decode_for_host(await _line(reader))
        except TimeoutError:
            raise WireError(f"no Hello came within {HELLO_SECONDS:.0f} seconds") from None
        if not isinstance(hello, Hello):
            raise WireError("the first message must be Hello")
        if hello.version != PROTOCOL:
            raise WireError(
                f"this run is trained by another version of vae-tui: it uses protocol {PROTOCOL}, this viewer "
                f"{hello.version}; use the version that started it, or stop the run and resume it with this one"
            )
        writer.write(encode(Welcome(PROTOCOL, os.getpid())))
        return Viewer(writer, readonly=hello.readonly)

    async def _attend(self, viewer: Viewer, reader: asyncio.StreamReader) -> None:
        """Send a viewer the run's messages and handle its commands until it hangs up.

        Raises:
            WireError: when the viewer sends an invalid message.
            OSError: when the connection fails.
        """
        viewer.grown(Grown(self._told_end, self.local_screens + len(self._viewers) + 1))
        for kind, (_, line) in self._shown.items():
            viewer.show(kind, line)
        if self._farewell is not None:
            viewer.answer(self._farewell)
        if self._is_over.is_set():
            viewer.end()
        self._viewers.add(viewer)
        self._send_growth()
        writing = asyncio.create_task(viewer.write())
        try:
            await self._hear(viewer, reader, writing)
        finally:
            self._viewers.discard(viewer)
            self._send_growth()
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):  # the viewer vanished early
                await writing

    async def _hear(self, viewer: Viewer, reader: asyncio.StreamReader, writing: asyncio.Task[None]) -> None:
        """Handle a viewer's messages; ignore them once the run is over."""
        try:
            while (line := await _line(reader)) and not self._is_over.is_set():
                self._inbox.handle_message(decode_for_host(line), viewer, self._step)
                while viewer.is_behind:
                    if writing.done():  # the viewer has gone: drop its remaining messages
                        return
                    await asyncio.sleep(_RETRY_SECONDS)
        except WireError:
            if not self._is_over.is_set():
                raise
        while await reader.read(LONGEST_COMMAND):
            pass


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Read the next complete line; empty when the peer has hung up.

    Raises:
        WireError: when the line is too long.
        OSError: when the connection fails.
    """
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError:
        raise WireError(f"a line is longer than {LONGEST_COMMAND} bytes") from None
