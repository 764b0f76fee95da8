"""Requests for a checkpoint that come while the trainer waits for an earlier one."""

import queue
from collections.abc import Callable
from pathlib import Path

import pytest
from trainer_runs import Run
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.protocol.commands import Checkpoint, Command
from vae_tui.core.protocol.events import CheckpointStarted, Evaluated, Event, Metrics

MakeConfig = Callable[..., Config]


class HeldKey:
    """Requests at one moment; the checkpoint before them is being written until all of them are handled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.step: int | None = None
        self._commands: queue.Queue[Command] = queue.Queue()
        take_completed = CheckpointStore.take_completed

        def take_slowly(store: CheckpointStore, *, wait: bool = False) -> int | None:
            is_done = self.step is not None and self._commands.empty()
            return take_completed(store, wait=wait) if is_done or wait else None

        monkeypatch.setattr(CheckpointStore, "take_completed", take_slowly)

    def press(self, step: int, commands: "queue.Queue[Command]", times: int) -> None:
        for _ in range(times):
            commands.put(Checkpoint())
        self.step, self._commands = step, commands


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> HeldKey:
    return HeldKey(monkeypatch)


def started(run: Run) -> list[tuple[int, bool]]:
    return [(event.step, event.requested) for event in run.of(CheckpointStarted)]


def test_one_checkpoint_answers_all_requests_that_come_before_it(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, key: HeldKey
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step > 10 and key.step is None:
            key.press(event.step, commands, times=1000)

    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    assert key.step is not None
    assert started(run) == [(10, False), (key.step, True), *([(20, False)] if key.step < 20 else [])]


def test_a_scheduled_checkpoint_answers_the_requests_that_come_before_it(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, key: HeldKey
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Evaluated) and event.step == 20 and key.step is None:
            key.press(event.step, commands, times=3)

    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    assert started(run) == [(10, False), (20, True)]
