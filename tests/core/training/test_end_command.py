"""The user's command at the end of a run: what it is told, that it is no shell's, and how its failure is told."""

from __future__ import annotations

import json
import queue
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from logs import write
from vae_tui.core.config import Config, DataConfig, RunConfig
from vae_tui.core.errors import TrainingError
from vae_tui.core.protocol.events import Ended, Evaluated, Event, Notice, Rewound, RunState, StateChanged
from vae_tui.core.run.event_log import read_events
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training import end_command
from vae_tui.core.training.launch import Launch
from vae_tui.core.training.run_training import run_training

WRITE = """
import json, os, signal, sys
told = {name: value for name, value in os.environ.items() if name.startswith("VAE_TUI_")}
blocked = [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])]
ignored = [int(n) for n in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(n) == signal.SIG_IGN]
json.dump([sys.argv[2:], told, blocked, ignored, sys.stdin.read()], open(sys.argv[1], "w"))
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    config = Config(data=DataConfig(name="mnist5k"), run=RunConfig(dir=str(tmp_path / "run")))
    with RunDirectory.create(config) as directory:
        yield directory


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a stand-in for the trainer measures, and how it ends: a state, or an error."""
    how: dict[str, Any] = {
        "state": RunState.FINISHED,
        "error": None,
        "evaluations": (("validation", 101.0, True), ("validation", 102.5, False), ("test", 99.0, False)),
    }

    class Trainer:
        step = 20

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._emit = arguments[4]

        def run(self) -> None:
            for split, loss, best in how["evaluations"]:
                self._emit(Evaluated(step=20, split=split, loss=loss, reconstruction=loss, kl=0.0, best=best))
            if how["error"]:
                raise how["error"]
            self._emit(StateChanged(step=20, state=how["state"]))

        def serve(self) -> None:
            pass

        def close(self) -> Ended:
            return Ended(step=20, reason=how["state"].value)

    monkeypatch.setattr("vae_tui.core.training.trainer.Trainer", Trainer)
    return how


def trained(run: RunDirectory, *on_end: str) -> list[Event]:
    events: list[Event] = []
    run_training(run, queue.Queue(), events.append, Launch(is_resumed=False, on_end=on_end))
    return events


@pytest.mark.parametrize("reason", ["finished", "stopped", "failed"])
def test_the_command_knows_the_run(run: RunDirectory, trainer: dict[str, Any], tmp_path: Path, reason: str) -> None:
    if reason == "failed":
        trainer["error"] = TrainingError("it's $HOME; `no`")
    else:
        trainer["state"] = RunState(reason)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        trained(run, sys.executable, "-c", WRITE, str(tmp_path / "told"), "$HOME; `no`", "two words")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    arguments, told, blocked, ignored, typed = json.loads((tmp_path / "told").read_text())
    assert arguments == ["$HOME; `no`", "two words"], "no shell reads it"
    assert told == {
        "VAE_TUI_RUN": str(run.path),
        "VAE_TUI_REASON": reason,
        "VAE_TUI_STEP": "20",
        "VAE_TUI_LOSS": "102.5000",
        "VAE_TUI_BEST_LOSS": "101.0000",
        "VAE_TUI_TEST_LOSS": "99.0000",
        "VAE_TUI_MESSAGE": "it's $HOME; `no`" if reason == "failed" else "",
    }
    assert (blocked, ignored, typed) == ([], [], ""), "it can be stopped, and waits for no input"


def test_the_command_knows_the_losses_of_all_sessions_but_none_that_a_rewind_discarded(
    run: RunDirectory, trainer: dict[str, Any], tmp_path: Path
) -> None:
    """The last session ends before its first evaluation."""
    for step, loss in ((10, 101.0), (20, 95.0), (30, 97.0)):
        best = step < 30
        write(run, Evaluated(step=step, split="validation", loss=loss, reconstruction=loss, kl=0.0, best=best))
    write(run, Rewound(step=10, from_step=30))
    trainer["evaluations"] = ()
    trained(run, sys.executable, "-c", WRITE, str(tmp_path / "told"))
    _, told, *_ = json.loads((tmp_path / "told").read_text())
    losses = {name: value for name, value in told.items() if name.endswith("LOSS")}
    assert losses == {"VAE_TUI_LOSS": "101.0000", "VAE_TUI_BEST_LOSS": "101.0000", "VAE_TUI_TEST_LOSS": ""}


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("/nowhere/to-be-found",), "cannot be started: .*No such file"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "failed with exit code 3; its output is in train.log"),
    ],
)
def test_a_command_that_fails_is_told_of_before_the_last_event(
    run: RunDirectory, trainer: dict[str, Any], command: tuple[str, ...], problem: str
) -> None:
    events = trained(run, *command)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.level == "warning"
    assert re.search(f"--on-end: {command[0]} {problem}", notice.text)
    assert isinstance(events[-1], Ended)
    assert list(read_events(run.events_path)) == events


def test_a_command_that_takes_long_does_not_hold_the_end_up(
    run: RunDirectory, trainer: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_command, "EXIT_SECONDS", 0.05)
    go_on = tmp_path / "go on"
    code = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)\nopen(sys.argv[2], 'w')"
    assert isinstance(trained(run, sys.executable, "-c", code, str(go_on), str(tmp_path / "done"))[-1], Ended)
    assert not (tmp_path / "done").exists()
    go_on.touch()
    while not (tmp_path / "done").exists():
        time.sleep(0.02)
