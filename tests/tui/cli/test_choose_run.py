"""Which run is meant when several are live, one is, or none is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from command import run_on_terminal
from hosted import small_config
from vae_tui.core.errors import RunError
from vae_tui.core.protocol.events import Metrics, RunState, StateChanged
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.cli.choose_run import live_run

ASK = """
    import os, sys
    from vae_tui.core.errors import RunError
    from vae_tui.tui.cli.choose_run import live_run
    os.chdir(sys.argv[1])
    try:
        print("chosen:", live_run(None).name)
    except RunError as error:
        print("refused:", error)
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def metrics(step: int, loss: float) -> Metrics:
    values = np.array([loss], np.float32)
    return Metrics(
        step=step, first_step=step, seconds=1.0,
        loss=values, reconstruction=values, kl=values, grad_norm=values, learning_rate=values,
    )  # fmt: skip


@contextlib.contextmanager
def live(*names: str) -> Iterator[None]:
    """Runs that this process writes to, the last one the newest."""
    with contextlib.ExitStack() as held:
        for started, name in enumerate(names, 1):
            run = held.enter_context(RunDirectory.create(small_config(Path("runs") / name, 10)))
            log = RunLog(run)
            log.record(StateChanged(step=0, state=RunState.TRAINING, time=float(started)))
            log.record(metrics(step=7 * started, loss=10.0 * started))
            log.close()
        yield


def ended(name: str) -> None:
    with live(name):
        pass


def test_a_name_is_taken_if_it_is_live() -> None:
    ended("old")
    with live("new"):
        assert live_run("new") == live_run("runs/new") == live_run("latest") == Path("runs/new")
        with pytest.raises(RunError) as refused:
            live_run("old")
    assert str(refused.value) == (
        "runs/old is not being trained now; `vae-tui replay runs/old` shows it,"
        " `vae-tui train --resume runs/old` resumes it"
    )


def test_a_name_that_does_not_exist_lists_the_nearest() -> None:
    with live("first"), pytest.raises(RunError, match=r"there is no run firts.*there are first"):
        live_run("firts")


def test_without_a_name_the_only_live_one_is_meant() -> None:
    ended("old")
    with live("new"):
        assert live_run(None) == Path("runs/new")


def test_without_a_name_and_without_a_live_run_the_others_are_a_command_away() -> None:
    ended("old")
    with pytest.raises(RunError, match=r"no run .* is being trained now.*`vae-tui runs`"):
        live_run(None)


def test_without_a_terminal_nobody_is_asked() -> None:
    with live("one", "two"), pytest.raises(RunError, match=r"2 runs are being trained now.*: two, one$"):
        live_run(None)


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        pytest.param({"enter for 1": "\r"}, "chosen: two", marks=pytest.mark.process),
        pytest.param({"enter for 1": "2\r"}, "chosen: one", marks=pytest.mark.process),
        ({"enter for 1": "0\r", '"0" is not in the list': "one\r", '"one" is not in the list': " 2 \r"}, "chosen: one"),
        pytest.param({"enter for 1": "\x03"}, "refused: no run was chosen", marks=pytest.mark.process),
        pytest.param({"enter for 1": "\x04"}, "refused: no run was chosen", marks=pytest.mark.process),
    ],
    ids=["enter takes the newest", "by number", "bad input asks again", "ctrl+c", "ctrl+d"],
)
def test_on_a_terminal_one_of_several_is_picked(tmp_path: Path, keys: dict[str, str], outcome: str) -> None:
    with live("one", "two"):
        shown = run_on_terminal(ASK, str(tmp_path), keys=keys)
    assert shown.endswith(f"{outcome}\n")
    assert "1  two  mnist5k  training  step 14  loss 20.00\n" in shown
    assert "2  one  mnist5k  training  step 7   loss 10.00\n" in shown
