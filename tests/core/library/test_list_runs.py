"""What a list of runs says of each, whatever became of it."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from logs import write
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError
from vae_tui.core.library import LibraryRun, list_runs, live_runs
from vae_tui.core.live.sockets import listen
from vae_tui.core.protocol.events import (
    Ended,
    Event,
    Failed,
    RunState,
    StateChanged,
)
from vae_tui.core.run.heartbeat import SILENT_SECONDS, beat
from vae_tui.core.run.run_folder import find_run
from vae_tui.core.run.rundir import RunDirectory


@contextlib.contextmanager
def held(base: Path, *events: Event, name: str = "run") -> Iterator[RunDirectory]:
    """A run of this process, with these events in its log."""
    with RunDirectory.create(Config(run=RunConfig(dir=str(base / name)))) as run:
        write(run, *events)
        yield run


def only(base: Path) -> LibraryRun:
    (summary,) = list_runs(base)
    return summary


TRAINING = StateChanged(step=9, state=RunState.TRAINING)


class TestState:
    @pytest.mark.parametrize("state", [RunState.PREPARING, RunState.TRAINING, RunState.EVALUATING, RunState.PAUSED])
    def test_of_a_live_run_what_it_does_and_of_one_that_ended_without_a_word_that(
        self, tmp_path: Path, state: RunState
    ) -> None:
        with held(tmp_path, Ended(step=3, reason="stopped"), StateChanged(step=3, state=state)):
            assert (only(tmp_path).state, only(tmp_path).is_live) == (state, True)
        assert (only(tmp_path).state, only(tmp_path).is_live) == ("crashed", False)

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            (Ended(step=9, reason="finished"), "finished"),
            (Ended(step=9, reason="stopped"), "stopped"),
            (Failed(step=9, message="", traceback=""), "failed"),
        ],
    )
    def test_last_words_hold_until_the_run_goes_on(self, tmp_path: Path, word: Event, state: str) -> None:
        with held(tmp_path, TRAINING, word) as run:
            assert only(tmp_path).state == state
        assert only(tmp_path).state == state
        with RunDirectory.resume(run.path) as run:
            write(run, StateChanged(step=0, state=RunState.PREPARING))
            assert only(tmp_path).state == "preparing data"
        assert only(tmp_path).state == "crashed"

    def test_before_the_first_word(self, tmp_path: Path) -> None:
        with held(tmp_path) as run:
            run.events_path.unlink()
            listed = only(tmp_path)
            assert (listed.name, listed.state, listed.is_live) == ("run", "preparing data", True)
            assert (listed.summary.dataset, listed.figures.step, listed.figures.started) == ("auto", 0, None)

    def test_a_live_run_that_falls_silent_does_not_respond(self, tmp_path: Path) -> None:
        with held(tmp_path, TRAINING) as run, listen(run.path):
            silence(run.path)
            assert (only(tmp_path).state, only(tmp_path).is_live) == ("not responding", True)
            beat(run.path)
            assert only(tmp_path).state == "training"
            silence(run.path)
        assert only(tmp_path).state == "crashed"

    def test_a_live_run_without_a_heart_is_not_expected_to_beat(self, tmp_path: Path) -> None:
        with held(tmp_path, TRAINING) as run:  # as versions before the heartbeat held theirs
            silence(run.path)
            assert only(tmp_path).state == "training"

    @pytest.mark.parametrize("content", ["nonsense\n", '{"type":"state_changed","time":"then","step":1}\n', "\0\n"])
    def test_a_damaged_log(self, tmp_path: Path, content: str) -> None:
        with held(tmp_path, TRAINING) as run:
            run.events_path.write_text(content)
        assert only(tmp_path).state == "unknown"

    def test_of_a_log_with_a_damaged_line_the_rest_counts(self, tmp_path: Path) -> None:
        with held(tmp_path, TRAINING) as run:
            first, *others = run.events_path.read_text().splitlines()
            run.events_path.write_text("\n".join((first, '{"type":"metrics","damaged', *others, "")))
            assert only(tmp_path).state == "training"

    @pytest.mark.parametrize(
        "content",
        [
            '{"train": 3}',
            "nonsense",
            "[" * 100_000,
            r'{"data": {"name": "\ud800"}}',  # no text at all
            r'{"data": {"name": "\u001b]2;title\u0007"}}',  # would change the terminal's title
        ],
    )
    def test_a_damaged_configuration(self, tmp_path: Path, content: str) -> None:
        with held(tmp_path, TRAINING) as run:
            (run.path / "config.json").write_text(content)
            assert (only(tmp_path).state, only(tmp_path).is_live) == ("unknown", True)


def silence(run: Path) -> None:
    """Make the last beat of a run a long time ago."""
    long_ago = time.time() - SILENT_SECONDS - 5
    os.utime(run / "lock", (long_ago, long_ago))


def test_a_run_that_has_ended_is_live_until_its_process_lets_go(tmp_path: Path) -> None:
    with held(tmp_path, TRAINING, Ended(step=9, reason="finished")):
        assert [(only(tmp_path).state, only(tmp_path).is_live) for _ in range(2)] == [("finished", True)] * 2
    assert (only(tmp_path).state, only(tmp_path).is_live) == ("finished", False)


class TestFolder:
    def test_no_folder(self, tmp_path: Path) -> None:
        assert list_runs(tmp_path / "runs") == []
        assert live_runs(tmp_path / "runs") == []

    def test_the_latest_run_is_the_last(self, tmp_path: Path) -> None:
        (tmp_path / "no run").mkdir()
        for name, start in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
            with held(tmp_path, StateChanged(step=0, time=start, state=RunState.TRAINING), name=name):
                pass
        assert [run.name for run in list_runs(tmp_path)] == ["b", "c", "a"]

    def test_a_live_run_that_has_lost_its_configuration_is_listed_and_says_how_to_end_it(self, tmp_path: Path) -> None:
        with held(tmp_path, TRAINING) as run:
            (run.path / "config.json").unlink()
            (listed,) = live_runs(tmp_path)
            assert (listed.state, listed.is_live) == ("unknown", True)
            with pytest.raises(RunError, match=rf"has lost its config.json, .* `kill {os.getpid()}` stops it"):
                find_run("run", tmp_path)
        assert list_runs(tmp_path) == []

    def test_live_runs_are_those_that_are_held(self, tmp_path: Path) -> None:
        with held(tmp_path, TRAINING, name="dead"):
            pass
        with held(tmp_path, TRAINING, name="live") as run:
            (alive,) = live_runs(tmp_path)
            assert (alive.path, alive.state) == (run.path, "training")
        assert live_runs(tmp_path) == []
