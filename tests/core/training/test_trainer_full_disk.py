"""What the trainer does on a full disk: it waits for room where a screen shows the run, and ends elsewhere."""

import queue
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from trainer_runs import Run, assert_same_state
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import DiskFullError
from vae_tui.core.learning.saved_checkpoints import SavedCheckpoints
from vae_tui.core.protocol.commands import Command, Resume, Stop
from vae_tui.core.protocol.events import Event, Notice, RunState, StateChanged
from vae_tui.core.training import room

MakeConfig = Callable[..., Config]


class Disk:
    """A disk without room for a checkpoint, until it is freed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = 3_000
        usage = shutil.disk_usage(Path.cwd())
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=self.free))
        monkeypatch.setattr(room, "POLL_SECONDS", 0.0)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def is_full(event: Event) -> bool:
    return isinstance(event, StateChanged) and event.state == RunState.PAUSED and event.detail == "disk full"


def test_a_run_with_a_screen_waits_for_room_and_goes_on_by_itself(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, disk: Disk, undisturbed: Run
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if is_full(event):
            disk.free = 10**12
        elif isinstance(event, StateChanged) and event.state == RunState.FINISHED:
            commands.put(Stop())

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script, attended=lambda: True)
    assert [event.step for event in run.events if is_full(event)] == [10]
    (notice,) = [event for event in run.of(Notice) if event.level == "error"]
    assert notice.text.startswith(f"no space left in {tmp_path}: a checkpoint needs about 2.0 MB")
    assert notice.text.endswith("and 0.0 MB are free; free some space, then press space")
    assert_same_state(run, undisturbed)
    assert SavedCheckpoints(tmp_path).steps == SavedCheckpoints(undisturbed.path).steps


def test_resume_tries_again_and_stop_ends_the_wait_with_one_line(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, disk: Disk
) -> None:
    answers: list[Command] = [Resume(), Stop()]
    pauses: list[Event] = []

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if is_full(event):
            pauses.append(event)
            commands.put(answers.pop(0))

    with pytest.raises(DiskFullError, match=r"\Ano space left in .*; free some space, then resume the run\Z"):
        Run(tiny_config(steps=40), tiny_dataset, tmp_path, script, attended=lambda: True)
    assert [event.step for event in pauses] == [10, 10]


def test_a_run_without_a_screen_ends_and_its_last_checkpoint_is_whole(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, disk: Disk
) -> None:
    disk.free = 10**12

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if event.step > 10:
            disk.free = 3_000

    with pytest.raises(DiskFullError, match="no space left"):
        Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    saved = SavedCheckpoints(tmp_path)
    assert saved.steps == [10]
    saved.check(10)


def test_the_last_checkpoint_waits_for_room(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, disk: Disk
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if is_full(event):
            disk.free = 10**12

    run = Run(tiny_config(steps=5), tiny_dataset, tmp_path, script, attended=lambda: True)
    assert SavedCheckpoints(tmp_path).steps == [5]
    assert [event.state for event in run.of(StateChanged)][-3:] == [
        RunState.PAUSED,
        RunState.TRAINING,
        RunState.FINISHED,
    ]


def test_an_event_log_without_room_pauses_the_run_too(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "POLL_SECONDS", 0.0)
    shortage = "no space left in runs/x"

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        nonlocal shortage
        if is_full(event):
            shortage = ""

    run = Run(
        tiny_config(steps=5), tiny_dataset, tmp_path, script, attended=lambda: True, log_shortage=lambda: shortage
    )
    assert [event.step for event in run.events if is_full(event)] == [0]
    assert run.ended.reason == "finished"
