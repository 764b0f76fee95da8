"""A live run without a trainer: the test says what is published and sees what is commanded."""

import json
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.server import RunServer
from vae_tui.core.live.sockets import connect, listen
from vae_tui.core.live.wire import PROTOCOL, Grown, Hello, decode_for_viewer, encode
from vae_tui.core.protocol.commands import Checkpoint, Command, Generate
from vae_tui.core.protocol.events import Ended, Event, Examples, Generated, LatentMap, Notice
from vae_tui.core.protocol.records import to_record
from vae_tui.core.run.rundir import events_path

PATIENCE = 30.0
"""Seconds after which what must happen soon has not happened; far more than any machine needs."""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.005)


def join(thread: threading.Thread) -> None:
    """Wait for the end of a thread."""
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it does not end"


class Host:
    """A server over an event log, with the trainer's end of both in the hands of a test."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.commands: queue.Queue[Command] = queue.Queue()
        self._log = open(events_path(run), "ab", buffering=0)  # noqa: SIM115
        self.server = RunServer(listen(run), run, self.commands)

    def publish(self, event: Event) -> None:
        """As the trainer does: first the log, then the viewers."""
        if event.is_logged:
            self._log.write(json.dumps(to_record(event), separators=(",", ":")).encode() + b"\n")
        self.server.publish(event)

    @property
    def end(self) -> int:
        return self._log.tell()

    def command(self) -> Command:
        return self.commands.get(timeout=PATIENCE)

    def closing(self) -> threading.Thread:
        """A thread that closes the server."""
        thread = threading.Thread(target=self.server.close, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        join(self.closing())
        self._log.close()


class Peer:
    """A connection that says whatever a test wants."""

    def __init__(self, run: Path, *, hello: bool = True, readonly: bool = False) -> None:
        self.connection = connect(run)
        self.connection.settimeout(PATIENCE)
        self.file = self.connection.makefile("rb")
        if hello:
            self.say(encode(Hello(PROTOCOL, readonly)))
            self.hear()

    def say(self, line: bytes) -> None:
        self.connection.sendall(line)

    def hear(self) -> Any:
        """The next message; None when the host has hung up."""
        line = self.file.readline()
        return decode_for_viewer(line) if line else None

    def rest(self) -> list[Any]:
        """What comes until the host hangs up."""
        return list(iter(self.hear, None))

    def until(self, kind: type) -> Any:
        """The next message of a type."""
        while not isinstance(message := self.hear(), kind):
            assert message is not None, f"there was no {kind.__name__}"
        return message

    def vanish(self) -> None:
        self.file.close()
        self.connection.close()


class Viewer:
    """A client whose messages a thread collects."""

    def __init__(self, run: Path, *, readonly: bool = False) -> None:
        self.client = RunClient(connect(run), readonly=readonly)
        self.messages: list[Grown | Event] = []
        self.problem: Exception | None = None
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        try:
            for message in self.client.messages():
                self.messages.append(message)
        except Exception as error:
            self.problem = error
        self.client.close()

    def join(self) -> None:
        """Wait for the end of the messages."""
        join(self._thread)
        if self.problem is not None:
            raise self.problem

    def all(self, kind: type) -> list[Any]:
        return [message for message in self.messages if isinstance(message, kind)]

    def wait_for(self, kind: type, n: int = 1) -> Any:
        """The n-th message of a type, when it has come."""
        wait_until(lambda: len(self.all(kind)) >= n)
        return self.all(kind)[n - 1]


def notice(step: int) -> Notice:
    return Notice(step=step, level="info", text=f"at {step}")


def examples(step: int) -> Examples:
    return Examples(step=step, images=np.full((10, 8, 28, 28), step % 256, np.uint8))


def latent_map(step: int) -> LatentMap:
    return LatentMap(
        step=step,
        points=np.full((1000, 2), step, np.float32),
        labels=np.zeros(1000, np.int32),
        latents=np.full((1000, 20), step, np.float32),
        explained=(0.5, 0.25),
    )


ENDED = Ended(step=9, reason="finished")


def ask(ticket: int, n: int = 1) -> Generate:
    return Generate(ticket, np.full((n, 20), ticket, np.float32), np.zeros((n, 10), np.float32))


def images(question: Generate) -> Generated:
    """What a trainer answers: here, pictures of the first code's number."""
    value = np.uint8(question.codes[0, 0])
    images = np.full((len(question.codes), 28, 28), value, np.uint8)
    return Generated(step=1, ticket=question.ticket, images=images, weights=question.weights)


def answer(host: Host) -> None:
    question = host.command()
    assert isinstance(question, Generate)
    host.publish(images(question))


def assert_serves(host: Host) -> None:
    """Another viewer is let in, is heard and told."""
    peer = Peer(host.run)
    peer.say(encode(Checkpoint()))
    wait_until(lambda: any(command == Checkpoint() for command in list(host.commands.queue)))
    host.publish(notice(1))
    while peer.until(Grown).end < host.end:
        pass
    peer.vanish()
