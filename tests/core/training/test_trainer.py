"""The training loop with its real parts: tiny data, real compilation, real Orbax files."""

import dataclasses
import queue
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainer_runs import Run, Script, assert_same_state
from vae_tui.core.config import Architecture, Config, OptimConfig
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import CheckpointError
from vae_tui.core.protocol.commands import Checkpoint, Command, Pause, Resume, Sample, Stop, UseParams
from vae_tui.core.protocol.events import (
    Checkpointed,
    CheckpointStarted,
    Evaluated,
    Event,
    Metrics,
    ModelReady,
    Notice,
    ParamsSelected,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.training.initialize import Initial

MakeConfig = Callable[..., Config]


def stop_at(step: int) -> Script:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step >= step:
            commands.put(Stop())

    return script


@pytest.mark.parametrize("arch", ["dense", pytest.param("conv", marks=pytest.mark.soak)])
def test_stop_and_resume_continue_bit_for_bit(
    arch: Architecture, tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    """The run stops in the middle of an epoch."""
    config = tiny_config(arch, steps=40)
    straight = Run(config, tiny_dataset, tmp_path / "straight")
    first = Run(config, tiny_dataset, tmp_path / "parts", stop_at(15))
    second = Run(config, tiny_dataset, tmp_path / "parts", resume=True, anew=True)
    assert (first.ended.step, first.ended.reason) == (15, "stopped")
    assert second.of(Metrics)[0].first_step == 16
    assert first.losses | second.losses == straight.losses
    assert_same_state(second, straight)
    assert first.of(Evaluated) != []
    same = [(e.step, e.split, e.loss) for e in straight.of(Evaluated)]
    assert [(e.step, e.split, e.loss) for e in first.of(Evaluated) + second.of(Evaluated)] == same


def test_a_run_from_start_to_end(undisturbed: Run) -> None:
    run = undisturbed
    assert sorted(run.losses) == list(range(1, 41))
    states = [event.state for event in run.of(StateChanged)]
    assert states[0] == RunState.TRAINING
    assert states[-1] == RunState.FINISHED
    assert [(e.step, e.split) for e in run.of(Evaluated)] == [
        *((step, "validation") for step in (10, 20, 30, 40)),
        (40, "test"),
    ]
    assert [event.step for event in run.of(Sampled)] == [0, 15, 30, 40]
    assert [event.step for event in run.of(Checkpointed)] == [10, 20, 30, 40]
    assert run.ended.reason == "finished"
    assert Path(str(run.ended.checkpoint)).is_dir()


@pytest.fixture(scope="module")
def quick_learner(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Config, Run]:
    config = dataclasses.replace(tiny_config(steps=40), optim=OptimConfig(learning_rate=0.01, warmup_steps=5))
    return config, Run(config, tiny_dataset, tmp_path_factory.mktemp("quick"))


def test_the_loss_falls(quick_learner: tuple[Config, Run]) -> None:
    _, run = quick_learner
    validation = [e.loss for e in run.of(Evaluated) if e.split == "validation"]
    assert validation[-1] < 0.85 * validation[0]
    assert min(validation) == min(e.loss for e in run.of(Evaluated) if e.best)


actions = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.sampled_from([Checkpoint(), Sample(), Sample(3), UseParams("raw"), UseParams("ema"), Pause()]),
    ),
    max_size=6,
)


@settings(max_examples=3)  # each is a training
@given(actions=actions)
def test_commands_never_change_the_trajectory(
    actions: list[tuple[int, Command]],
    tiny_config: MakeConfig,
    tiny_dataset: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
    undisturbed: Run,
) -> None:
    pending = sorted(actions, key=lambda action: action[0])

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, StateChanged) and event.state == RunState.PAUSED:
            commands.put(Resume())
        while isinstance(event, Metrics) and pending and event.step >= pending[0][0]:
            commands.put(pending.pop(0)[1])

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path_factory.mktemp("run"), script)
    assert run.losses == undisturbed.losses
    assert_same_state(run, undisturbed)


def test_pause_stops_the_steps_and_other_commands_are_answered_meanwhile(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    asked = False

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        nonlocal asked
        if isinstance(event, Metrics) and not asked:
            asked = True
            for command in (Pause(), Checkpoint(), Sample(4), UseParams("raw"), Resume()):
                commands.put(command)

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    types = [type(event) for event in run.events]
    paused = next(i for i, e in enumerate(run.events) if isinstance(e, StateChanged) and e.state == RunState.PAUSED)
    resumed = next(i for i in range(paused, len(types)) if isinstance(run.events[i], StateChanged) and i > paused)
    between = types[paused + 1 : resumed]
    assert Metrics not in between
    assert between.index(CheckpointStarted) < between.index(Sampled) < between.index(ParamsSelected)
    sampled = [event for event in run.of(Sampled) if event.requested]
    assert [(event.label, event.source) for event in sampled] == [(4, "ema"), (None, "raw")]
    saved = run.events[paused].step
    assert any(event.step == saved for event in run.of(Checkpointed))
    assert sorted(run.losses) == list(range(1, 41))


def test_sampling_one_class_redraws_its_row_only(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Sampled) and event.step == 0 and not event.requested:
            commands.put(Sample(7))
            commands.put(Stop(checkpoint=False))

    first, second = Run(tiny_config(), tiny_dataset, tmp_path, script).of(Sampled)
    assert second.step == 0
    changed = (first.images != second.images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])


def test_a_class_that_does_not_exist_is_refused_with_a_notice(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Sampled) and event.step == 0:
            commands.put(Sample(11))
        if isinstance(event, Metrics):
            commands.put(Stop(checkpoint=False))

    run = Run(tiny_config(), tiny_dataset, tmp_path, script)
    assert [notice.level for notice in run.of(Notice)] == ["warning"]
    assert not any(event.requested for event in run.of(Sampled))
    assert run.of(Metrics)


def test_a_checkpoint_that_is_there_already_is_told_of_as_what_it_is(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Evaluated) and event.step == 10:
            commands.put(Pause())
        if isinstance(event, Checkpointed) and event.step == 10:
            told.append(event)
            commands.put(Checkpoint() if len(told) == 1 else Resume())

    told: list[Checkpointed] = []
    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    assert run.of(Evaluated)[0].best
    assert [event.best for event in told] == [True, True]


def test_stopping_without_a_checkpoint_writes_none(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics):
            commands.put(Stop(checkpoint=False))

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    assert run.ended.checkpoint is None
    assert run.ended.step < 10


def test_resuming_without_a_checkpoint_is_an_error(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint"):
        Run(tiny_config(), tiny_dataset, tmp_path, resume=True)


def test_a_run_can_start_from_the_parameters_of_another(
    quick_learner: tuple[Config, Run], tiny_dataset: Dataset, tmp_path: Path
) -> None:
    config, first = quick_learner
    initial = Initial(first.state.ema_params, "there")
    frozen = dataclasses.replace(config, optim=dataclasses.replace(config.optim, freeze=("encoder",)))
    second = Run(frozen, tiny_dataset, tmp_path, stop_at(20), initial=initial)
    assert second.losses[1][0] < 0.8 * first.losses[1][0]
    assert any("from there" in notice.text for notice in second.of(Notice))
    for one, other in zip(*(jax.tree.leaves(run.state.ema_params["encoder"]) for run in (first, second)), strict=True):
        np.testing.assert_array_equal(one, other)
    (ready,) = second.of(ModelReady)
    encoder_size = sum(leaf.size for leaf in jax.tree.leaves(first.state.params["encoder"]))
    assert ready.frozen_count == encoder_size


def test_the_model_is_introduced(undisturbed: Run) -> None:
    (ready,) = undisturbed.of(ModelReady)
    assert "encoder/Dense_0/kernel 784x24" in ready.parameters
    assert ready.chain[-1] == "scale_by_learning_rate(warmup-cosine, peak 0.004)"
    # Adam keeps two moments of each parameter, and counters.
    trained = ready.parameter_count - 28 * 28  # the mean image is constant
    assert 8 * trained <= ready.optimizer_bytes <= 8 * trained + 64


@pytest.mark.parametrize("tested_step", [None, 20], ids=["never", "at an earlier end"])
def test_a_finished_run_that_has_no_test_loss_gets_it_on_resume(
    tiny_config: MakeConfig, tiny_dataset: Dataset, finished: Path, undisturbed: Run, tested_step: int | None
) -> None:
    """It was killed while the test split was evaluated."""
    again = Run(tiny_config(steps=40), tiny_dataset, finished, resume=True, tested_step=tested_step)
    (found,) = again.of(Evaluated)
    assert dataclasses.replace(found, time=0) == dataclasses.replace(undisturbed.of(Evaluated)[-1], time=0)


def test_a_finished_run_that_has_its_test_loss_is_not_evaluated_again_on_resume(
    tiny_config: MakeConfig, tiny_dataset: Dataset, finished: Path
) -> None:
    again = Run(tiny_config(steps=40), tiny_dataset, finished, resume=True, tested_step=40)
    assert not again.of(Metrics)
    assert not again.of(Evaluated)
    assert again.events[-1].step == 40
