"""Several processes train one run: as one process does, under command, and when one of them dies."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from cluster import SETTINGS, Cluster, cluster, free_port
from commands import VAE_TUI
from vae_tui.core.learning.saved_checkpoints import open_checkpoints
from vae_tui.core.protocol import (
    Checkpoint,
    Checkpointed,
    CheckpointStarted,
    Ended,
    Evaluated,
    Failed,
    Generate,
    KnobsChanged,
    Metrics,
    ModelReady,
    Pause,
    Resume,
    Rewind,
    Rewound,
    RunState,
    Sample,
    SetKnobs,
    StateChanged,
)
from vae_tui.core.run.event_log import read_events

pytestmark = pytest.mark.process


def losses_of(run: Path) -> np.ndarray:
    """The loss of every step."""
    losses: dict[int, float] = {}
    for event in read_events(run / "events.jsonl", warn=lambda text: None):
        if isinstance(event, Metrics):
            losses |= {event.first_step + i: loss for i, loss in enumerate(event.loss.tolist())}
    return np.array([losses[step] for step in sorted(losses)])


def alone(run: Path, *arguments: str) -> None:
    command = [VAE_TUI, "train", "--headless", *arguments]
    subprocess.run(command, env=os.environ | {"JAX_PLATFORMS": "cpu"}, check=True, capture_output=True)
    assert (run / "config.json").exists()


def test_two_processes_train_as_one_does_and_one_goes_on_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with cluster(two, 2, "--train.steps", "120", "--data.shard") as running:
        assert running.codes() == [0, 0]
        assert running.said(1) == ""
    ready = running.events(ModelReady)[0]
    assert (ready.devices, ready.processes) == (2, 2)
    assert (two / "train-1.log").exists()
    alone(one, *SETTINGS, "--run.dir", str(one), "--train.steps", "120")
    np.testing.assert_allclose(losses_of(two), losses_of(one), rtol=2e-3)
    alone(two, "--resume", str(two), "--train.steps", "140")
    losses = losses_of(two)
    assert len(losses) == 140
    assert losses[120:].mean() < losses[100:120].mean()


@pytest.mark.soak
@pytest.mark.parametrize(("size", "then"), [(2, 3), (4, 2)])
def test_commands_reach_all_processes_and_another_number_of_them_goes_on(size: int, then: int, tmp_path: Path) -> None:
    with cluster(tmp_path / "run", size, "--train.steps", "100000") as running:
        running.wait_for(Metrics, lambda event: event.step >= 10)
        running.send(SetKnobs(learning_rate_scale=0.5), Checkpoint(), Pause())
        running.wait_for(KnobsChanged)
        paused = running.wait_for(StateChanged, lambda event: event.state == RunState.PAUSED)
        first = running.wait_for(Checkpointed)
        before = running.cpu_seconds(size - 1)
        time.sleep(2)
        assert running.cpu_seconds(size - 1) - before < 1.0  # a paused cluster does not spin

        codes = np.zeros((2, 4), np.float32)
        running.send(Sample(3), Generate(1, codes, np.eye(10, dtype=np.float32)[:2]), Resume())
        running.wait_for(Evaluated, lambda event: event.step > paused.step)
        running.send(Rewind(first.step))
        assert running.wait_for(Rewound).step == first.step
        running.send(Resume())
        running.wait_for(Evaluated, lambda event: event.time > running.events(Rewound)[-1].time)

        os.kill(running.processes[1].pid, signal.SIGTERM)  # as a scheduler ends one node
        assert running.codes() == [0] * size
    ended = running.events(Ended)[-1]
    assert ended.reason == "stopped"
    assert open_checkpoints(running.run).latest_step == ended.step
    assert open_checkpoints(running.run).check(ended.step)
    assert '"requested":true,"label":3' in (running.run / "events.jsonl").read_text()
    assert "process 1 on" in running.said(0)
    assert "was asked to stop (SIGTERM)" in running.said(0)

    with cluster(tmp_path / "run", then, "--resume", "auto", "--train.steps", str(ended.step + 20)) as resumed:
        assert resumed.codes() == [0] * then
    assert resumed.events(ModelReady)[-1].processes == then
    assert open_checkpoints(resumed.run).latest_step == ended.step + 20


@pytest.mark.soak
def test_the_death_of_a_follower_is_told_and_the_run_can_be_resumed_from_the_last_whole_checkpoint(
    tmp_path: Path,
) -> None:
    with cluster(tmp_path / "run", 4, "--train.steps", "100000", "--run.checkpoint-epochs", "1") as running:
        running.wait_for(Checkpointed)
        count = len(running.events(CheckpointStarted))
        running.wait_for(CheckpointStarted, lambda event: len(running.events(CheckpointStarted)) > count)
        os.kill(running.worker_of(2), signal.SIGKILL)
        start = time.monotonic()
        assert running.codes() == [1, 1, 1, 1]
        assert time.monotonic() - start < 60
        assert "process 2 of 4 ended unexpectedly" in running.said(0)
        assert f"vae-tui train --resume {running.run}" in running.said(0)
        assert "process 2 of 4 ended unexpectedly" in running.said(1)
        assert "process 2 was ended by SIGKILL" in running.said(2)
    assert running.events(Failed)
    assert_continues(running)


@pytest.mark.soak
def test_the_death_of_process_0_ends_the_others(tmp_path: Path) -> None:
    with cluster(tmp_path / "run", 4, "--train.steps", "100000", "--run.checkpoint-epochs", "1") as running:
        running.wait_for(Checkpointed)
        running.processes[0].kill()
        assert running.codes() == [-signal.SIGKILL, 1, 1, 1]
        for index in (1, 2, 3):
            assert "process 0 at 127.0.0.1" in running.said(index)
            assert "Traceback" not in running.said(index)
    assert_continues(running)


def assert_continues(ended: Cluster) -> None:
    """One process resumes a run that a cluster has left, from a checkpoint that is whole."""
    step = open_checkpoints(ended.run).latest_step or 0
    assert step > 0
    alone(ended.run, "--resume", str(ended.run), "--train.steps", str(step + 5))
    assert open_checkpoints(ended.run).latest_step == step + 5


@pytest.mark.parametrize("index", [0, 1])
def test_a_cluster_that_never_comes_together_is_given_up_in_one_line(index: int, tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_port()},2,{index}"
    command = [VAE_TUI, "train", "--headless", *SETTINGS, "--run.dir", "run", "--cluster", place, "--cluster-wait", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if not line.startswith(("log ", "resume "))]
    assert len(errors) == 1, done.stderr
    assert "within 2 s" in errors[0]
    assert "--cluster-wait" in errors[0]
    assert ("waiting for 1 other process: 0 of 2 s" in done.stdout) == (index == 0)


def test_the_same_command_starts_a_run_and_continues_it(tmp_path: Path) -> None:
    command = [*SETTINGS, "--run.dir", str(tmp_path / "run"), "--resume", "auto"]
    alone(tmp_path / "run", *command, "--train.steps", "10")
    alone(tmp_path / "run", *command, "--train.steps", "20")
    assert len(losses_of(tmp_path / "run")) == 20
    done = subprocess.run(
        [VAE_TUI, "train", "--headless", *command, "-l", "0.5"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--optim.learning-rate is 0.5, but" in done.stderr
    assert json.loads((tmp_path / "run" / "config.json").read_text())["train"]["steps"] == 20
