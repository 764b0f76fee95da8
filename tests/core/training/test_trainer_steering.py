"""What the trainer does with a loss that is not finite, how it goes back, and how its knobs are turned."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trainer_runs import Run
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import TrainingError
from vae_tui.core.protocol.commands import Checkpoint, Command, Resume, Rewind, SetKnobs, Stop
from vae_tui.core.protocol.events import (
    Checkpointed,
    Event,
    KnobsChanged,
    LatentMap,
    Metrics,
    ModelReady,
    NotFinite,
    Notice,
    Rewound,
    RunState,
    StateChanged,
)

MakeConfig = Callable[..., Config]


def test_where_nobody_can_answer_a_loss_that_is_not_finite_ends_the_run(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, ModelReady):
            commands.put(SetKnobs(learning_rate_scale=1e33))

    with pytest.raises(TrainingError, match=r"not finite at step \d+; start a new run with a\s+lower --optim"):
        Run(tiny_config(), tiny_dataset, tmp_path, script)
    assert not any(path.name.isdigit() for path in tmp_path.iterdir())


NAN_BETA = SetKnobs(beta_scale=float("nan"))
"""Makes the next step's loss not finite."""


def test_a_loss_that_is_not_finite_pauses_the_run_and_rewinding_with_a_lower_rate_goes_on(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    """Checkpoints are at 10 and 20 steps when the loss of a step after 20 is made not finite."""
    injected = answered = False

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        nonlocal injected, answered
        if isinstance(event, Metrics) and event.step > 20 and not injected:
            injected = True
            commands.put(NAN_BETA)
        if isinstance(event, StateChanged) and event.state == RunState.PAUSED and not answered:
            answered = True
            for command in (SetKnobs(learning_rate_scale=0.5, beta_scale=1.0), Rewind(10), Resume()):
                commands.put(command)

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script, attended=lambda: True)
    (not_finite,) = run.of(NotFinite)
    assert "loss" in not_finite.metrics
    assert all(np.isfinite(list(run.losses.values())).flat)
    (rewound,) = run.of(Rewound)
    assert (rewound.step, rewound.from_step) == (10, not_finite.step)
    after = run.events[run.events.index(rewound) :]
    changed = next(event for event in after if isinstance(event, KnobsChanged))
    assert (changed.step, changed.learning_rate_scale, changed.beta_scale) == (10, 0.5, 1.0)
    steps = next(event for event in after if isinstance(event, Metrics))
    assert steps.first_step == 11
    (latents,) = (event for event in after[: after.index(steps)] if isinstance(event, LatentMap))
    assert latents.step == 10, "the map is not empty until the next evaluation"
    assert run.ended.reason == "finished"
    assert sorted(run.losses) == list(range(1, 41))
    assert [event.step for event in after if isinstance(event, Checkpointed)] == [20, 30, 40]


def test_while_the_cause_lasts_going_on_pauses_again_without_a_step(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step <= 10:
            commands.put(NAN_BETA)
        if isinstance(event, StateChanged) and event.state == RunState.PAUSED:
            commands.put(Resume() if len(seen) < 2 else Stop())
            seen.append(event.step)

    seen: list[int] = []
    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script, attended=lambda: True)
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert run.ended.step == seen[0]


def test_there_is_nothing_to_rewind_to_before_the_first_checkpoint(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step == 1:
            commands.put(Rewind())
            commands.put(Rewind(7))

    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    first, second = run.of(Notice)
    assert first.text.startswith("there is no checkpoint before step")
    assert second.text.startswith("there is no checkpoint of step 7 before step")
    assert not run.of(Rewound)
    assert sorted(run.losses) == list(range(1, 21))


def test_after_the_end_rewinding_is_refused(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, afterwards=(Rewind(),))
    (notice,) = run.of(Notice)
    assert "training has finished" in notice.text
    assert run.ended.step == 20


def test_knobs_change_the_next_steps_and_are_in_the_checkpoint(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, undisturbed: Run
) -> None:
    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step == 1:  # the first chunk is one step
            commands.put(SetKnobs(learning_rate_scale=0.25))
        if isinstance(event, Metrics) and event.step >= 20:
            commands.put(Stop())

    first = Run(tiny_config(steps=40), tiny_dataset, tmp_path / "run", script)
    (changed,) = first.of(KnobsChanged)
    assert (changed.step, changed.learning_rate_scale, changed.beta_scale) == (1, 0.25, 1.0)
    second = Run(tiny_config(steps=40), tiny_dataset, tmp_path / "run", resume=True)
    for step, row in (first.losses | second.losses).items():
        rate, plain = row[-1], undisturbed.losses[step][-1]
        assert rate == pytest.approx(plain if step == 1 else 0.25 * plain, rel=1e-6)


def test_knob_changes_after_the_checkpoint_are_repeated_exactly(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    """The run ends without a final checkpoint, as when it is killed; the change was made after the last one."""
    config = tiny_config(steps=400, checkpoint_epochs=100)

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step == 1:
            commands.put(Checkpoint())
        if isinstance(event, Checkpointed):
            commands.put(SetKnobs(learning_rate_scale=3.0, beta_scale=0.5))
        if isinstance(event, Metrics) and run_for and event.step >= run_for[0]:
            commands.put(Stop(checkpoint=False))
        if isinstance(event, KnobsChanged):
            run_for.append(event.step + 30)

    run_for: list[int] = []
    cut = Run(config, tiny_dataset, tmp_path / "cut", script)
    (changed,) = cut.of(KnobsChanged)
    (saved,) = cut.of(Checkpointed)
    assert saved.step == 1 < changed.step < cut.ended.step

    def stop(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step >= cut.ended.step:
            commands.put(Stop(checkpoint=False))

    resumed = Run(config, tiny_dataset, tmp_path / "cut", stop, resume=True, knob_changes=cut.of(KnobsChanged))
    assert {step: resumed.losses[step] for step in cut.losses if step > saved.step} == {
        step: row for step, row in cut.losses.items() if step > saved.step
    }
    assert [event.step for event in resumed.of(KnobsChanged)] == [changed.step]


def test_a_past_change_of_an_earlier_step_does_not_hold_the_run_up(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    past = [KnobsChanged(step=step, learning_rate_scale=rate, beta_scale=1.0) for step, rate in ((17, 4.0), (12, 0.5))]

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, ModelReady):
            too_late.append(threading.Timer(60, commands.put, [Stop(checkpoint=False)]))
            too_late[0].start()
        if isinstance(event, StateChanged) and event.state == RunState.FINISHED:
            too_late[0].cancel()

    too_late: list[threading.Timer] = []
    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script, knob_changes=past)
    assert sorted(run.losses) == list(range(1, 41))
