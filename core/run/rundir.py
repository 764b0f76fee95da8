"""Manage the directory of a run: configuration, files, and the lock against other writers.

RUN/config.json     the configuration           RUN/samples/        pictures of generated images
RUN/events.jsonl    one event per line          RUN/checkpoints/    the checkpoints
RUN/train.log       what libraries print        RUN/lock            held while a process writes to the run
RUN/view.log        the same, of its viewers    RUN/socket          where viewers connect to that process
RUN/reserve         room for the last events before the disk is full; only while a process trains the run
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from datetime import date
from pathlib import Path

import platformdirs

from ..config import MAX_CONFIG_BYTES, Config, parse_config
from ..errors import ConfigError, RunError
from ..files import read_regular, write_whole
from ..text import shell_path
from . import lock as locks
from .contents import lock_path, socket_path
from .writer_lock import WriterLock

RUNS = Path("runs")
"""The default folder of runs, below the working directory."""

_CONFIG = "config.json"


class RunDirectory:
    """A run that this process writes to and holds the lock of.

    Leaving it as a context manager, or calling `close`, releases the lock.
    """

    def __init__(self, path: Path, config: Config, lock: WriterLock, *, is_new: bool = False) -> None:
        """Wrap a directory and its lock, which is held."""
        self.path = path
        self.config = config
        self._lock = lock
        self.is_new = is_new
        """Whether the directory was created for this run; `discard` removes it then."""

    @property
    def log_path(self) -> Path:
        """The log of what libraries and native code print."""
        return log_path(self.path)

    @property
    def view_log_path(self) -> Path:
        """The log of what libraries print in the processes of viewers."""
        return self.path / "view.log"

    @property
    def events_path(self) -> Path:
        """The event log, one JSON object per line."""
        return events_path(self.path)

    @property
    def samples_path(self) -> Path:
        """The folder of sample files."""
        return self.path / "samples"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def tensorboard_path(self) -> Path:
        """The folder of event files for TensorBoard, if the configuration enables them."""
        return self.path / "tensorboard"

    @classmethod
    def create(cls, config: Config, base: Path = RUNS) -> RunDirectory:
        """Start a run in `config.run.dir`, or in a new directory below `base`.

        Raises:
            RunError: when the directory is in use, holds something else, or cannot be written. No new file is left.
        """
        try:
            path, is_new = _make_directory(config, base)
        except OSError as error:
            raise RunError(f"cannot make the run directory {error.filename}: {error.strerror}") from error
        try:
            run = cls(path, config, WriterLock.take(path), is_new=is_new)
        except RunError:
            if is_new:
                with contextlib.suppress(OSError):  # not empty: another process has taken it
                    path.rmdir()
            raise
        if is_run(path):  # another process was faster
            run.close()
            raise RunError(_occupied(path))
        try:
            run.configure(config)
        except RunError:
            run.discard()
            run.close()
            raise
        return run

    @classmethod
    def resume(cls, path: Path) -> RunDirectory:
        """Open an existing run for writing.

        Raises:
            RunError: when the directory is not a run, cannot be read or written, or another process writes to it.
        """
        return cls(path, read_config(path), WriterLock.take(path))

    @property
    def lock_limit(self) -> str:
        """A sentence about what the lock lacks on this disk, or ""."""
        if self._lock.has_flock:
            return ""
        return (
            f"the disk of {self.path} has no file locks: {lock_path(self.path).name} names this process instead; if"
            " this machine loses power, another machine can use the run only once that file is removed"
        )

    def sign(self) -> None:
        """Sign the lock for this process, a fork of the locking one. Raises RunError when it cannot be written."""
        self._lock.sign()

    def keep_lock(self, *, wait: float = 1.0) -> None:
        """Check that the lock file is still this process's, and take it again if it was removed.

        Args:
            wait: Seconds to wait for a process that has the new lock file; one that only checks it has it for an
                instant.

        Raises:
            TrainingError: when another process writes to the run now, or the lock cannot be written.
        """
        self._lock.keep(wait)

    def configure(self, config: Config) -> None:
        """Replace the run's configuration, on disk as well."""
        content = json.dumps(config.to_json(), indent=2) + "\n"
        try:
            write_whole(self.path / _CONFIG, content.encode())
        except OSError as error:
            raise RunError(f"cannot write {self.path / _CONFIG}: {error.strerror}") from error
        self.config = config

    def discard(self) -> None:
        """Remove the run's files, and its directory if it is new and otherwise empty."""
        logs = (self.events_path, self.log_path, self.view_log_path)
        for path in (
            self.path / _CONFIG,
            *logs,
            reserve_path(self.path),
            socket_path(self.path),
            lock_path(self.path),
        ):
            path.unlink(missing_ok=True)
        for folder in (self.samples_path, self.checkpoints_path, self.tensorboard_path):
            shutil.rmtree(folder, ignore_errors=True)
        if self.is_new:
            with contextlib.suppress(OSError):  # not empty
                self.path.rmdir()

    def close(self) -> None:
        """Release the lock, unless a fork of this process holds it as well."""
        self._lock.close()

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def config_path(run: Path) -> Path:
    """Return the path of a run's configuration."""
    return run / _CONFIG


def events_path(run: Path) -> Path:
    """Return the path of a run's event log."""
    return run / "events.jsonl"


def log_path(run: Path) -> Path:
    """Return the path of the log of the training process's output."""
    return run / "train.log"


def view_log_path(run: Path) -> Path:
    """Return the path of the log of the viewers' output.

    Where the run cannot be written, as on a read-only disk, it is in the folder of the user's logs.
    """
    path = run / "view.log"
    if os.access(path if path.exists() else run, os.W_OK):
        return path
    return user_log_path(f"{run.absolute().name}.view.log")


def user_log_path(name: str) -> Path:
    """Return the path of a log in the folder of the user's logs, which is created."""
    folder = platformdirs.user_log_path("vae-tui", appauthor=False)
    with contextlib.suppress(OSError):  # opening the log says why
        folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def reserve_path(run: Path) -> Path:
    """Return the path of the file that reserves room for a run's last events."""
    return run / "reserve"


def is_run(path: Path) -> bool:
    """Return whether a directory is a run that can be read."""
    try:
        return (path / _CONFIG).is_file()
    except OSError:
        return False


def checkpoint_steps(run: Path) -> list[int]:
    """Return the steps of a run's complete checkpoints, ascending."""
    return sorted(int(path.name) for path in (run / "checkpoints").glob("*") if path.name.isdecimal())


def last_checkpoint(run: Path) -> Path | None:
    """Return the path of a run's newest complete checkpoint; None when there is none."""
    steps = checkpoint_steps(run)
    return run / "checkpoints" / str(steps[-1]) if steps else None


def is_locked(path: Path) -> bool:
    """Return whether a process writes to a run; unreadable counts as free."""
    return locks.is_held(lock_path(path))


def holder(path: Path) -> int | None:
    """Return the id of the process that writes to a run now, or None."""
    return locks.signature(lock_path(path)) if is_locked(path) else None


def read_config(path: Path) -> Config:
    """Read the configuration of a run.

    Raises:
        RunError: when the directory is not a run or its configuration is damaged.
    """
    if not is_run(path):
        raise RunError(f"{path} is not a run: it has no {_CONFIG}")
    try:
        content = read_regular(path / _CONFIG, MAX_CONFIG_BYTES)
    except OSError as error:
        raise RunError(f"cannot read {path / _CONFIG}: {error.strerror}") from error
    try:
        return parse_config(content, path / _CONFIG)
    except ConfigError as error:
        raise RunError(f"the run {path} cannot be used: {error}") from error


def _make_directory(config: Config, base: Path) -> tuple[Path, bool]:
    """Make the run's directory. Returns its path, and whether it is new."""
    if config.run.dir is None:
        base.mkdir(parents=True, exist_ok=True)
        stem = f"{date.today().isoformat()}-{config.data.title.replace('/', '-')}"
        for number in itertools.count(1):
            path = base / f"{stem}-{number}"
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
                return path, True
    path = Path(config.run.dir or "")
    if is_run(path):
        raise RunError(_occupied(path))
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; --run.dir must be a new or an empty directory")
    if path.is_dir():
        if any(entry != lock_path(path) for entry in path.iterdir()):
            raise RunError(f"{path} is not empty and holds no run; --run.dir must be a new or an empty directory")
        return path, False
    path.mkdir(mode=0o700, parents=True)
    return path, True


def _occupied(path: Path) -> str:
    return f"{path} holds a run already; continue it with --resume {shell_path(path)}, or choose another --run.dir"
