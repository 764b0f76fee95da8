"""Find the runs in a folder: those that lie in it, and those in the folders of its sweeps.

The folder of a sweep is any folder that is no run. A run's name is its path below the folder, such as "mine" or
"sweep-seed/seed=1".
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from ..errors import RunError
from .rundir import RUNS, config_path, holder, is_locked, is_run


def run_paths(base: Path = RUNS) -> list[Path]:
    """Return the directories of the runs in a folder, also of live runs whose configuration was removed."""
    found = []
    for path in _folders_in(base):
        if _is_taken(path):
            found.append(path)
        else:
            found += filter(_is_taken, _folders_in(path))
    return found


def run_name(run: Path, base: Path) -> str:
    """Return the name of a run in a folder of runs."""
    return run.relative_to(base).as_posix()


def find_run(name: str, base: Path = RUNS) -> Path:
    """Find the directory of a run.

    Args:
        name: A directory, the name of a run below `base`, or "latest".
        base: The folder of runs.

    Raises:
        RunError: when there is no such run, or it is live without its configuration; the message lists the nearest
            names, or says how to stop it.
    """
    if name != "latest":
        for path in (Path(name), base / name):
            if is_run(path):
                return path
            if (pid := holder(path)) is not None:
                lost = config_path(path).name
                raise RunError(f"{path} has lost its {lost}, though process {pid} trains it; `kill {pid}` stops it")
    runs = sorted(filter(is_run, run_paths(base)), key=_started)
    if name != "latest":
        names = [run_name(run, base) for run in runs]
        near = [known for known in names if known.endswith(f"/{name}")] or difflib.get_close_matches(name, names, n=3)
        hint = f"there are {', '.join(near or reversed(names[-3:]))}" if names else "there are none yet"
        raise RunError(f"there is no run {name}, neither as a directory nor in {base.absolute()}; {hint}")
    if not runs:
        raise RunError(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
    return runs[-1]


def previous_run(run: Path) -> Path | None:
    """Return the run in the same folder that was started before a run; None if there is none."""
    started = _started(run)
    others = [path for path in _folders_in(run.parent) if is_run(path) and path.name != run.name]
    earlier = [other for other in others if _started(other) <= started]
    return max(earlier, key=_started, default=None)


def _folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, apart from hidden ones; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []
    return [folder / name for name in names]


def _is_taken(path: Path) -> bool:
    return is_run(path) or is_locked(path)


def _started(run: Path) -> float:
    return config_path(run).stat().st_mtime
