"""A sweep on a terminal: ctrl+c and q end it at every moment, also between two runs; the loss of the terminal does not.
No model is trained."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from hosted import PATIENCE, is_in_state
from pseudoterminal import PseudoTerminal
from vae_tui.tui.process.exit_codes import INTERRUPTED

pytestmark = pytest.mark.process

STAND_IN = f"""
import dataclasses, sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2] / "core")!r})
from compared import evaluated, metrics, over, ready
from vae_tui.core.live import live_run
from vae_tui.core.protocol import Ended, RunState, StateChanged, Stop
from vae_tui.core.run import RunLog
from vae_tui.tui.app import training_process
from vae_tui.tui.session.local_session import LocalSession

slow = sys.argv.pop(1).split()

def reach(moment):
    Path(moment).touch()
    if moment in slow:
        time.sleep(2 if moment == "closing" else 1)  # longer than a screen may take to close after a signal

def run_training(run, commands, listen, launch, *, attended, limits):
    log = RunLog(run)
    def say(event):
        event = dataclasses.replace(event, time=time.time())
        log.record(event)
        listen(event)
    for event in ready(total_steps=60):
        say(event)
    reach("training")
    for step in range(10, 61, 10):
        say(metrics(step - 9, step))
        (run.checkpoints_path / str(step)).mkdir(parents=True, exist_ok=True)
        if not commands.empty() and isinstance(commands.get(), Stop):
            ended = Ended(step=step, reason="stopped", checkpoint="checkpoint")
            break
        time.sleep(0.01)
    else:
        say(evaluated(60, 90.0))
        state, ended = over(60)
        say(state)
        reach("finished")
    say(ended)
    log.close()
    return ended

live_run.run_training = run_training
close = LocalSession.close

def close_slowly(session):
    reach("closing")
    close(session)

LocalSession.close = close_slowly
end_process = training_process.end_process

def end_slowly(code):
    reach("ending")
    end_process(code)

training_process.end_process = end_slowly
from vae_tui.tui.cli import main
main()
"""


def start(folder: Path, slow: str = "", *flags: str, controls: bool = True) -> PseudoTerminal:
    """Start a sweep of three runs; some moments of each may be slow."""
    command = (sys.executable, "-c", STAND_IN, slow, "train", "--sweep", "train.seed=0..2", "-d", "mnist5k", *flags)
    home = {"HOME": str(folder)}
    return PseudoTerminal(*command, cwd=folder, size=(100, 30), environment=home, controls=controls)


def assert_left(terminal: PseudoTerminal, runs_left: int) -> None:
    """Check that the sweep ends, says how to go on, and leaves the terminal as it was."""
    assert terminal.wait() == INTERRUPTED
    after = terminal.text.replace("\r", "")
    assert f"{runs_left} of 3 runs are left; the same command goes on:" in after
    assert after.rstrip().splitlines()[-1].startswith("go on       vae-tui train --sweep train.seed=0..2")
    assert terminal.modes == terminal.modes_before
    assert terminal.shown.rfind(b"\x1b[?1049l") > terminal.shown.rfind(b"\x1b[?1049h")


@pytest.mark.parametrize("key", ["\x03", "q"])
def test_a_key_ends_the_sweep_though_the_run_is_over(key: str, tmp_path: Path) -> None:
    with start(tmp_path, "finished") as terminal:
        terminal.wait_for((tmp_path / "finished").exists)
        terminal.type(key)
        assert_left(terminal, 2)


def test_ctrl_c_ends_the_sweep_while_the_screen_of_a_run_is_closed(tmp_path: Path) -> None:
    with start(tmp_path, "closing ending") as terminal:
        terminal.wait_for((tmp_path / "closing").exists)
        terminal.type("\x03")
        assert_left(terminal, 2)


def test_without_a_key_the_sweep_says_one_line_a_run_and_what_to_do_next_once(tmp_path: Path) -> None:
    with start(tmp_path) as terminal:
        terminal.wait_for(lambda: terminal.text.count("vae-tui compare") == 1)
        said = terminal.text
        for seed in range(3):
            # On a busy machine a run takes seconds.
            assert re.search(rf"seed={seed}      60 steps in 0:\d\d, validation 90\.00 at step 60\n", said)
        assert said.count("vae-tui sample") == said.count("vae-tui eval") == 1
        terminal.wait_for(lambda: terminal.shown.count(b"\x1b[?1049h") == 4)  # the comparison
        terminal.type("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize(
    ("on_hangup", "way", "finished"),
    [
        ("continue", "signal", 3),
        ("continue", "signal to the job", 3),
        ("continue", "no signal", 3),
        ("stop", "signal", 0),
        ("stop", "signal to the job", 0),
    ],
)
def test_a_sweep_without_the_screen_outlives_its_terminal_unless_it_is_to_stop(
    tmp_path: Path, on_hangup: str, way: str, finished: int
) -> None:
    """A terminal that is closed tells the leader of its session; a shell that is closed tells each of its jobs."""
    flags = ("--headless", "--on-hangup", on_hangup)
    with start(tmp_path, "training", *flags, controls=way != "no signal") as terminal:
        terminal.wait_for((tmp_path / "training").exists)
        if way == "signal to the job":
            os.killpg(terminal.process.pid, signal.SIGHUP)
        terminal.cut()
        assert terminal.process.wait(PATIENCE) == 0
    runs = [tmp_path / "runs" / "sweep-seed" / f"seed={seed}" for seed in range(3)]
    assert sum(run.exists() and is_in_state(run, "finished") for run in runs) == finished
