"""Report a comparison of runs: as plain tables, or as a JSON object."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from ...core.comparison import NO_EFFECT, ComparedRun, differences, doubts, results
from ..render.run_signs import LETTERS
from ..state import ComparisonRow, align_columns, comparison_rows, result_rows


def comparison_lines(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """Yield the lines of two tables with one column a run: the settings that differ, and the results."""
    names = tuple(f"{letter} {run.name}" for letter, run in zip(LETTERS, runs, strict=False))
    rows, equal = comparison_rows(runs)
    yield from _table(("setting", *names), rows)
    yield f"{equal} settings are equal"
    yield ""
    yield from _table(("result", *names), result_rows(runs))


def _table(header: tuple[str, ...], rows: Sequence[ComparisonRow]) -> list[str]:
    return align_columns([header, *((row.label, *row.values) for row in rows)])


def comparison_record(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """Return a comparison as plain JSON values; settings without effect in a run are null there."""
    found, equal = differences([run.config for run in runs])
    return {
        "differences": [
            {
                "setting": each.setting,
                "values": [None if value is NO_EFFECT else value for value in each.values],
            }
            for each in found
        ],
        "equal_settings": equal,
        "runs": [_run(run, runs[0]) for run in runs],
    }


def _run(run: ComparedRun, first: ComparedRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "path": str(run.path.absolute()),
        "state": run.state,
        "is_live": run.is_live,
        "tags": list(run.labels.tags),
        "note": run.labels.note,
        **dataclasses.asdict(results(run)),
        "not_comparable": [
            {"losses": doubt.extent, "reason": doubt.text}
            for doubt in doubts(run.config, run.knob_changes, first.config)
        ],
    }
