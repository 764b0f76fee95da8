"""`vae-tui runs tag`, `note`, `delete`, `restore` and `empty`: keep a folder of runs in order."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...core.errors import UsageError
from ...core.files import megabytes
from ...core.run import (
    RUNS,
    delete_run,
    deleted_runs,
    describe_contents,
    empty_trash,
    find_run,
    read_labels,
    restore_run,
    size_of,
    write_labels,
)
from ...core.text import shell_path
from .parameters import Run
from .printing import print_text

Base = Annotated[Path, Parameter(help="The folder of the runs.")]
Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")]


def add_to(runs: App) -> None:
    """Add the commands to the app of `vae-tui runs`."""
    for command in (tag, note, delete, restore, empty):
        runs.command(command)


def tag(
    run: Run, /, *tags: str, remove: Annotated[bool, Parameter(name=["--remove", "-r"], negative="")] = False
) -> None:
    """Give a run tags, or print those that it has.

    Parameters
    ----------
    tags:
        Words without spaces.
    remove:
        Take these tags away.
    """
    path = find_run(run)
    labels = read_labels(path)
    kept = set(labels.tags) - set(tags) if remove else set(labels.tags) | set(tags)
    labels = dataclasses.replace(labels, tags=tuple(kept))
    if tags:
        write_labels(path, labels)
    print_text(f"{path.name}: {' '.join(labels.tags) or 'no tags'}")


def note(run: Run, text: str | None = None, /) -> None:
    """Write a note about a run, or print the one that it has; an empty text removes it.

    Parameters
    ----------
    text:
        One line.
    """
    path = find_run(run)
    labels = read_labels(path)
    if text is not None:
        labels = dataclasses.replace(labels, note=text.strip())
        write_labels(path, labels)
    print_text(f"{path.name}: {labels.note or 'no note'}")


def delete(run: Run, /, *, yes: Yes = False) -> int:
    """Move a run to the trash of its folder, after a question."""
    path = find_run(run)
    if not yes and not _agrees(f"move {path} ({describe_contents(path)}) to the trash?"):
        print_text("nothing was deleted")
        return 1
    delete_run(path)
    base = "" if RUNS in (path.parent, path.parent.parent) else f" --base {shell_path(path.parent)}"
    print_text(f"{path} is in the trash; `vae-tui runs restore{base}` brings it back")
    return 0


def restore(*, base: Base = Path("runs")) -> None:
    """Bring back the run that was deleted last."""
    print_text(f"{restore_run(base)} is back")


def empty(*, base: Base = Path("runs"), yes: Yes = False) -> int:
    """Remove the runs in the trash for good, after a question."""
    deleted = deleted_runs(base)
    if not deleted:
        print_text(f"the trash of {base.absolute()} is empty")
        return 0
    size = megabytes(sum(size_of(run.path) for run in deleted))
    names = ", ".join(run.name for run in deleted)
    if not yes and not _agrees(f"remove {names} ({size}) for good?"):
        print_text("nothing was removed")
        return 1
    print_text(f"removed {len(empty_trash(base))} run{'' if len(deleted) == 1 else 's'}, {size}")
    return 0


def _agrees(question: str) -> bool:
    """Ask the user a question. Return whether the answer is yes.

    Raises:
        UsageError: when there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on; --yes goes on without a question")
    print_text(f"{question} Type y and enter for yes.", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
