"""A sweep: its plan is checked before anything starts, runs follow each other, and the same command goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import model_ready
from vae_tui.core.errors import UsageError
from vae_tui.core.protocol.events import Ended, Failed
from vae_tui.core.run import RunDirectory, RunLog
from vae_tui.core.training.plan import create_plan
from vae_tui.tui.cli.sweep import run_sweep
from vae_tui.tui.cli.sweep_plan import PlannedRun, plan_sweep
from vae_tui.tui.process.exit_codes import INTERRUPTED
from vae_tui.tui.settings import Settings

MNIST5K = {"data": {"name": "mnist5k"}}
RATES = ("optim.learning-rate=1e-3,3e-3", "train.seed=0..1")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan(*sweep: str, **changes: dict[str, object]) -> list[PlannedRun]:
    return plan_sweep(sweep, MNIST5K | changes, None, None, Settings())


def test_every_combination_has_a_directory_that_names_it() -> None:
    runs = plan(*RATES, "model.hidden=64 32")
    assert [str(run.path) for run in runs[:2]] == [
        "runs/sweep-learning-rate-seed-hidden/learning-rate=1e-3,seed=0,hidden=64-32",
        "runs/sweep-learning-rate-seed-hidden/learning-rate=1e-3,seed=1,hidden=64-32",
    ]
    assert [(run.config.optim.learning_rate, run.config.train.seed) for run in runs] == [
        (0.001, 0),
        (0.001, 1),
        (0.003, 0),
        (0.003, 1),
    ]
    assert all(run.config.model.hidden == (64, 32) and run.config.run.dir == str(run.path) for run in runs)
    assert plan("train.seed=1", run={"dir": "mine"})[0].path == Path("mine/seed=1")


def test_varied_epochs_replace_a_shared_number_of_steps() -> None:
    runs = plan("train.epochs=1,2", train={"steps": 50, "batch_size": 90})
    assert [create_plan(run.config, 4500).total_steps for run in runs] == [50, 100]


@pytest.mark.parametrize(
    ("sweep", "problem"),
    [
        (["optim.learnin-rate=1"], "there is no setting optim.learnin-rate to vary; did you mean optim.learning-rate?"),
        (["run.dir=a,b"], "there is no setting run.dir to vary"),
        (["train.seed"], "it has no values"),
        (["train.seed=3..1"], "it has no values"),
        (["train.seed=1,1"], "names a value twice"),
        (["train.seed=1", "train.seed=2"], "names a setting twice"),
        (["train.seed=one"], "one is no value of train.seed"),
        (["optim.name=adam,adamm"], "adamm is no value of optim.name"),
        (["train.batch-size=100,-1"], "batch-size=-1: train.batch-size is -1"),
        (["train.seed=0..999999"], "at most 1,000"),
    ],
)
def test_what_is_impossible_is_refused_before_anything_starts(sweep: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)):
        plan(*sweep)
    assert not Path("runs").exists()


def test_another_sweep_in_the_same_folder_is_refused() -> None:
    (first,) = plan("train.seed=0")
    RunDirectory.create(first.config).close()
    assert plan("train.seed=0,1")[0] == first
    with pytest.raises(UsageError, match=r"seed=0 was trained with another optim.learning-rate; .* --run.dir"):
        plan("train.seed=0", optim={"learning_rate": 0.1})


class Trained:
    """Trains runs in no time: each ends as is due."""

    def __init__(self, *ends: Ended | Failed) -> None:
        self.ends = list(ends)
        self.runs: list[tuple[str, bool]] = []
        self.compared: list[tuple[str, ...]] = []

    def train(self, run: RunDirectory, resume: bool, note: str) -> int:
        end = self.ends.pop(0)
        self.runs.append((run.path.name, resume))
        with run:
            log = RunLog(run)
            log.record(model_ready())
            log.record(end)
            log.close()
            (run.checkpoints_path / "20").mkdir(parents=True, exist_ok=True)
        return 1 if isinstance(end, Failed) else 0

    def compare(self, *runs: str) -> int:
        self.compared.append(tuple(Path(run).name for run in runs))
        return 0

    def sweep(self) -> int:
        return run_sweep(plan("train.seed=0..2"), self.train, self.compare, call=call, announces=False)


def call(function: Callable[[], int]) -> int:
    return function()


FINISHED, STOPPED = Ended(step=20, reason="finished"), Ended(step=20, reason="stopped")


def test_a_sweep_that_was_stopped_goes_on_with_the_same_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["vae-tui", "train", "--sweep", "train.seed=0..2", "-o", "two words"])
    first = Trained(FINISHED, STOPPED)
    assert first.sweep() == 0
    said = capsys.readouterr().out
    assert "2 of 3 runs are left" in said
    assert said.endswith("go on       vae-tui train --sweep train.seed=0..2 -o 'two words'\n")
    assert first.compared == []
    second = Trained(FINISHED, FINISHED)
    assert second.sweep() == 0
    assert second.runs == [("seed=1", True), ("seed=2", False)]
    assert second.compared == [("seed=0", "seed=1", "seed=2")]


def test_a_run_that_fails_does_not_end_the_sweep() -> None:
    trained = Trained(FINISHED, Failed(step=3, message="not finite", traceback=""), FINISHED)
    assert trained.sweep() == 1
    assert [name for name, _ in trained.runs] == ["seed=0", "seed=1", "seed=2"]
    assert trained.compared == [("seed=0", "seed=2")]


def test_a_run_that_has_finished_ends_the_sweep_if_the_user_asked_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    trained = Trained(FINISHED)

    def train(run: RunDirectory, resume: bool, note: str) -> int:
        trained.train(run, resume, note)
        return INTERRUPTED

    assert run_sweep(plan("train.seed=0..2"), train, trained.compare, call=call, announces=False) == INTERRUPTED
    assert trained.compared == []
    assert "2 of 3 runs are left; the same command goes on:\ngo on" in capsys.readouterr().out


def test_ctrl_c_between_two_runs_ends_the_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    trained = Trained(FINISHED)

    def call_once(function: Callable[[], int]) -> int:
        if trained.runs:
            raise KeyboardInterrupt
        return function()

    runs = plan("train.seed=0..2")
    assert run_sweep(runs, trained.train, trained.compare, call=call_once, announces=False) == INTERRUPTED
    assert trained.compared == []
    assert "2 of 3 runs are left; the same command goes on:\ngo on" in capsys.readouterr().out


def test_what_to_do_next_is_said_once_at_the_end_with_the_best_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert Trained(FINISHED, FINISHED, FINISHED).sweep() == 0
    said = capsys.readouterr().out
    assert said.count("vae-tui sample") == said.count("vae-tui eval") == said.count("vae-tui compare") == 1


def test_a_run_that_another_process_trains_is_not_touched() -> None:
    with (
        RunDirectory.create(plan("train.seed=1")[0].config),
        pytest.raises(UsageError, match=r"trains .*seed=1 already"),
    ):
        Trained().sweep()
