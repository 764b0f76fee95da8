"""The app hangs in the process that trains: the training goes on, can be reached, and can be ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import VAE_TUI, patched
from disturbing import SHORT, STEPS
from processes import processes_of, trainer_of
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from runlog import last_step, metrics, records, states, wait_for_steps
from shells import LONG, assert_stopped_properly, parent_and_trainer
from vae_tui.tui.process.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.e2e

WAYS = {"asleep": "time.sleep(10**6)", "busy": "while True: pass"}
"""Statements that take for ever: one that lets other threads go on, and one that does so only when it has to."""

ENOUGH_SECONDS = 30.0
"""What is asked to end has ended by then, on a machine with much else to do."""

HANGING = """
import time
from vae_tui.tui.app.app import VaeTuiApp

tick = VaeTuiApp._tick

def hanging(app):
    tick(app)
    if app.view.step:
        open("hung", "w").close()
        {way}

VaeTuiApp._tick = hanging
"""


@pytest.fixture(params=["asleep", pytest.param("busy", marks=pytest.mark.soak)])
def show_hung(request: pytest.FixtureRequest, run: Path) -> Iterator[Callable[..., PseudoTerminal]]:
    """A function that trains and shows a run, and returns the terminal once the app there hangs."""
    patch = HANGING.format(way=WAYS[request.param])
    shown: list[PseudoTerminal] = []

    def show(*arguments: str, controls: bool = True) -> PseudoTerminal:
        command = patched(patch, *arguments, "--run.dir", str(run))
        shown.append(PseudoTerminal(*command, cwd=run.parent, controls=controls))
        shown[-1].wait_for(lambda: (run.parent / "hung").exists())
        return shown[-1]

    try:
        yield show
    finally:
        for terminal in shown:
            terminal.close()


Show = Callable[..., PseudoTerminal]


@pytest.mark.soak
def test_the_training_goes_on_at_its_pace(run: Path, show_hung: Show, start_calm: Callable[..., Path]) -> None:
    calm = start_calm(*LONG)
    show_hung(*LONG)
    wait_for_steps(calm)
    before, calm_before = last_step(run), last_step(calm)
    wait_for(lambda: last_step(run) > before + 5000)
    assert last_step(calm) - calm_before < 4 * 5000, "another one, without an app, is not very much faster"


def test_viewers_can_look_and_steer(run: Path, show_hung: Show) -> None:
    terminal = show_hung(*LONG)
    with PseudoTerminal(VAE_TUI, "attach", str(run), cwd=run.parent) as viewer:
        viewer.wait_for("learning rate")
        viewer.type(" ")
        viewer.wait_for(lambda: states(run)[-1] == "paused")
        viewer.type(" ")
        viewer.wait_for(lambda: states(run)[-1] == "training")
        wait_for_steps(run)
        viewer.type("d")
        assert viewer.wait() == 0
    wait_for_steps(run)
    assert is_alive(terminal.process.pid)


@pytest.mark.parametrize(
    ("show_hung", "is_told", "number"),
    [("asleep", "parent", signal.SIGTERM), pytest.param("busy", "trainer", signal.SIGINT, marks=pytest.mark.soak)],
    indirect=["show_hung"],
)
def test_a_signal_ends_it_with_a_checkpoint(run: Path, show_hung: Show, is_told: str, number: signal.Signals) -> None:
    terminal = show_hung(*LONG)
    parent, trainer = parent_and_trainer(run)
    told_at = time.monotonic()
    os.kill(parent if is_told == "parent" else trainer, number)
    assert terminal.wait() == 0
    assert time.monotonic() < told_at + ENOUGH_SECONDS
    assert_stopped_properly(run)
    assert terminal.modes == terminal.modes_before
    assert "--resume" in terminal.shown.rpartition(LEAVE_SCREEN)[2].decode()


@pytest.mark.parametrize(
    ("show_hung", "controls"),
    [("asleep", True), pytest.param("busy", False, marks=pytest.mark.soak)],
    indirect=["show_hung"],
)
def test_after_a_hang_up_it_trains_to_its_end(run: Path, show_hung: Show, controls: bool) -> None:
    terminal = show_hung(*SHORT, controls=controls)
    parent, trainer = parent_and_trainer(run)
    terminal.cut()
    wait_for_steps(run)
    assert trainer_of(run) == trainer
    assert is_alive(parent)
    wait_for(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == 0
    assert last_step(run) == STEPS
    assert records(run)[-1]["reason"] == "finished"
    assert processes_of(run) == []


def test_without_its_parent_it_trains_on(run: Path, show_hung: Show) -> None:
    terminal = show_hung(*LONG)
    parent, trainer = parent_and_trainer(run)
    os.kill(parent, signal.SIGKILL)
    terminal.wait_for(lambda: terminal.shown.endswith(LEAVE_SCREEN))
    assert terminal.modes == terminal.modes_before
    wait_for_steps(run)
    os.kill(trainer, signal.SIGTERM)
    assert_stopped_properly(run)


NEVER_THERE = """
import time
from vae_tui.tui.app.app import VaeTuiApp

def hang(app):
    open("hung", "w").close()
    time.sleep(10**6)

VaeTuiApp.on_mount = hang
"""


@pytest.mark.parametrize("way", ["SIGTERM", pytest.param("cut", marks=pytest.mark.soak)])
def test_an_app_that_hangs_from_the_start_can_be_ended(run: Path, way: str) -> None:
    command = patched(NEVER_THERE, *SHORT, "--run.dir", str(run))
    with PseudoTerminal(*command, cwd=run.parent) as terminal:
        terminal.wait_for(lambda: (run.parent / "hung").exists())
        if way == "SIGTERM":
            os.kill(trainer_of(run), signal.SIGTERM)
            assert terminal.wait() == 0
            assert terminal.modes == terminal.modes_before
        else:  # it trains without a screen, then
            terminal.cut()
            wait_for(lambda: terminal.process.poll() is not None)
            assert records(run)[-1]["reason"] == "finished"
    assert processes_of(run) == []


RECOVERING = """
import json, os, time
from pathlib import Path
from vae_tui.core.protocol.events import Evaluated, Metrics
from vae_tui.tui.app import feed
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.session import local_session

feed.MAX_WAITING = local_session.MAX_WAITING = 20
tick, take = VaeTuiApp._tick, VaeTuiApp._handle_event
taken = open("taken", "w")

def hanging(app):
    while Path("hang").exists():
        Path("hung").touch()
        time.sleep(0.01)
    tick(app)

def taking(app, event):
    if isinstance(event, Metrics):
        print(json.dumps([event.first_step, event.loss.tolist()]), file=taken, flush=True)
    if isinstance(event, Evaluated):
        print(json.dumps([event.split, event.loss]), file=taken, flush=True)
    take(app, event)

VaeTuiApp._tick, VaeTuiApp._handle_event = hanging, taking
"""
CHUNKS = 100
"""Chunks of steps that are taken while the app hangs, at least: more than can wait for it."""


@pytest.mark.parametrize("has_past", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_an_app_that_goes_on_again_misses_nothing(run: Path, has_past: bool) -> None:
    hang = run.parent / "hang"
    arguments = (*LONG, "--run.dir", str(run))
    if has_past:  # and a long one, which is read while the app hangs
        subprocess.run([VAE_TUI, *SHORT, "--headless", "--run.dir", str(run)], check=True, stdout=subprocess.DEVNULL)
        arguments = ("train", "--resume", str(run), "--train.steps", "1000000")
        hang.touch()
    before = last_step(run)
    with PseudoTerminal(*patched(RECOVERING, *arguments), cwd=run.parent) as terminal:
        terminal.wait_for(lambda: last_step(run) > before)
        hang.touch()
        terminal.wait_for(lambda: (run.parent / "hung").exists())
        chunks = len(records(run, "metrics"))
        terminal.wait_for(lambda: len(records(run, "metrics")) > chunks + CHUNKS)
        hang.unlink()
        terminal.type(" ")
        terminal.wait_for(lambda: states(run)[-1] == "paused")
        terminal.shown = b""
        terminal.resize(100, 30)  # everything is drawn anew
        terminal.wait_for(f"{last_step(run):,} of 1,000,000")
        terminal.type("qy")
        assert terminal.wait() == 0
    taken = [json.loads(line) for line in (run.parent / "taken").read_text().splitlines()]
    steps = [(first + i, loss) for first, losses in taken if isinstance(first, int) for i, loss in enumerate(losses)]
    assert [step for step, _ in steps] == list(range(1, last_step(run) + 1)), "in order, and each but once"
    assert dict(steps) == pytest.approx({step: row[0] for step, row in metrics(run).items()})
    evaluations = [[record["split"], record["loss"]] for record in records(run, "evaluated")]
    assert [found for found in taken if isinstance(found[0], str)] == evaluations
