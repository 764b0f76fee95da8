"""A run that a real process trains without a screen, and a viewer that is connected to it."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from command import COMMAND, environment
from runlog import records
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.errors import RunError
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect
from vae_tui.core.live.wire import Grown
from vae_tui.core.protocol.commands import Command
from vae_tui.core.protocol.events import Event

M = TypeVar("M", bound=Grown | Event)

LONG = 10**7
"""Steps that no test waits for."""

PATIENCE = 120
"""Seconds after which something counts as not happening, on the slowest machine."""

SMALL = ("--model.hidden", "8", "--model.latents", "2", "--optim.warmup-steps", "1", "--run.samples-per-class", "1")
"""The flags of a run that compiles and trains in seconds, as `small_config` says it."""


def small_config(path: Path, steps: int, **train: Any) -> Config:
    """A run that compiles and trains in seconds."""
    return Config(
        data=DataConfig(name="mnist5k"),
        model=ModelConfig(hidden=(8,), latents=2),
        optim=OptimConfig(warmup_steps=1),
        train=TrainConfig(steps=steps, **train),
        run=RunConfig(dir=str(path), samples_per_class=1),
    )


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
            assert message is not None, f"the process has hung up without {kind.__name__}"
        return message

    def leave(self) -> None:
        self._client.close()

    def _listen(self) -> None:
        for message in self._client.messages():
            self._told.put(message)
        self._told.put(None)


@contextlib.contextmanager
def hosted(
    run: Path, *arguments: str, data: str = "mnist5k", steps: int = LONG, resume: bool = False
) -> Iterator[tuple[subprocess.Popen[str], Viewer]]:
    """Train a run in a process of its own, and connect a viewer to it. What is left of the process is killed.

    Args:
        run: The run's directory.
        arguments: More arguments of `vae-tui train`.
        data: The data set of a new run.
        steps: The length of the run.
        resume: Continue the run.
    """
    which = ("--resume", str(run)) if resume else ("--run.dir", str(run), "--data.name", data, *SMALL)
    command = [*COMMAND, "train", "--headless", *which, "--train.steps", str(steps), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env=environment(),
    ) as process:  # fmt: skip
        viewer = None
        try:
            viewer = _connected(run, process)
            yield process, viewer
        finally:
            if viewer is not None:
                viewer.leave()
            process.kill()


def _connected(run: Path, process: subprocess.Popen[str]) -> Viewer:
    """Connect to a process as soon as it listens."""
    viewers: list[Viewer] = []

    def connects() -> bool:
        assert process.poll() is None, process.communicate()[1]
        with contextlib.suppress(RunError):
            viewers.append(Viewer(run))
        return bool(viewers)

    wait_for(connects)
    return viewers[0]
