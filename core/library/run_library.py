"""The runs of a folder, read once and then only where something has changed."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import RunError
from ..run import (
    Labels,
    config_path,
    events_path,
    is_locked,
    labels_path,
    named_state,
    read_config,
    read_figures,
    read_labels,
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
        cached, there = load_summaries(base), set(_folders(base))
        self.runs = {name: _known(base / name, cached[name]) for name in cached if name in there}
        """The runs by name."""
        self._is_saved = len(self.runs) == len(cached)

    def changed(self) -> list[str]:
        """Return the names of the runs that have to be read again, the last name first; forget runs that are gone."""
        found = []
        there = set()
        for name in _folders(self.base):
            path = self.base / name
            stamps = _stamps(path)
            known = self.runs.get(name)
            if stamps[0] is None and not is_locked(path):
                continue
            there.add(name)
            if known is None or stamps != _stamps_of(known.summary):
                found.append(name)
            elif known.is_live or not known.figures.is_final:
                self._look_again(known)
        for name in self.runs.keys() - there:
            del self.runs[name]
            self._is_saved = False
        return sorted(found, reverse=True)

    def read(self, name: str) -> None:
        """Read a run again. May be called in any thread."""
        path = self.base / name
        known = self.runs.get(name)
        self.runs[name] = _run(path, _read(path, known.summary if known else None))
        self._is_saved = False

    def save(self) -> None:
        """Save what was read in the cache."""
        if not self._is_saved:
            save_summaries(self.base, {name: run.summary for name, run in self.runs.items()})
            self._is_saved = True

    def _look_again(self, known: LibraryRun) -> None:
        """Update whether a process holds a run, and whether that process responds."""
        run = _run(known.path, known.summary)
        if (run.is_live, run.state) != (known.is_live, known.state):
            self.runs[known.name] = run


def _folders(base: Path) -> list[str]:
    """Return the names of the folders in a folder; none if it cannot be read."""
    try:
        with os.scandir(base) as entries:
            return [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


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


def _known(path: Path, summary: Summary) -> LibraryRun:
    """Return a run from its cached summary; of one that had ended, it is not looked whether it is live again."""
    return _run(path, summary, is_live=not summary.figures.is_final and is_locked(path))


def _run(path: Path, summary: Summary, *, is_live: bool | None = None) -> LibraryRun:
    is_live = is_locked(path) if is_live is None else is_live
    if summary.problem:
        return LibraryRun(path, summary, is_live, "unknown")
    figures = summary.figures
    state = named_state(path, figures.word, is_final=figures.is_final, is_live=is_live)
    return LibraryRun(path, summary, is_live, state)


def _read(path: Path, known: Summary | None) -> Summary:
    """Read a run's files; its log from where the known summary ends, if it is the same file."""
    stamps = config_file, log, label_file = _stamps(
        path
    )  # before the files are read: what is added later is seen as new
    is_same = known is not None and known.log is not None and log is not None and known.log[0] == log[0]
    try:
        config = read_config(path)
        figures = read_figures(path, known.figures if known and is_same and not known.problem else None)
        size = size_of(path)
    except (RunError, OSError) as error:  # one run that cannot be read must not hide the others
        return Summary(*stamps, problem=str(error))
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
    )


def _labels(path: Path) -> Labels:
    try:
        return read_labels(path)
    except RunError:  # the dialogs of labels tell of it
        return Labels()
