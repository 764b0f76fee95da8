"""The link to a run is cut at random moments, again and again: it takes the very steps that it would have taken."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import VAE_TUI
from disturbing import SHORT, STEPS, assert_undisturbed, keep_pace
from processes import parent_of, trainer_of
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from runlog import last_step
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect
from vae_tui.core.protocol.commands import Resume

pytestmark = pytest.mark.soak

CUTS, STARTS = 15, 3
"""Links that are cut; some of them to the terminal that has started the training, the others to viewers."""

AT_A_TIME = 4
LONGEST_SECONDS = 4.0
"""When a link is cut, at the latest: the screen has long been there by then, and is painted twice a second."""


class Cutter:
    """Opens screens and cuts their links at random moments."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.cuts = 0
        self._folder = folder
        self._rng = rng
        self._open: list[tuple[float, PseudoTerminal]] = []
        self._cut: list[PseudoTerminal] = []

    def open(self, *arguments: str) -> PseudoTerminal:
        """A screen, on a terminal that mostly is its session's own, so that a signal comes when the link is cut."""
        return PseudoTerminal(VAE_TUI, *arguments, cwd=self._folder, controls=self._rng.random() < 0.8)

    def cut_soon(self, terminal: PseudoTerminal) -> None:
        self._open.append((time.monotonic() + self._rng.uniform(0, LONGEST_SECONDS), terminal))

    @property
    def open_links(self) -> int:
        return len(self._open)

    def turn(self) -> None:
        """Read what is shown, with pauses, and cut the links whose time has come."""
        for moment, terminal in list(self._open):
            if time.monotonic() >= moment:
                terminal.cut()
                self.cuts += 1
                self._open.remove((moment, terminal))
                self._cut.append(terminal)
            elif self._rng.random() < 0.7:
                terminal.read()
        time.sleep(0.01)

    def assert_that_all_end(self) -> None:
        for terminal in self._cut:
            wait_for(lambda terminal=terminal: terminal.process.poll() is not None)


def test_a_run_whose_links_are_cut_takes_the_same_steps(run: Path, start_calm: Callable[..., Path]) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    calm = start_calm(*SHORT)
    cutter = Cutter(run.parent, random.Random(seed))

    # The terminal that has started it is cut: the training goes on, can be stopped, and be resumed from elsewhere.
    started = cutter.open(*SHORT, "--run.dir", str(run))
    for start in range(1, STARTS + 1):
        before = last_step(run)
        started.wait_for("status")
        cutter.cut_soon(started)
        wait_for(lambda start=start: cutter.cuts == start, meanwhile=cutter.turn)
        wait_for(lambda before=before: last_step(run) > before)
        assert is_alive(started.process.pid), "who waits for the training sees it live"
        assert parent_of(trainer_of(run)) == started.process.pid
        if start < STARTS:
            started.process.send_signal(signal.SIGTERM)
            wait_for(lambda started=started: started.process.poll() is not None)
            assert started.process.returncode == 0
            started = cutter.open("train", "--resume", str(run))

    # Viewers come and are cut off.
    client = RunClient(connect(run), readonly=False)
    looked_at = time.monotonic()
    while cutter.cuts < CUTS:
        if cutter.open_links < min(AT_A_TIME, CUTS - cutter.cuts):
            cutter.cut_soon(cutter.open("attach", str(run)))
        cutter.turn()
        if time.monotonic() > looked_at + 0.3:
            keep_pace(run, client, cutter.cuts / CUTS)
            looked_at = time.monotonic()
    client.send(Resume())
    wait_for(lambda: last_step(run) == STEPS)  # it waits then, as long as somebody looks at it
    client.close()

    # It ends by itself, and has taken the very steps.
    cutter.assert_that_all_end()
    assert started.process.returncode == 0
    assert_undisturbed(run, calm)
    logs = {log.name: log.read_text() for log in run.glob("*.log")}
    assert "train.log" in logs  # view.log is missing if every viewer was cut off before it opened it
    assert not any("Traceback" in text for text in logs.values())
