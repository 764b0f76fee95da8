"""Runs that many tests compare with, read or resume."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from trainer_runs import Run
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset


@pytest.fixture(scope="session")
def undisturbed(
    tiny_config: Callable[..., Config], tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Forty steps from start to end, without a command."""
    return Run(tiny_config(steps=40), tiny_dataset, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture
def finished(undisturbed: Run, tmp_path: Path) -> Path:
    """The checkpoints of the undisturbed run, to be resumed or damaged."""
    return shutil.copytree(undisturbed.path, tmp_path / "finished")
