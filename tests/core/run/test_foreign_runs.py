"""Links, pipes and devices in a run directory that came from elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError
from vae_tui.core.files import read_regular, write_whole
from vae_tui.core.protocol.events import Notice
from vae_tui.core.run.event_log import RunLog, read_events
from vae_tui.core.run.log_tail import LogTail, complete_size
from vae_tui.core.run.rundir import RunDirectory, is_locked, read_config
from vae_tui.core.run.sample_files import MAX_SAMPLE_BYTES, PictureArchive, read_images

FILES = ("lock", "events.jsonl", "train.log", "view.log")
FOLDERS = ("samples", "checkpoints", "tensorboard", "studio")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    RunDirectory.create(Config(run=RunConfig(dir=str(path)))).close()
    return path


@pytest.fixture
def precious(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "thesis"
    path.mkdir()
    (path / "7").mkdir()
    (path / "text").write_bytes(b"long\ntorn")
    yield path
    assert (path / "text").read_bytes() == b"long\ntorn"
    assert sorted(entry.name for entry in path.iterdir()) == ["7", "text"]


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_nothing_is_written_through_a_link(run: Path, precious: Path, name: str) -> None:
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(precious if name in FOLDERS else precious / "text")
    with pytest.raises(RunError, match=f"{name} is a symbolic link, which this run would write through"):
        RunDirectory.resume(run)
    assert not is_locked(run)


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_what_is_of_another_kind_is_said(run: Path, name: str) -> None:
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    with pytest.raises(RunError, match=rf"{name} is not a (file|folder); move it away"):
        RunDirectory.resume(run)
    assert not is_locked(run)


def test_a_log_that_becomes_a_link_is_neither_cut_nor_read(run: Path, precious: Path) -> None:
    with RunDirectory.resume(run) as directory:
        directory.events_path.symlink_to(precious / "text")
        with pytest.raises(RunError, match=r"events\.jsonl: it is a symbolic link"):
            RunLog(directory)
    with pytest.raises(RunError, match=r"cannot read .*events\.jsonl: it is a symbolic link"):
        list(LogTail(run).read())
    assert complete_size(run) == 0


def test_the_directory_itself_may_be_a_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    with RunDirectory.resume(tmp_path / "link") as directory:
        log = RunLog(directory)
        log.record(Notice(step=0, level="info", text="hello"))
        log.close()
    assert len(list(read_events(run / "events.jsonl"))) == 1


def test_a_planted_part_of_a_file_is_not_written_through(tmp_path: Path, precious: Path) -> None:
    (tmp_path / f".config.json.{os.getpid()}.part").symlink_to(precious / "text")
    write_whole(tmp_path / "config.json", b"{}")
    assert (tmp_path / "config.json").read_bytes() == b"{}"


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_configuration_is_a_regular_file(run: Path, kind: str) -> None:
    (run / "config.json").unlink()
    if kind == "link":
        (run / "config.json").symlink_to("/dev/zero")
    else:
        os.mkfifo(run / "config.json")
    with pytest.raises(RunError):
        read_config(run)


@pytest.mark.parametrize("kind", ["link", "fifo", "large"])
def test_a_sample_is_a_regular_file_of_bounded_size(run: Path, kind: str) -> None:
    sample = run / "samples" / "step-00000001.png"
    sample.parent.mkdir()
    if kind == "link":
        sample.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(sample)
    else:
        sample.touch()
        os.truncate(sample, MAX_SAMPLE_BYTES + 1)
    with pytest.raises(OSError, match=r"symbolic link|not a regular file|larger than 16 MiB"):
        read_images(sample)
    assert PictureArchive(sample.parent).at(1) is None


def test_a_log_or_a_lock_that_is_a_pipe_hangs_no_reader(run: Path) -> None:
    (run / "lock").unlink()
    for name in ("lock", "events.jsonl"):
        os.mkfifo(run / name)
    assert not is_locked(run)
    with pytest.raises(RunError, match="it is not a regular file"):
        list(LogTail(run).read())


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        read_regular(tmp_path / "file", 4)
