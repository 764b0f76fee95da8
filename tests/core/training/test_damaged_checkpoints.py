"""A run goes on from its newest good checkpoint, whatever has happened to the later ones."""

import queue
from collections.abc import Callable
from pathlib import Path

import pytest
from trainer_runs import Run, assert_same_state
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.errors import CheckpointError
from vae_tui.core.protocol.commands import Command, Pause, Resume, Rewind
from vae_tui.core.protocol.events import Checkpointed, Event, Metrics, Notice, Rewound, RunState, StateChanged

MakeConfig = Callable[..., Config]


def damage(checkpoint: Path) -> None:
    """Empty the files of a checkpoint's arrays."""
    for file in (checkpoint / "state").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")


def warnings_of(run: Run) -> list[str]:
    return [notice.text for notice in run.of(Notice) if notice.level == "warning"]


def test_a_resumed_run_takes_the_same_steps_from_an_earlier_checkpoint(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    config = tiny_config(steps=40)
    undisturbed = Run(config, tiny_dataset, tmp_path / "undisturbed")
    run = tmp_path / "run"
    Run(config, tiny_dataset, run)
    for step in (30, 40):
        damage(run / str(step))
    resumed = Run(config, tiny_dataset, run, resume=True)
    assert min(resumed.losses) == 21
    assert resumed.losses == {step: row for step, row in undisturbed.losses.items() if step > 20}
    assert_same_state(resumed, undisturbed)
    assert warnings_of(resumed) == [
        f"the checkpoint {run / str(step)} is damaged: its arrays cannot be read; step 20 is used instead"
        for step in (40, 30)
    ]
    assert [event.step for event in resumed.of(Checkpointed)] == [30, 40]
    assert {path.name for path in run.iterdir()} >= {"30", "40", "damaged-30", "damaged-40"}


def test_where_all_are_damaged_nothing_is_changed(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    Run(tiny_config(steps=20), tiny_dataset, tmp_path)
    for step in (10, 20):
        damage(tmp_path / str(step))
    with pytest.raises(CheckpointError, match="20 is damaged: its arrays cannot be read"):
        Run(tiny_config(steps=30), tiny_dataset, tmp_path, resume=True)
    assert {path.name for path in tmp_path.iterdir()} == {"10", "20"}


def test_a_run_goes_back_to_the_newest_good_one(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    is_asked = has_gone_back = False

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        nonlocal is_asked, has_gone_back
        if isinstance(event, Metrics) and event.step > 20 and not is_asked:
            is_asked = True
            commands.put(Pause())
        if isinstance(event, Checkpointed) and event.step in (20, 30) and not has_gone_back:
            damage(Path(event.path))
        if isinstance(event, StateChanged) and event.state == RunState.PAUSED:
            commands.put(Resume() if has_gone_back else Rewind())
        has_gone_back |= isinstance(event, Rewound)

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path, script)
    assert [event.step for event in run.of(Rewound)] == [10]
    assert any(text.endswith("step 10 is used instead") for text in warnings_of(run))
    assert run.ended.step == 40
