"""The directory of a run: its configuration, its files, and the lock that keeps a second writer out.

RUN/config.json     the configuration           RUN/samples/        pictures of generated digits
RUN/events.jsonl    every event, one a line     RUN/checkpoints/    the training states
RUN/train.log       what libraries print        RUN/lock            held while a process writes to the run
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import json
import os
import shutil
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from .config import Config, load_config
from .errors import ConfigError, RunError
from .files import write_whole

RUNS = Path("runs")
"""Where runs are kept unless they are given a directory: below the working directory."""

_CONFIG = "config.json"
_LOCK = "lock"
_LOCK_SECONDS = 1.0  # `is_locked` in another process holds the lock for an instant: wait that long


class RunDirectory:
    """A run that this process writes to. Leaving it as a context manager, or `close`, gives the lock back."""

    def __init__(self, path: Path, config: Config, lock: FileLock, *, is_new: bool = False) -> None:
        self.path = path
        self.config = config
        self._lock = lock
        self._is_new = is_new

    @property
    def log_path(self) -> Path:
        """What libraries and native code print."""
        return self.path / "train.log"

    @property
    def events_path(self) -> Path:
        """The event log, one JSON object a line."""
        return events_path(self.path)

    @property
    def samples_path(self) -> Path:
        """The folder of sampled pictures."""
        return self.path / "samples"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def tensorboard_path(self) -> Path:
        """The folder of event files for TensorBoard, where they are asked for."""
        return self.path / "tensorboard"

    @classmethod
    def create(cls, config: Config, base: Path = RUNS) -> RunDirectory:
        """Start a run in `config.run.dir`, or in a new directory below `base`.

        Raises:
            RunError: when the directory is in use, holds something else, or cannot be written. Nothing new
                is left behind.
        """
        try:
            path, is_new = _make_directory(config, base)
        except OSError as error:
            raise RunError(f"cannot make the run directory {error.filename}: {error.strerror}") from error
        try:
            lock = _acquire(path)
            if (path / _CONFIG).exists():  # another process was faster
                lock.release()
                raise RunError(_occupied(path))
            run = cls(path, config, lock, is_new=is_new)
            run.configure(config)
            run.samples_path.mkdir()
        except (OSError, RunError) as error:
            if is_new:
                shutil.rmtree(path, ignore_errors=True)
            if isinstance(error, RunError):
                raise
            raise RunError(f"cannot write to the run directory {path}: {error.strerror}") from error
        return run

    @classmethod
    def resume(cls, path: Path) -> RunDirectory:
        """Open an existing run for writing.

        Raises:
            RunError: when it is no run, cannot be read or written, or another process writes to it.
        """
        config = read_config(path)
        try:
            lock = _acquire(path)
        except OSError as error:
            raise RunError(f"cannot write to the run directory {path}: {error.strerror}") from error
        return cls(path, config, lock)

    def configure(self, config: Config) -> None:
        """Replace the run's configuration, on disk as well."""
        content = json.dumps(config.to_json(), indent=2) + "\n"
        try:
            write_whole(self.path / _CONFIG, content.encode())
        except OSError as error:
            raise RunError(f"cannot write {self.path / _CONFIG}: {error.strerror}") from error
        self.config = config

    def discard(self) -> None:
        """Remove what this process has written, and the directory if it made that and nothing else is in it."""
        for name in (_CONFIG, self.events_path.name, self.log_path.name, _LOCK):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.samples_path, self.checkpoints_path, self.tensorboard_path):
            shutil.rmtree(folder, ignore_errors=True)
        if self._is_new:
            with contextlib.suppress(OSError):  # not empty
                self.path.rmdir()

    def close(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def events_path(run: Path) -> Path:
    """The event log of the run in a directory."""
    return run / "events.jsonl"


def is_run(path: Path) -> bool:
    """Whether a directory holds a run."""
    return (path / _CONFIG).is_file()


def is_locked(path: Path) -> bool:
    """Whether a process writes to this run now. A run that cannot be looked at counts as free."""
    if not (path / _LOCK).exists():
        return False
    try:
        with FileLock(path / _LOCK, blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def read_config(path: Path) -> Config:
    """The configuration of a run. Raises RunError when the directory is no run or its configuration is damaged."""
    if not is_run(path):
        raise RunError(f"{path} is not a run: it has no {_CONFIG}")
    try:
        return load_config(path / _CONFIG)
    except ConfigError as error:
        raise RunError(f"the run {path} cannot be used: {error}") from error


def find_run(name: str, base: Path = RUNS) -> Path:
    """The directory of a run.

    Args:
        name: A directory, the name of a run below `base`, or "latest".
        base: Where runs are kept.

    Raises:
        RunError: when there is no such run; the message lists the nearest names.
    """
    runs = sorted((path.parent for path in base.glob(f"*/{_CONFIG}")), key=_started)
    if name == "latest":
        if not runs:
            raise RunError(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
        return runs[-1]
    for path in (Path(name), base / name):
        if is_run(path):
            return path
    names = [run.name for run in runs]
    near = difflib.get_close_matches(name, names, n=3) or list(reversed(names[-3:]))
    hint = f"there are {', '.join(near)}" if near else "there are none yet"
    raise RunError(f"there is no run {name}, neither as a directory nor in {base.absolute()}; {hint}")


def _started(run: Path) -> float:
    return (run / _CONFIG).stat().st_mtime


def _make_directory(config: Config, base: Path) -> tuple[Path, bool]:
    """Make the run's directory. Returns its path, and whether it is new."""
    if config.run.dir is None:
        base.mkdir(parents=True, exist_ok=True)
        stem = f"{date.today().isoformat()}-{config.data.name.replace('/', '-')}"
        for number in itertools.count(1):
            path = base / f"{stem}-{number}"
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return path, True
    path = Path(config.run.dir or "")
    if is_run(path):
        raise RunError(_occupied(path))
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; --run.dir must be a new or an empty directory")
    if path.is_dir():
        if any(entry.name != _LOCK for entry in path.iterdir()):
            raise RunError(f"{path} is not empty and holds no run; --run.dir must be a new or an empty directory")
        return path, False
    path.mkdir(parents=True)
    return path, True


def _occupied(path: Path) -> str:
    return f"{path} holds a run already; continue it with --resume {path}, or choose another --run.dir"


def _acquire(path: Path) -> FileLock:
    """Take a run's lock and note this process in it. Raises RunError when another one holds it, and OSError."""
    file = path / _LOCK
    lock = FileLock(file, timeout=_LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        holder = file.read_text(errors="replace").strip()
        process = f"process {holder}" if holder.isdecimal() else "another process"
        raise RunError(f"{path} is in use by {process}; stop that one first, or work on another run") from None
    file.write_text(f"{os.getpid()}\n")
    return lock
