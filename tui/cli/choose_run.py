"""Choose a live run: the named one, the only one, or the user's pick."""

from __future__ import annotations

import sys
from pathlib import Path

from ...core.errors import RunError
from ...core.library import LibraryRun, live_runs
from ...core.run import RUNS, find_run, is_locked
from ...core.text import count, shell_path
from ..state import align_columns
from .printing import print_text


def live_run(name: str | None) -> Path:
    """Return the directory of a run that is being trained now.

    Args:
        name: The run's directory, its name below runs/, or "latest"; None: the only live run below runs/. If there are
            several, the user picks one at a terminal.

    Raises:
        RunError: when there is no such run, it is not live, or the user picks none.
    """
    if name is not None:
        return _named(name)
    live = live_runs()[::-1]
    if not live:
        raise RunError(
            f"no run in {RUNS.absolute()} is being trained now; `vae-tui train` starts one, `vae-tui runs` lists all"
        )
    if len(live) == 1:
        return live[0].path
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        names = ", ".join(run.name for run in live)
        raise RunError(f"{len(live)} runs are being trained now; name one of them: {names}")
    return _ask(live).path


def _named(name: str) -> Path:
    path = find_run(name)
    if not is_locked(path):
        shown = shell_path(path)
        raise RunError(
            f"{path} is not being trained now; `vae-tui replay {shown}` shows it,"
            f" `vae-tui train --resume {shown}` resumes it"
        )
    return path


def _ask(live: list[LibraryRun]) -> LibraryRun:
    """Let the user pick one of several runs, newest first."""
    print_text(f"{len(live)} runs are being trained now:")
    for line in _table(live):
        print_text(f"  {line}")
    while True:
        try:
            answer = input(f"Which one? 1 to {len(live)}, enter for 1: ").strip()
        except (EOFError, KeyboardInterrupt):
            print_text()
            raise RunError("no run was chosen") from None
        if not answer:
            return live[0]
        if answer.isdecimal() and 1 <= int(answer) <= len(live):
            return live[int(answer) - 1]
        print_text(f'"{answer}" is not in the list')


def _table(runs: list[LibraryRun]) -> list[str]:
    """Return a numbered line for each run, in aligned columns."""
    rows = [
        (
            str(number),
            run.name,
            run.summary.dataset,
            run.state,
            f"step {count(run.figures.step)}",
            "" if run.figures.training_loss is None else f"loss {run.figures.training_loss:.2f}",
        )
        for number, run in enumerate(runs, 1)
    ]
    return align_columns(rows)
