"""The link to a run is cut at random moments, again and again: it takes the very steps that it would have taken."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import end_processes_of, processes_of
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from runlog import metrics, records
from vae_tui.core.commands import Pause, Resume
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect

VAE_TUI = str(Path(sys.executable).parent / "vae-tui")
STEPS = 10_000
TRAIN = ("train", "--data.name", "mnist5k", "--model.hidden", "16", "--model.latents", "4", "--train.batch-size", "64",
         "--train.steps", str(STEPS))  # fmt: skip
CUTS, STARTS = 50, 3
"""Links that are cut; some of them to the terminal that has started the training, the others to viewers."""

AT_A_TIME = 4
LONGEST_SECONDS = 4.0
"""When a link is cut, at the latest: the screen has long been there by then, and is painted twice a second."""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    run = tmp_path / "run"
    try:
        yield run
    finally:
        end_processes_of(run)


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Path]:
    """The same training undisturbed, beside the other one."""
    calm = tmp_path / "calm"
    process = subprocess.Popen(
        [VAE_TUI, *TRAIN, "--headless", "--run.dir", str(calm)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield calm
    finally:
        process.terminate()
        process.wait()


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


def last_step(run: Path) -> int:
    return max(metrics(run), default=0)


def keep_pace(run: Path, client: RunClient, cuts: int) -> None:
    """Let the training wait when it would be over before all links are cut, however quick this machine is."""
    client.send(Pause() if last_step(run) > STEPS * cuts // CUTS else Resume())


def test_a_run_whose_links_are_cut_takes_the_same_steps(run: Path, calm: Path) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    cutter = Cutter(run.parent, random.Random(seed))

    # The terminal that has started it is cut: the training goes on, can be stopped, and be resumed from elsewhere.
    started = cutter.open(*TRAIN, "--run.dir", str(run))
    for start in range(1, STARTS + 1):
        before = last_step(run)
        started.wait_for("status")
        cutter.cut_soon(started)
        wait_for(lambda start=start: cutter.cuts == start, meanwhile=cutter.turn)
        wait_for(lambda before=before: last_step(run) > before)
        assert is_alive(started.process.pid), "who waits for the training sees it live"
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
            keep_pace(run, client, cutter.cuts)
            looked_at = time.monotonic()
    client.send(Resume())
    wait_for(lambda: last_step(run) == STEPS)  # it waits then, as long as somebody looks at it
    client.close()

    # It ends by itself, and has taken the very steps.
    cutter.assert_that_all_end()
    assert started.process.returncode == 0
    wait_for(lambda: any(record["type"] == "ended" for record in list(records(calm))[-1:]))
    assert list(records(run))[-1]["reason"] == "finished"
    assert sorted(metrics(run)) == list(range(1, STEPS + 1))
    assert metrics(run) == metrics(calm)
    losses = [
        {record["split"]: record["loss"] for record in records(path) if record["type"] == "evaluated"}
        for path in (run, calm)
    ]
    assert losses[0] == losses[1]
    assert processes_of(run) == []
    assert not (run / "socket").exists()
    assert "Traceback" not in (run / "train.log").read_text() + (run / "view.log").read_text()
