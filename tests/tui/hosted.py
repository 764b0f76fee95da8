"""A run that a real host trains, and a viewer that was connected before the host began."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from vae_tui.core.commands import Command
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.events import Event
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect, listen
from vae_tui.core.live.wire import Grown
from vae_tui.core.rundir import RunDirectory
from vae_tui.tui.host import start_host

M = TypeVar("M", bound=Grown | Event)

LONG = 10**7
"""Steps that no test waits for."""

PATIENCE = 120
"""Seconds after which something counts as not happening, on the slowest machine."""


def small_config(path: Path, steps: int, **train: Any) -> Config:
    """A run that compiles and trains in seconds."""
    return Config(
        data=DataConfig(name="mnist5k"),
        model=ModelConfig(hidden=(8,), latents=2),
        optim=OptimConfig(warmup_steps=1),
        train=TrainConfig(steps=steps, **train),
        run=RunConfig(dir=str(path), samples_per_class=1),
    )


def records(run: Path) -> list[dict[str, Any]]:
    """The complete lines of a run's log."""
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in (run / "events.jsonl").read_text().split("\n")[:-1]]
    return []


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def is_in_state(run: Path, state: str) -> bool:
    """Whether a run is, or was, in a state."""
    return any(record.get("state") == state for record in records(run))


class Viewer:
    """A viewer that notes what it is told over the socket."""

    def __init__(self, run: Path, *, readonly: bool = False) -> None:
        self._client = RunClient(connect(run), readonly=readonly)
        self._told: queue.Queue[Grown | Event | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, command: Command) -> None:
        self._client.send(command)

    def until(self, kind: type[M]) -> M:
        """The next message of a kind; those before it are gone."""
        give_up = time.monotonic() + PATIENCE
        while not isinstance(message := self._told.get(timeout=max(0, give_up - time.monotonic())), kind):
            assert message is not None, f"the host has hung up without {kind.__name__}"
        return message

    def leave(self) -> None:
        self._client.close()

    def _listen(self) -> None:
        for message in self._client.messages():
            self._told.put(message)
        self._told.put(None)


@contextlib.contextmanager
def hosted(run: RunDirectory, *, resume: bool = False) -> Iterator[tuple[subprocess.Popen[bytes], Viewer]]:
    """Start a host for a run and hand the run over to it. What is left of the host is killed."""
    with run, listen(run.path) as listener:
        viewer = Viewer(run.path)
        host = start_host(run, listener, resume=resume, note="a note")
    try:
        yield host, viewer
    finally:
        viewer.leave()
        host.kill()
        host.wait()
