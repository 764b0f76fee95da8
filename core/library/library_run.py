"""One run of the library, and the part of it that the cache keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..config import Config
from ..run import RunFigures

Stamp = tuple[int, int, int]
"""Inode, size and time of a file: while they are equal, so is its content."""


class Summary(msgspec.Struct):
    """What is read of a run, with the stamps of the files that it was read from; None stands for no file."""

    config_file: Stamp | None
    log: Stamp | None
    label_file: Stamp | None
    dataset: str = "?"
    arch: str = "?"
    settings: dict[str, Any] = {}
    """The configuration, by names such as "train.seed"."""
    figures: RunFigures = msgspec.field(default_factory=RunFigures)
    note: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0
    """Bytes of the run's files."""
    was_live: bool = False
    """Whether a process held the run when it was read."""
    problem: str = ""
    """Why the run cannot be read, or empty."""


def flat_settings(config: Config) -> dict[str, Any]:
    """Return the settings of a configuration by names such as "train.seed", as JSON values."""
    return {
        f"{section}.{field}": list(value) if isinstance(value, tuple) else value
        for section, fields in config.to_json().items()
        for field, value in fields.items()
    }


@dataclass(frozen=True)
class LibraryRun:
    """One run of the library."""

    path: Path
    name: str
    """Its path below the folder of runs, see `run_folder`."""
    summary: Summary
    is_live: bool
    """Whether a process holds the run."""
    state: str
    """As `named_state` returns it, or unknown where the run's files are damaged."""

    @property
    def figures(self) -> RunFigures:
        """The figures that were read from the run's log."""
        return self.summary.figures

    @property
    def best_loss(self) -> float | None:
        """The lowest validation loss, in nats per image; None before the first evaluation."""
        return self.figures.best[1] if self.figures.best else None
