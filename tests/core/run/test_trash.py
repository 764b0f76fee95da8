"""Runs are moved to a trash, brought back, and removed for good."""

import itertools
import os
import shutil
import threading
from pathlib import Path

import pytest
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError, UsageError
from vae_tui.core.run import (
    RunDirectory,
    delete_run,
    deleted_runs,
    describe_contents,
    empty_trash,
    restore_run,
    run_paths,
    size_of,
)


def make_run(base: Path) -> Path:
    with RunDirectory.create(Config(), base) as run:
        (run.path / "samples").mkdir(exist_ok=True)
        (run.path / "samples" / "step-0.png").write_bytes(b"x" * 1000)
    return run.path


def content(run: Path) -> dict[str, bytes]:
    files = (path for path in run.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def test_a_deleted_run_is_not_listed_and_comes_back_whole(tmp_path: Path) -> None:
    runs = [make_run(tmp_path) for _ in range(3)]
    before = [content(run) for run in runs]
    for run in runs[:2]:
        delete_run(run)
    assert run_paths(tmp_path) == runs[2:]
    assert [run.name for run in deleted_runs(tmp_path)] == [run.name for run in runs[:2]]
    assert restore_run(tmp_path) == runs[1], "the last one first"
    assert restore_run(tmp_path) == runs[0]
    assert [content(run) for run in runs] == before
    with pytest.raises(UsageError, match="is empty"):
        restore_run(tmp_path)
    assert not (tmp_path / ".trash").exists()


def test_a_run_of_a_sweep_comes_back_to_its_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path / "sweep-seed")
    delete_run(run)
    assert [deleted.origin for deleted in deleted_runs(tmp_path)] == [run]
    assert restore_run(tmp_path) == run
    delete_run(run)
    assert len(empty_trash(tmp_path)) == 1
    assert not list((tmp_path / "sweep-seed").iterdir())


def test_a_run_that_a_process_holds_stays(tmp_path: Path) -> None:
    with RunDirectory.create(Config(), tmp_path) as run:
        with pytest.raises(RunError, match="in use"):
            delete_run(run.path)
        assert run.path.is_dir()
    assert deleted_runs(tmp_path) == []


def test_the_name_of_another_run_is_not_taken(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    delete_run(run)
    run.mkdir()
    with pytest.raises(UsageError, match="there is another"):
        restore_run(tmp_path)
    assert [deleted.name for deleted in deleted_runs(tmp_path)] == [run.name]


def test_runs_of_the_same_name_are_kept_apart(tmp_path: Path) -> None:
    first = make_run(tmp_path)
    delete_run(first)
    second = make_run(tmp_path)
    assert second == first
    delete_run(second)
    assert [run.name for run in deleted_runs(tmp_path)] == [first.name] * 2


def test_the_trash_is_emptied_of_runs_alone(tmp_path: Path) -> None:
    delete_run(make_run(tmp_path))
    (tmp_path / ".trash" / "mine").write_text("keep")
    kept = make_run(tmp_path)
    assert len(empty_trash(tmp_path)) == 1
    assert (tmp_path / ".trash" / "mine").read_text() == "keep"
    assert kept.is_dir()
    assert empty_trash(tmp_path) == []


def test_a_run_is_deleted_from_inside_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    monkeypatch.chdir(run)
    assert delete_run(Path()).name == run.name


def test_a_link_out_of_a_run_counts_as_a_link(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs")
    before = size_of(run)
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "file").write_bytes(b"x" * 10**6)
    os.symlink(tmp_path / "large", run / "link")
    assert before <= size_of(run) < before + 10**5


def test_a_run_whose_checkpoints_come_and_go_can_be_measured(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    least, over = size_of(run), threading.Event()

    def save_and_delete() -> None:
        """As a live run does, but without pause."""
        checkpoints = run / "checkpoints"
        for step in itertools.count():
            if over.is_set():
                return
            unfinished = checkpoints / f"{step}.orbax-checkpoint-tmp"
            for name in ("state", "model", "metrics"):
                (unfinished / name).mkdir(parents=True)
                (unfinished / name / "data").write_bytes(b"x" * 100)
            unfinished.rename(checkpoints / str(step))
            shutil.rmtree(checkpoints / str(step - 1), ignore_errors=True)

    saving = threading.Thread(target=save_and_delete)
    saving.start()
    try:
        for _ in range(500):
            assert size_of(run) >= least
            assert describe_contents(run).startswith("0.0 MB")
    finally:
        over.set()
        saving.join()
