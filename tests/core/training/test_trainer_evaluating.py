"""Commands that come while the trainer evaluates: Stop does not wait for long, a checkpoint waits for its loss."""

import dataclasses
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from trainer_runs import Run, Script, assert_same_state
from vae_tui.core.config import Config, EvalConfig, SplitName
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.inference.saved_run import SavedRun, open_model
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.evaluator import Evaluation
from vae_tui.core.learning.saved_checkpoints import SavedCheckpoints, open_checkpoints
from vae_tui.core.protocol.commands import (
    Checkpoint,
    Command,
    Generate,
    Pause,
    Resume,
    Rewind,
    Sample,
    SetKnobs,
    Stop,
    UseParams,
    Weights,
)
from vae_tui.core.protocol.events import (
    Checkpointed,
    CheckpointStarted,
    Evaluated,
    Event,
    Generated,
    LatentMap,
    Metrics,
    Notice,
    Reconstructed,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.training import reporting
from vae_tui.core.training.engine import Engine

MakeConfig = Callable[..., Config]
EVALUATING = RunState.EVALUATING


def on_evaluating(split: str, step: int, *asked: Command) -> Script:
    """Ask when the evaluation of a split at a step begins, each time."""

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, StateChanged) and (event.step, event.state, event.detail) == (step, EVALUATING, split):
            for command in asked:
                commands.put(command)

    return script


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation is given up as soon as there is a Stop."""
    monkeypatch.setattr(reporting, "STOP_PATIENCE_SECONDS", 0.0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every evaluation soon ends, also on a slow machine."""
    monkeypatch.setattr(reporting, "STOP_PATIENCE_SECONDS", 3600.0)


def evaluated(run: Run) -> list[tuple[int, str]]:
    return [(event.step, event.split) for event in run.of(Evaluated)]


def test_stop_ends_a_long_evaluation_and_the_run_is_finished_all_the_same(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "STOP_PATIENCE_SECONDS", 0.1)

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Evaluated) and event.step == 20:  # the test split comes next
            threading.Timer(0.1, commands.put, [Stop()]).start()

    config = dataclasses.replace(tiny_config(steps=20), eval=EvalConfig(iw_samples=20_000))  # that takes a minute
    run = Run(config, tiny_dataset, tmp_path / "checkpoints", script)
    assert evaluated(run) == [(10, "validation"), (20, "validation")]
    (notice,) = run.of(Notice)
    assert "evaluation of the test split at step 20 was canceled" in notice.text
    assert f"`vae-tui eval {tmp_path} --split test --iw-samples 20000`" in notice.text
    assert [event.state for event in run.of(StateChanged)][-1] == RunState.FINISHED
    assert run.ended.reason == "finished"
    assert run.ended.checkpoint == str(tmp_path / "checkpoints" / "20")


@pytest.mark.usefixtures("patient")
def test_an_evaluation_that_soon_ends_is_not_given_up(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, on_evaluating("validation", 20, Stop()))
    assert evaluated(run) == [(10, "validation"), (20, "validation")]
    assert not run.of(Notice)
    assert (run.ended.step, run.ended.reason) == (20, "stopped")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("asked", [(Stop(),), (Pause(), Stop())], ids=["at work", "paused"])
def test_a_run_whose_evaluation_was_given_up_goes_on_as_if_nothing_had_been(
    asked: tuple[Command, ...], tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, undisturbed: Run
) -> None:
    config = tiny_config(steps=40)
    first = Run(config, tiny_dataset, tmp_path / "parts", on_evaluating("validation", 20, *asked))
    assert evaluated(first) == [(10, "validation")]
    assert (first.ended.step, first.ended.reason) == (20, "stopped")
    assert [event.state for event in first.of(StateChanged)][-1] == RunState.STOPPED
    (notice,) = first.of(Notice)
    assert "evaluation of the validation split at step 20 was canceled" in notice.text
    store = SavedCheckpoints(tmp_path / "parts")
    assert (store.latest_step, store.best_step) == (20, 10)
    assert store.best_loss == first.of(Evaluated)[0].loss

    second = Run(config, tiny_dataset, tmp_path / "parts", resume=True)
    assert first.losses | second.losses == undisturbed.losses
    assert_same_state(second, undisturbed)
    later = [(e.step, e.split, e.loss, e.best) for e in undisturbed.of(Evaluated) if e.step > 20]
    assert [(e.step, e.split, e.loss, e.best) for e in second.of(Evaluated)] == later


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("steps", [20, 40], ids=["finished", "to go on"])
def test_stop_ends_the_evaluation_of_a_resumed_run(
    steps: int, tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    Run(tiny_config(steps=20), tiny_dataset, tmp_path)
    stop = on_evaluating("validation", 20, Stop())
    again = Run(tiny_config(steps=steps), tiny_dataset, tmp_path, stop, resume=True, tested_step=20)
    assert not again.of(LatentMap)
    assert not again.of(Evaluated)
    assert not again.of(Metrics)
    assert len(again.of(Notice)) == 1
    assert (again.ended.step, again.ended.reason) == (20, "finished" if steps == 20 else "stopped")


@pytest.mark.usefixtures("impatient")
def test_stop_behind_a_rewind_ends_an_evaluation_too(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    script = on_evaluating("validation", 20, Rewind(10), Stop())
    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    assert evaluated(run) == [(10, "validation")]
    assert [event.step for event in run.of(Rewound)] == [10]
    assert (run.ended.step, run.ended.reason) == (10, "stopped")


@pytest.mark.usefixtures("impatient")
def test_the_last_checkpoint_is_written_though_its_evaluation_was_given_up(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, on_evaluating("validation", 20, Stop()))
    assert len(run.of(Notice)) == 2, "of the validation split, and of the test split"
    assert run.ended.reason == "finished"
    assert run.ended.checkpoint == str(tmp_path / "20")


@pytest.mark.parametrize("pause", [(), (Pause(),)], ids=["at work", "paused"])
def test_a_checkpoint_asked_for_during_an_evaluation_has_its_loss(
    pause: tuple[Command, ...], tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    """It is the best one, for afterwards the loss is climbed. A pause does not hold it up."""
    asked = on_evaluating("validation", 20, *pause, Checkpoint(), SetKnobs(learning_rate_scale=-3.0))

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        asked(event, commands)
        if isinstance(event, Checkpointed) and event.step == 20 and pause:
            commands.put(Resume())

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    told = [event for event in run.events if isinstance(event, Evaluated | CheckpointStarted) and event.step == 20]
    assert [type(event) for event in told] == [Evaluated, CheckpointStarted]
    assert isinstance(told[1], CheckpointStarted)
    assert told[1].requested
    best = [event for event in run.of(Evaluated) if event.best][-1]
    assert best.step == 20
    assert [event.best for event in run.of(Checkpointed) if event.step == 20] == [True]
    store = SavedCheckpoints(tmp_path)
    assert (store.best_step, store.best_loss) == (20, best.loss)


def test_a_pause_outlasts_the_evaluation_that_goes_on_for_a_checkpoint(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    asked = on_evaluating("validation", 20, Pause(), Checkpoint())

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        asked(event, commands)
        if isinstance(event, Checkpointed) and event.step == 20:
            commands.put(Resume())

    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    states = [event.state for event in run.of(StateChanged)]
    paused = states.index(RunState.PAUSED)
    assert states[paused:] == [RunState.PAUSED, RunState.TRAINING, RunState.EVALUATING, RunState.FINISHED]
    assert evaluated(run)[-1] == (20, "test")


def test_a_pause_does_not_hold_a_checkpoint_up_while_an_earlier_one_is_written(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 10 is still being written when a later one is asked for, and has been for a moment."""
    take_completed = CheckpointStore.take_completed
    asked: list[Metrics] = []

    def take_slowly(store: CheckpointStore, *, wait: bool = False) -> int | None:
        is_soon = not asked or time.time() < asked[0].time + 0.2
        return None if is_soon and not wait else take_completed(store, wait=wait)

    monkeypatch.setattr(CheckpointStore, "take_completed", take_slowly)

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step > 10 and not asked:
            asked.append(event)
            commands.put(Pause())
            commands.put(Checkpoint())
            too_late.append(threading.Timer(60, commands.put, [Resume()]))
            too_late[0].start()
        if isinstance(event, Checkpointed) and asked and event.step == asked[0].step:
            too_late[0].cancel()
            commands.put(Resume())

    too_late: list[threading.Timer] = []
    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    types = [(type(event), event.step) for event in run.events]
    resumed = next(e for e in run.of(StateChanged) if e.state == RunState.TRAINING and e.time > asked[0].time)
    assert types.index((Checkpointed, asked[0].step)) < run.events.index(resumed)


def test_the_state_names_the_split_that_is_evaluated(undisturbed: Run) -> None:
    states = [(event.step, event.detail) for event in undisturbed.of(StateChanged) if event.state == EVALUATING]
    assert states[-2:] == [(40, "validation"), (40, "test")]


def let_validation_get_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = Engine.evaluate

    def evaluate_as_getting_worse(self: Engine, split: SplitName, *arguments: Any, **options: Any) -> Evaluation:
        found = evaluate(self, split, *arguments, **options)
        penalty = 100.0 * self.step if split == "validation" else 0.0
        return dataclasses.replace(found, reconstruction=found.reconstruction + penalty)

    monkeypatch.setattr(Engine, "evaluate", evaluate_as_getting_worse)


def test_a_validation_loss_that_is_not_finite_is_never_the_best(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = Engine.evaluate

    def evaluate_badly_at_first(self: Engine, *arguments: Any, **options: Any) -> Evaluation:
        found = evaluate(self, *arguments, **options)
        return dataclasses.replace(found, reconstruction=np.nan) if self.step == 10 else found

    monkeypatch.setattr(Engine, "evaluate", evaluate_badly_at_first)
    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path)
    assert [(event.step, event.best) for event in run.of(Evaluated)[:2]] == [(10, False), (20, True)]
    store = SavedCheckpoints(tmp_path)
    assert (store.steps, store.best_step, store.best_loss) == ([10, 20], 20, run.of(Evaluated)[1].loss)


@pytest.mark.parametrize(("patience", "end"), [(1, 20), (2, 30), (9, 40)])
def test_training_ends_when_the_validation_loss_has_not_become_better_for_long(
    patience: int,
    end: int,
    tiny_config: MakeConfig,
    tiny_dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_validation_get_worse(monkeypatch)
    config = tiny_config()
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, patience=patience))
    run = Run(config, tiny_dataset, tmp_path / "checkpoints")
    assert (run.ended.step, run.ended.reason) == (end, "finished")
    assert run.of(Checkpointed)[-1].step == end
    assert run.of(Evaluated)[-1].params_step == 10, "the result is the best of all"
    told = [event.text for event in run.of(Notice) if "training ends" in event.text]
    assert told == (
        []
        if end == 40
        else [f"no better validation loss in {patience} evaluation{'s' * (patience > 1)}: training ends"]
    )


def test_the_test_split_is_evaluated_with_the_parameters_of_the_lowest_validation_loss(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_validation_get_worse(monkeypatch)
    run = Run(tiny_config(), tiny_dataset, tmp_path / "checkpoints")
    found = run.of(Evaluated)[-1]
    assert (found.step, found.split, found.params_step) == (40, "test", 10)
    assert tiny_dataset.test is not None
    again = open_model(tmp_path, checkpoint="best").evaluate(tiny_dataset.test, "test")
    assert again.loss == pytest.approx(found.loss, rel=1e-5)


def test_after_the_end_the_pictures_are_those_of_the_best_checkpoint(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_validation_get_worse(monkeypatch)
    codes, classes = np.zeros((1, 4), np.float32), np.eye(10, dtype=np.float32)[:1]
    afterwards = [Generate(ticket, codes, classes, weights) for ticket, weights in enumerate(get_args(Weights))]
    run = Run(
        tiny_config(), tiny_dataset, tmp_path / "checkpoints", afterwards=(*afterwards, Sample(), UseParams("raw"))
    )
    shown = [run.of(Sampled)[-3], run.of(Reconstructed)[-1], run.of(LatentMap)[-1]]
    assert [event.step for event in shown] == [10, 10, 10]
    assert [notice.text for notice in run.of(Notice) if "best checkpoint, step 10 (validation loss" in notice.text]

    saved = SavedRun(open_checkpoints(tmp_path))
    np.testing.assert_array_equal(saved.answers.sample(10).images, shown[0].images)
    again = [event for question in (Sample(), UseParams("raw")) for event in saved.answers.to(question, 10)]
    for event, expected in zip(run.of(Sampled)[-2:], [e for e in again if isinstance(e, Sampled)], strict=True):
        assert event.step == 10
        np.testing.assert_array_equal(event.images, expected.images)
    ema, raw, best = (event.images for event in run.of(Generated))
    np.testing.assert_array_equal(ema, best)
    assert (raw != ema).any()


def test_where_the_best_checkpoint_is_damaged_the_next_best_is_shown(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_validation_get_worse(monkeypatch)

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Checkpointed) and event.step == 20:
            for file in (tmp_path / "checkpoints" / "10" / "state").rglob("*"):
                if file.is_file():
                    file.write_bytes(b"")

    run = Run(tiny_config(), tiny_dataset, tmp_path / "checkpoints", script)
    assert (run.of(Evaluated)[-1].params_step, run.of(Sampled)[-1].step) == (20, 20)
    (warning,) = [notice.text for notice in run.of(Notice) if notice.level == "warning"]
    assert "is damaged" in warning
    assert warning.endswith("step 20 is used instead")
