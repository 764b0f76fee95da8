"""Run directories: making, finding, locking."""

import contextlib
import os
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vae_tui.core.config import Config, DataConfig, RunConfig, TrainConfig
from vae_tui.core.errors import RunError
from vae_tui.core.run.rundir import RunDirectory, holder, is_locked


def config(directory: Path | None = None, name: str = "mnist5k") -> Config:
    return Config(data=DataConfig(name=name), run=RunConfig(dir=None if directory is None else str(directory)))


def contents(path: Path) -> set[str]:
    return {str(entry.relative_to(path)) for entry in path.rglob("*")}


def test_a_new_run_holds_its_configuration(tmp_path: Path) -> None:
    with RunDirectory.create(config(name="emnist/letters"), tmp_path / "runs") as run:
        assert run.path.parent == tmp_path / "runs"
        assert run.path.name.endswith("-emnist-letters-1")
    with RunDirectory.resume(run.path) as again:
        assert again.config == config(name="emnist/letters")


def test_runs_of_a_day_are_numbered(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        with RunDirectory.create(config(), tmp_path) as run:
            names.append(run.path.name)
    assert [name.rsplit("-", 1)[1] for name in names] == ["1", "2", "3"]


def test_a_given_directory_may_exist_when_it_is_empty(tmp_path: Path) -> None:
    with RunDirectory.create(config(tmp_path)) as run:
        assert run.path == tmp_path


def test_a_given_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    with RunDirectory.create(config(tmp_path / "a" / "b")):
        assert (tmp_path / "a" / "b" / "config.json").is_file()


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    RunDirectory.create(config(tmp_path)).close()
    before = contents(tmp_path)
    with pytest.raises(RunError, match="holds a run already; continue it with --resume"):
        RunDirectory.create(config(tmp_path))
    assert contents(tmp_path) == before


def test_other_files_are_never_mixed_with_a_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunError, match="not empty and holds no run"):
        RunDirectory.create(config(tmp_path))
    assert contents(tmp_path) == {"thesis.tex"}


def test_a_file_is_no_place_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is a file"):
        RunDirectory.create(config(tmp_path / "file"))
    with pytest.raises(RunError, match="cannot make the run directory"):
        RunDirectory.create(config(tmp_path / "file" / "run"))
    with pytest.raises(RunError, match="cannot make the run directory"):
        RunDirectory.create(config(), tmp_path / "file")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        RunDirectory.create(config(tmp_path / "run"))
    assert contents(tmp_path) == set()
    with pytest.raises(RunError, match="No space left on device"):
        RunDirectory.create(config(), tmp_path / "runs")
    assert contents(tmp_path) == {"runs"}


def test_the_configuration_can_be_replaced(tmp_path: Path) -> None:
    longer = Config(train=TrainConfig(steps=9))
    with RunDirectory.create(config(tmp_path)) as run:
        run.configure(longer)
        assert run.config == longer
    with RunDirectory.resume(tmp_path) as run:
        assert run.config == longer


def test_only_runs_can_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run: it has no config\.json"):
        RunDirectory.resume(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RunError, match="not valid JSON"):
        RunDirectory.resume(tmp_path)


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with RunDirectory.create(config(tmp_path)):
        assert is_locked(tmp_path)
        for _ in range(2):  # the first refusal must not make the holder forgotten
            with pytest.raises(RunError, match=f"in use by process {os.getpid()}"):
                RunDirectory.resume(tmp_path)
    assert not is_locked(tmp_path)
    RunDirectory.resume(tmp_path).close()


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    code = """
        import sys, time
        from pathlib import Path
        from vae_tui.core.config import Config
        from vae_tui.core.run.rundir import RunDirectory
        run = RunDirectory.create(Config(), Path(sys.argv[1]))
        print(run.path, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        path = Path(writer.stdout.readline().strip())
        try:
            with pytest.raises(RunError, match=f"in use by process {writer.pid}"):
                RunDirectory.resume(path)
        finally:
            writer.kill()
    assert not is_locked(path)
    RunDirectory.resume(path).close()


FORKING = """
    import os, sys
    from pathlib import Path
    from vae_tui.core.config import Config, RunConfig
    from vae_tui.core.run.rundir import RunDirectory

    run = RunDirectory.create(Config(run=RunConfig(dir=sys.argv[1])))
    if (pid := os.fork()) == 0:
        {child}
        print(os.getpid(), flush=True)
        sys.stdin.read()
        os._exit(0)
    run.close()
    os.waitpid(pid, 0)
"""
"""A process that hands the lock of a run down to a fork, which lives until its input ends."""


@contextlib.contextmanager
def forked(path: Path, *, child: str = "pass") -> Iterator[int]:
    """Make a run and let a fork alone hold it, after it has done something. Yield the fork's process id."""
    command = [sys.executable, "-c", textwrap.dedent(FORKING).format(child=child), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    assert process.returncode == 0


def test_a_fork_holds_the_lock_after_its_parent_has_closed_it(tmp_path: Path) -> None:
    with forked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(RunError, match="in use by process"):
            RunDirectory.resume(tmp_path)
    RunDirectory.resume(tmp_path).close()


def test_the_holder_is_the_process_that_has_signed_last(tmp_path: Path) -> None:
    with RunDirectory.create(config(tmp_path / "own")):
        assert holder(tmp_path / "own") == os.getpid()
    assert holder(tmp_path / "own") is None
    with forked(tmp_path / "run", child="run.sign()") as pid:
        assert holder(tmp_path / "run") == pid
        with pytest.raises(RunError, match=f"in use by process {pid}"):
            RunDirectory.resume(tmp_path / "run")
    assert holder(tmp_path / "run") is None
    assert holder(tmp_path / "nowhere") is None


def test_no_program_that_is_started_inherits_the_lock(tmp_path: Path) -> None:
    with RunDirectory.create(config(tmp_path)):
        code = "import sys; print('here', flush=True); sys.stdin.read()"  # not only forked: the program runs
        process = subprocess.Popen(
            [sys.executable, "-c", code], close_fds=False, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
    assert process.poll() is None
    process.communicate()


def test_a_lock_that_cannot_be_signed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(28, "No space left on device")

    with RunDirectory.create(config(tmp_path)) as run:
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(RunError, match="No space left on device"):
            run.sign()


def test_closing_twice_closes_nothing_else(tmp_path: Path) -> None:
    run = RunDirectory.create(config(tmp_path))
    run.close()
    with open(tmp_path / "config.json", "rb") as other:
        run.close()
        assert other.read()


def test_looking_at_the_lock_is_in_nobodys_way(tmp_path: Path) -> None:
    RunDirectory.create(config(tmp_path)).close()
    code = """
        import sys
        from pathlib import Path
        from vae_tui.core.run.rundir import is_locked
        print(flush=True)
        while True:
            is_locked(Path(sys.argv[1]))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    lookers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for looker in lookers:
            assert looker.stdout is not None
            looker.stdout.readline()
        for _ in range(100):
            assert not is_locked(tmp_path)
            with RunDirectory.resume(tmp_path):
                assert is_locked(tmp_path)
    finally:
        for looker in lookers:
            looker.communicate(looker.kill())


def test_of_many_that_want_the_same_directory_one_gets_it(tmp_path: Path) -> None:
    """Whichever way it comes about, it is whole, and the losers remove nothing of it."""
    for number in range(20):
        path = tmp_path / str(number)
        won: list[RunDirectory] = []
        refused: list[RunError] = []
        barrier = threading.Barrier(4)

        def create(path: Path = path, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                won.append(RunDirectory.create(config(path)))  # noqa: B023 (joined before the next round)
            except RunError as error:
                refused.append(error)  # noqa: B023

        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        for run in won:
            run.close()  # the others, which wait for it, find the run then
        for thread in threads:
            thread.join()
        for run in won:
            run.close()
        assert len(won) == 1
        assert len(refused) == 3
        assert contents(path) == {"config.json", "lock"}


def test_only_its_user_can_look_into_a_run(tmp_path: Path) -> None:
    for directory in (None, tmp_path / "given"):
        with RunDirectory.create(config(directory), tmp_path) as run:
            assert stat.S_IMODE(run.path.stat().st_mode) == 0o700


def test_a_discarded_run_leaves_nothing_but_what_was_there(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    for path in (given, tmp_path / "new"):
        with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run:
            for name in ("events.jsonl", "train.log", "view.log", "socket"):
                (path / name).touch()
            run.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["given"]
    assert not list(given.iterdir())
