"""What a list of runs says of each, whatever became of it."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from logs import write
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError
from vae_tui.core.live.sockets import listen
from vae_tui.core.protocol.events import (
    Ended,
    Evaluated,
    Event,
    Failed,
    Metrics,
    ModelReady,
    Notice,
    Rewound,
    RunState,
    StateChanged,
)
from vae_tui.core.run.heartbeat import SILENT_SECONDS, beat
from vae_tui.core.run.run_list import ListedRun, list_runs, live_runs
from vae_tui.core.run.rundir import RunDirectory, find_run


@contextlib.contextmanager
def held(base: Path, *events: Event, name: str = "run") -> Iterator[RunDirectory]:
    """A run of this process, with these events in its log."""
    with RunDirectory.create(Config(run=RunConfig(dir=str(base / name)))) as run:
        write(run, *events)
        yield run


def only(base: Path) -> ListedRun:
    (summary,) = list_runs(base)
    return summary


def metrics(step: int, loss: float) -> Metrics:
    values = np.array([999, loss], np.float32)
    return Metrics(
        step=step,
        first_step=step - 1,
        seconds=0.1,
        loss=values,
        reconstruction=values,
        kl=values,
        grad_norm=values,
        learning_rate=values,
    )


def evaluated(step: int, loss: float) -> Evaluated:
    return Evaluated(step=step, split="validation", loss=loss, reconstruction=loss / 2, kl=loss / 2)


def model_ready(step: int) -> ModelReady:
    return ModelReady(
        step=step,
        parameter_count=1,
        device="cpu",
        steps_per_epoch=10,
        total_steps=100,
        batch_size=2,
        compile_seconds=0.1,
        schedule_steps=np.array([1], np.int32),
        schedule_rates=np.array([0.1], np.float32),
    )


TRAINING = StateChanged(step=9, state=RunState.TRAINING)


class TestState:
    @pytest.mark.parametrize("state", [RunState.PREPARING, RunState.TRAINING, RunState.EVALUATING, RunState.PAUSED])
    def test_of_a_live_run_what_it_does_and_of_one_that_ended_without_a_word_that(
        self, tmp_path: Path, state: RunState
    ) -> None:
        with held(tmp_path, Ended(step=3, reason="stopped"), StateChanged(step=3, state=state), metrics(4, 1.0)):
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
            assert only(tmp_path) == ListedRun(run.path, "auto", "dense", True, "preparing data", 0, None, None, None)

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


class TestProgress:
    def progress(self, base: Path) -> tuple[int, float | None, float | None]:
        summary = only(base)
        return summary.step, summary.training_loss, summary.validation_loss

    def test_the_last_step_and_its_losses(self, tmp_path: Path) -> None:
        test = Evaluated(step=20, split="test", loss=300.0, reconstruction=75.0, kl=25.0)
        start = StateChanged(step=0, time=1000.0, state=RunState.PREPARING)
        with held(
            tmp_path, start, metrics(10, 7.0), evaluated(10, 200.0), metrics(20, 5.0), evaluated(20, 100.0), test
        ):
            assert self.progress(tmp_path) == (20, 5.0, 100.0)
        summary = only(tmp_path)
        assert (summary.started, summary.dataset, summary.arch) == (1000.0, "auto", "dense")

    def test_a_resumed_run_is_where_it_was_until_its_model_is_ready(self, tmp_path: Path) -> None:
        preparing = StateChanged(step=0, state=RunState.PREPARING)
        with held(tmp_path, evaluated(10, 3.0), metrics(16, 7.0), evaluated(16, 2.0), preparing) as run:
            assert self.progress(tmp_path) == (16, 7.0, 2.0)
            write(run, model_ready(12))
            assert self.progress(tmp_path) == (12, None, 3.0)

    def test_what_came_after_the_step_that_a_run_went_back_to_does_not_count(self, tmp_path: Path) -> None:
        with held(
            tmp_path, evaluated(10, 3.0), metrics(20, 7.0), evaluated(20, 2.0), Rewound(step=12, from_step=20)
        ) as run:
            assert self.progress(tmp_path) == (12, None, 3.0)
            write(run, metrics(24, 6.0))
            assert self.progress(tmp_path) == (24, 6.0, 3.0)
            write(run, Rewound(step=0, from_step=24))
            assert self.progress(tmp_path) == (0, None, None)

    def test_a_long_log_is_read_from_its_end(self, tmp_path: Path) -> None:
        with held(tmp_path, StateChanged(step=0, state=RunState.PREPARING)) as run:
            with run.events_path.open("ab") as file:
                file.write(b"damaged, but nobody looks there\n")
            write(run, evaluated(18, 3.0), TRAINING, metrics(20, 7.0), Notice(step=20, level="info", text=""))
            assert self.progress(tmp_path) == (20, 7.0, 3.0)


class TestFolder:
    def test_no_folder(self, tmp_path: Path) -> None:
        assert list_runs(tmp_path / "runs") == []
        assert live_runs(tmp_path / "runs") == []

    def test_the_latest_run_is_the_last(self, tmp_path: Path) -> None:
        (tmp_path / "no run").mkdir()
        for name, start in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
            with held(tmp_path, StateChanged(step=0, time=start, state=RunState.TRAINING), name=name):
                pass
        assert [run.path.name for run in list_runs(tmp_path)] == ["b", "c", "a"]

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
