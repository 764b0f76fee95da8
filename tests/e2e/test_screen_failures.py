"""The screen fails at random moments, again and again: the training goes on, and takes the very steps that it takes
without a screen."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import VAE_TUI, patched
from disturbing import SHORT, STEPS, assert_undisturbed, keep_pace
from processes import processes_of, trainer_of
from pseudoterminal import PseudoTerminal, wait_for
from runlog import last_step, wait_for_steps
from shells import LONG, assert_stopped_properly
from vae_tui.core.errors import RunError
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect
from vae_tui.core.protocol.commands import Resume
from vae_tui.tui.process.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.soak

FAILURES, STARTS = 8, 3
"""Screens that fail; some of them have started the training, the others are attached to it."""

LONGEST_SECONDS = {"train": 10.0, "attach": 4.0}
"""When a screen fails, at the latest: by then it has long been there, and what it has started mostly trains."""

PLACES = (
    "app.app.VaeTuiApp.run",
    "app.app.VaeTuiApp.on_mount",
    "app.app.VaeTuiApp._tick",
    "app.app.VaeTuiApp._watch",
    "app.app.VaeTuiApp.on_session_events",
    "app.app.VaeTuiApp.action_help",
    "screens.monitor_screen.MonitorScreen.paint",
    "widgets.cells_panel._Tile.render_line",
    "widgets.log_panel.LogView.render_line",
)
ERRORS = ("RuntimeError", "OSError", "MemoryError")

FAILING = """
import asyncio, functools, importlib, time

fail_at = time.monotonic() + {seconds}
*module, owner, name = "{place}".split(".")
owner = getattr(importlib.import_module(".".join(["vae_tui.tui", *module])), owner)
function = getattr(owner, name)

@functools.wraps(function)
def failing(*arguments, **options):
    if name in ("run", "on_mount"):  # they are called but once
        time.sleep(max(0, fail_at - time.monotonic()))
    if time.monotonic() >= fail_at:
        raise {error}("the test says so")
    return function(*arguments, **options)

setattr(owner, name, failing)
"""


class Failing:
    """Shows a run on screens that fail.

    Args:
        run: The run's directory.
    """

    def __init__(self, run: Path) -> None:
        self.client: RunClient | None = None
        """A connection to the run, as long as it is trained."""
        self._run = run
        self._sizes = itertools.cycle(((120, 40), (100, 32)))
        self._acted_at = 0.0

    def show(self, arguments: tuple[str, ...], place: str, error: str, seconds: float, *, share: float) -> None:
        """Give a command, and wait until its screen has failed and it has ended; keep what it has trained to a share
        of all steps."""
        log = self._run / ("view.log" if arguments[0] == "attach" else "train.log")
        told_before = log.read_text().count("the test says so") if log.exists() else 0
        patch = FAILING.format(place=place, error=error, seconds=seconds)
        with PseudoTerminal(*patched(patch, *arguments), cwd=self._run.parent) as terminal:
            wait_for(lambda: terminal.process.poll() is not None, meanwhile=lambda: self._act(terminal, share))
            assert terminal.wait() == 1, terminal.text
            assert terminal.modes == terminal.modes_before
            said = terminal.shown.rpartition(LEAVE_SCREEN)[2].decode()
        assert "vae-tui: the screen has failed" in said
        assert "goes on in the background" in said or "is paused in the background" in said
        assert f"vae-tui attach {self._run}" in said
        is_told = log.read_text().count("the test says so") > told_before
        is_told |= error == "asyncio.CancelledError"  # Textual swallows it
        assert is_told or (arguments[0] == "attach" and "the test says so" in said), "nothing says how"

    def _act(self, terminal: PseudoTerminal, share: float) -> None:
        """Read what is shown; now and then press a key, have everything drawn anew, and see to the pace."""
        terminal.read()
        if time.monotonic() < self._acted_at + 0.3:
            return
        self._acted_at = time.monotonic()
        if terminal.process.poll() is None:
            terminal.type("?")
            terminal.resize(*next(self._sizes))
        self.connect()
        if self.client is not None:
            keep_pace(self._run, self.client, share)

    def connect(self) -> None:
        """Connect to the run, if it is trained and that has not been done."""
        if self.client is None:
            with contextlib.suppress(RunError):
                self.client = RunClient(connect(self._run), readonly=False)

    def stop(self) -> None:
        """Stop the training, to be resumed."""
        subprocess.run([VAE_TUI, "stop", str(self._run)], check=True, stdout=subprocess.DEVNULL)
        if self.client is not None:
            self.client.close()
        self.client = None


def test_a_run_whose_screens_fail_takes_the_same_steps(run: Path, start_calm: Callable[..., Path]) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    rng = random.Random(seed)
    calm = start_calm(*SHORT)
    failing = Failing(run)
    arguments = (*SHORT, "--run.dir", str(run))
    for number in range(FAILURES):
        if number % (FAILURES // STARTS):
            arguments = ("attach", str(run))
        elif number:
            failing.stop()
            arguments = ("train", "--resume", str(run))
        place, error, seconds = rng.choice(PLACES), rng.choice(ERRORS), rng.uniform(0, LONGEST_SECONDS[arguments[0]])
        print(number, arguments[0], place, error, round(seconds, 2), "at step", last_step(run), flush=True)
        failing.show(arguments, place, error, seconds, share=0.8 * (number + 1) / FAILURES)
        failing.connect()
        assert failing.client is not None, "the training is over"
        failing.client.send(Resume())
        wait_for_steps(run)
        assert processes_of(run) == [trainer_of(run)]
    assert failing.client is not None
    failing.client.send(Resume())
    wait_for(lambda: last_step(run) == STEPS)
    failing.client.close()
    assert_undisturbed(run, calm)


@pytest.mark.parametrize("error", ["SystemExit", "KeyboardInterrupt", "asyncio.CancelledError"])
def test_what_usually_ends_a_program_ends_no_training(run: Path, error: str) -> None:
    failing = Failing(run)
    failing.show((*LONG, "--run.dir", str(run)), "app.app.VaeTuiApp._tick", error, 2, share=1)
    wait_for_steps(run)
    os.kill(trainer_of(run), signal.SIGTERM)
    assert_stopped_properly(run)
