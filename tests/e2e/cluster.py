"""Clusters of real processes on this machine: JAX's own runtime on loopback, with gloo between the devices."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from commands import VAE_TUI
from processes import end_processes_of
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect
from vae_tui.core.protocol import Command, Event
from vae_tui.core.run.event_log import read_events

PATIENCE = 900.0
"""Seconds for what a machine under load does slowly."""

SETTINGS = ("--data.name", "mnist5k", "--model.hidden", "16", "--model.latents", "4", "--train.batch-size", "48")

E = TypeVar("E", bound=Event)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """Some processes that train one run."""

    def __init__(self, run: Path, size: int, *arguments: str) -> None:
        self.run = run
        self._settings = (*SETTINGS, *arguments)
        self._client: RunClient | None = None
        address = f"127.0.0.1:{free_port()}"
        self.processes = [self.start(i, f"{address},{size},{i}") for i in range(size)]

    def start(self, index: int, place: str) -> subprocess.Popen[bytes]:
        with self.output(index).open("wb") as output:
            return subprocess.Popen(
                [VAE_TUI, "train", "--headless", "--cluster", place, "--run.dir", str(self.run), *self._settings],
                env=os.environ | {"JAX_PLATFORMS": "cpu"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self, index: int) -> Path:
        return self.run.parent / f"{self.run.name}-output-{index}"

    def said(self, index: int) -> str:
        """What a process has printed."""
        return self.output(index).read_text()

    def events(self, kind: type[E]) -> list[E]:
        log = self.run / "events.jsonl"
        if not log.exists():
            return []
        return [event for event in read_events(log, warn=lambda text: None) if isinstance(event, kind)]

    def wait_for(self, kind: type[E], is_it: Callable[[E], bool] = lambda event: True) -> E:
        """Wait until the log has an event."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for event in reversed(self.events(kind)):
                if is_it(event):
                    return event
            assert any(process.poll() is None for process in self.processes), self.said(0)
            time.sleep(0.1)
        raise AssertionError(f"no {kind.__name__}; process 0 said: {self.said(0)}")

    def send(self, *commands: Command) -> None:
        """Send commands as an attached screen does, which stays open and reads all events."""
        if self._client is None:
            self._client = RunClient(connect(self.run), readonly=False)
            messages = self._client.messages()
            next(messages)  # it is welcome
            threading.Thread(target=lambda: list(messages), daemon=True).start()
        for command in commands:
            self._client.send(command)

    def codes(self) -> list[int]:
        """Wait for all processes, and return their exit codes."""
        return [process.wait(PATIENCE) for process in self.processes]

    def worker_of(self, index: int) -> int:
        """The child of a follower, which does the work."""
        parent = str(self.processes[index].pid)
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", parent], capture_output=True, text=True, check=True)
        return int(found.stdout.split()[0])

    def cpu_seconds(self, index: int) -> float:
        """The CPU time that a follower's worker has used."""
        fields = Path(f"/proc/{self.worker_of(index)}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def cluster(run: Path, size: int, *arguments: str) -> Iterator[Cluster]:
    """Start a cluster, and leave none of its processes behind."""
    started = Cluster(run, size, *arguments)
    try:
        yield started
    finally:
        for process in started.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        end_processes_of(run)
