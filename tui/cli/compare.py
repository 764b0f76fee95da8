"""`vae-tui compare`: show what differs between runs, and their curves and samples side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ...core.comparison import ComparedRun, read_runs
from ...core.errors import UsageError
from ...core.files import output_file
from ...core.text import count
from ..process.supervisor import is_in_browser, supervise
from ..process.terminal import why_no_screen
from .compare_report import comparison_lines, comparison_record
from .output_files import check_output_paths, writing
from .printing import print_text
from .screen_flags import Screen, ScreenFlags, screen_options_of

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions

QUIET_SECONDS = 1.0
"""Seconds of reading without a word about the progress."""


def compare(
    *runs: Annotated[str, Parameter(help="Run directories, their names below runs/, or latest: 1 to 8.")],
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    csv: Path | None = None,
    png: Path | None = None,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Compare runs on a screen; without a terminal, print tables. Return the exit code.

    Parameters
    ----------
    as_json:
        Print a JSON object for other programs: the settings that differ, and the results of each run.
    csv:
        Write the smoothed curves and the validation values, at most 1,000 points of each run and metric.
    png:
        Draw the training and validation losses of all runs by step.
    """
    check_output_paths(csv, png)
    if as_json or csv is not None or png is not None or (why_no_screen() and not is_in_browser()):
        _print(_read(runs), as_json=as_json, csv=csv, png=png)
        return 0
    return compare_on_screen(runs, screen_options_of(screen))


def compare_on_screen(names: Sequence[str], options: ScreenOptions) -> int:
    """Compare runs on a screen. Return the exit code."""
    runs = _read(names)  # not in the process of the screen: ctrl+c and ctrl+z wait there for the app
    return supervise(lambda: _show(runs, options))


def _read(names: Sequence[str]) -> list[ComparedRun]:
    """Read the runs; if that takes long, as with logs of millions of steps, tell how far it is."""
    if not names:
        raise UsageError("name the runs to compare; `vae-tui runs` lists them")
    start = time.monotonic()

    def report(name: str, done: int, total: int) -> None:
        if time.monotonic() - start > QUIET_SECONDS:
            print_text(f"reading {name}, {done + 1} of {total} runs", error=True)

    return read_runs(names, report=report)


def _print(runs: Sequence[ComparedRun], *, as_json: bool, csv: Path | None, png: Path | None) -> None:
    if csv is not None:
        from ...core.comparison.curves_csv import write_curves_csv

        with writing(csv):
            rows = write_curves_csv(runs, csv)
        if not as_json:
            print_text(f"{csv}: {count(rows)} values of {len(runs)} runs")
    if png is not None:
        from ..render.curves_png import draw_curves_picture

        with writing(png), output_file(png) as file:
            draw_curves_picture(runs).save(file, format="png")
        if not as_json:
            print_text(f"{png}: the losses of {len(runs)} runs")
    if as_json:
        print_text(json.dumps(comparison_record(runs), indent=2, ensure_ascii=False))
    elif csv is None and png is None:
        for line in comparison_lines(runs):
            print_text(line)


def _show(runs: Sequence[ComparedRun], options: ScreenOptions) -> int:
    """Run the app, in the process that owns the terminal. Return the exit code."""
    from ..app.screen_process import view_comparison

    view_comparison(runs, options)
    return 0
