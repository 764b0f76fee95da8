"""A run that is killed at any moment and resumed takes the very steps that it would have taken undisturbed."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from commands import TRAIN, VAE_TUI
from runlog import losses, metrics, records

pytestmark = pytest.mark.soak

STEPS = 4000
KILLS = 4


def start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [VAE_TUI, *arguments, "--headless"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()


def kill_somewhere(process: subprocess.Popen[bytes], run: Path, rng: random.Random) -> None:
    """Kill a run that has a checkpoint at a moment of its training, often in the middle of a line or a checkpoint."""
    begun = len(records(run))
    while process.poll() is None:
        has_checkpoint = any(path.name.isdecimal() for path in (run / "checkpoints").glob("*"))
        if has_checkpoint and any(record["type"] == "metrics" for record in records(run)[begun:]):
            break
        time.sleep(0.02)
    time.sleep(rng.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_run_killed_at_random_moments_takes_the_same_steps(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    arguments = [*TRAIN, "--train.steps", str(STEPS)]
    finish(start(*arguments, "--run.dir", str(whole)))
    seed = int.from_bytes(os.urandom(4), "big")
    rng = random.Random(seed)
    kill_somewhere(start(*arguments, "--run.dir", str(cut)), cut, rng)
    for _ in range(KILLS - 1):
        kill_somewhere(start("train", "--resume", str(cut)), cut, rng)
    finish(start("train", "--resume", str(cut)))
    expected = metrics(whole)
    assert sorted(expected) == list(range(1, STEPS + 1))
    assert metrics(cut) == expected, f"seed {seed}"
    assert losses(cut) == losses(whole)
