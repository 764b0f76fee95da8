"""Runs are found by directory and by name, also those in the folders of sweeps."""

import os
import time
from pathlib import Path

import pytest
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError
from vae_tui.core.run.run_folder import find_run, previous_run, run_name, run_paths
from vae_tui.core.run.rundir import RunDirectory

NAMES = ("2031-01-03-mnist-1", "sweep-seed/seed=1", "sweep-seed/seed=0", "2031-01-02-mnist-1")
"""The runs, the newest first."""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    start = time.time()
    base = tmp_path / "runs"
    for age, name in enumerate(NAMES):
        RunDirectory.create(Config(run=RunConfig(dir=str(base / name)))).close()
        os.utime(base / name / "config.json", (start - age, start - age))
    (base / "2031-01-02-mnist-1" / "samples").mkdir()
    (base / ".trash" / "1-deleted").mkdir(parents=True)
    (base / ".trash" / "1-deleted" / "config.json").touch()
    return base


def test_runs_of_sweeps_are_listed_and_deleted_ones_are_not(base: Path) -> None:
    assert {run_name(path, base) for path in run_paths(base)} == set(NAMES)
    assert run_paths(base / "none") == []


@pytest.mark.parametrize("name", NAMES[1:])
def test_by_name_and_by_directory(base: Path, name: str) -> None:
    assert find_run(name, base) == find_run(str(base / name), Path("elsewhere")) == base / name


def test_latest_is_the_one_begun_last_also_in_a_sweep(base: Path) -> None:
    assert find_run("latest", base) == base / NAMES[0]
    os.utime(base / NAMES[2] / "config.json")
    assert find_run("latest", base) == base / NAMES[2]


def test_the_previous_run_is_one_of_the_same_folder(base: Path) -> None:
    assert previous_run(base / NAMES[1]) == base / NAMES[2]
    assert previous_run(base / NAMES[2]) is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [("2031-01-02-mnits-1", "2031-01-02-mnist-1"), ("seed=1", "sweep-seed/seed=1$"), ("x" * 300, "2031-01-03")],
)
def test_near_names_are_offered(base: Path, name: str, hint: str) -> None:
    with pytest.raises(RunError, match=f"there is no run {name}.*; there are .*{hint}"):
        find_run(name, base)


def test_without_runs(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there are no runs in"):
        find_run("latest", tmp_path)
    with pytest.raises(RunError, match="there are none yet"):
        find_run("mine", tmp_path)
