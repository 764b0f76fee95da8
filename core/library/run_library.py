"""The runs of a folder, read once and then only where something has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..errors import RunError
from ..run import (
    RUNS,
    Labels,
    config_path,
    events_path,
    is_locked,
    labels_path,
    named_state,
    read_config,
    read_figures,
    read_labels,
    run_name,
    run_paths,
    size_of,
)
from .library_run import LibraryRun, Stamp, Summary, flat_settings
from .summary_cache import load_summaries, save_summaries


class RunLibrary:
    """The runs of a folder.

    It begins with what the cache knows. `changed` is cheap, and names the runs that have to be read again with `read`.

    Args:
        base: The folder of runs.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        cached, there = load_summaries(base), self._paths()
        self._runs = {name: _known(there[name], name, cached[name]) for name in cached if name in there}
        self._is_saved = len(self._runs) == len(cached)

    @property
    def runs(self) -> dict[str, LibraryRun]:
        """The runs by name, as they are now; `read` may add others in another thread meanwhile."""
        return self._runs.copy()

    def changed(self) -> list[str]:
        """Return the names of the runs that have to be read again, the last name first; forget runs that are gone."""
        found = []
        there = self._paths()
        for name, path in there.items():
            known = self._runs.get(name)
            if known is None or _stamps(path) != _stamps_of(known.summary):
                found.append(name)
            elif known.is_live or not known.figures.is_final:
                self._look_again(known)
        for name in self.runs.keys() - there.keys():
            del self._runs[name]
            self._is_saved = False
        return sorted(found, reverse=True)

    def read(self, name: str) -> None:
        """Read a run again. May be called in any thread."""
        path = self.base / name
        known = self._runs.get(name)
        self._runs[name] = _run(path, name, _read(path, known.summary if known else None))
        self._is_saved = False

    def save(self) -> None:
        """Save what was read in the cache."""
        if not self._is_saved:
            save_summaries(self.base, {name: run.summary for name, run in self.runs.items()})
            self._is_saved = True

    def _paths(self) -> dict[str, Path]:
        """Return the directories of the runs by name."""
        return {run_name(path, self.base): path for path in run_paths(self.base)}

    def _look_again(self, known: LibraryRun) -> None:
        """Update whether a process holds a run, and whether that process responds."""
        run = _run(known.path, known.name, known.summary)
        if (run.is_live, run.state) != (known.is_live, known.state):
            self._runs[known.name] = run


def list_runs(base: Path = RUNS) -> list[LibraryRun]:
    """Return the runs in a folder, if any, the latest last."""
    library = RunLibrary(base)
    for name in library.changed():
        library.read(name)
    library.save()
    return _latest_last(library.runs.values())


def live_runs(base: Path = RUNS) -> list[LibraryRun]:
    """Return the runs in a folder that a process holds now, the latest last; the others are not read."""
    live = (path for path in run_paths(base) if is_locked(path))
    return _latest_last([_run(path, run_name(path, base), _read(path, None)) for path in live])


def _latest_last(runs: Iterable[LibraryRun]) -> list[LibraryRun]:
    return sorted(runs, key=lambda run: (run.figures.started or 0, run.name))


def _stamps(path: Path) -> tuple[Stamp | None, Stamp | None, Stamp | None]:
    return _stamp(config_path(path)), _stamp(events_path(path)), _stamp(labels_path(path))


def _stamps_of(summary: Summary) -> tuple[Stamp | None, Stamp | None, Stamp | None]:
    return summary.config_file, summary.log, summary.label_file


def _stamp(file: Path) -> Stamp | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _known(path: Path, name: str, summary: Summary) -> LibraryRun:
    """Return a run from its cached summary; of one that had ended, it is not looked whether it is live again."""
    has_ended = summary.figures.is_final and not summary.was_live
    return _run(path, name, summary, is_live=not has_ended and is_locked(path))


def _run(path: Path, name: str, summary: Summary, *, is_live: bool | None = None) -> LibraryRun:
    is_live = is_locked(path) if is_live is None else is_live
    if summary.problem:
        return LibraryRun(path, name, summary, is_live, "unknown")
    figures = summary.figures
    state = named_state(path, figures.word, is_final=figures.is_final, is_live=is_live)
    return LibraryRun(path, name, summary, is_live, state)


def _read(path: Path, known: Summary | None) -> Summary:
    """Read a run's files; its log from where the known summary ends, if it is the same file."""
    # Before the files are read, so that what is added later is seen as new.
    stamps = config_file, log, label_file = _stamps(path)
    is_same = known is not None and known.log is not None and log is not None and known.log[0] == log[0]
    try:
        config = read_config(path)
        figures = read_figures(path, known.figures if known and is_same and not known.problem else None)
        size = size_of(path)
    except (RunError, OSError) as error:  # one run that cannot be read must not hide the others
        return Summary(*stamps, was_live=is_locked(path), problem=str(error))
    labels = _labels(path)
    return Summary(
        config_file,
        log,
        label_file,
        dataset=config.data.title,
        arch=config.model.arch,
        settings=flat_settings(config),
        figures=figures,
        note=labels.note,
        tags=labels.tags,
        size=size,
        was_live=is_locked(path),
    )


def _labels(path: Path) -> Labels:
    try:
        return read_labels(path)
    except RunError:  # the dialogs of labels tell of it
        return Labels()
