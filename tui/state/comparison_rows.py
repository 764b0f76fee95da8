"""Word the differences and the results of several runs as the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.comparison import NO_EFFECT, ComparedRun, Doubt, Results, differences, doubts, results
from ...core.comparison.comparability import DOUBTFUL, Extent
from ...core.text import count
from .run_summary import shown_value
from .system_text import gigabytes
from .text import duration

COMPARABLE = "yes"
"""The verdict on losses that mean the same as those of the first run."""

LOSSES = "comparable to A"
"""The label of the row with the verdicts on the losses."""


@dataclass(frozen=True)
class ComparisonRow:
    """One row: a label, and a value for each run."""

    label: str
    values: tuple[str, ...]
    extent: Extent | None = None
    """Which losses do not compare because of this setting, or None."""


def doubts_of(runs: Sequence[ComparedRun]) -> list[list[Doubt]]:
    """Return for each run why its losses do not compare with those of the first run."""
    return [doubts(run.config, run.knob_changes, runs[0].config) for run in runs]


def comparison_rows(runs: Sequence[ComparedRun]) -> tuple[list[ComparisonRow], int]:
    """Return the settings that differ, with the turned knobs, and the number of equal settings.

    With more than one run, the last row says which losses compare with those of the first run.
    """
    found, equal = differences([run.config for run in runs])
    rows = [
        ComparisonRow(
            each.setting.replace("_", "-"),
            tuple(map(_setting, each.values)),
            DOUBTFUL.get(each.setting),
        )
        for each in found
    ]
    if any(run.knob_changes for run in runs):
        rows.append(ComparisonRow("knobs", tuple(_knobs(run) for run in runs), "training"))
    judged = doubts_of(runs)
    if len(runs) > 1 or judged[0]:
        rows.append(ComparisonRow(LOSSES, tuple(map(verdict, judged))))
    return rows, equal


def _setting(value: Any) -> str:
    if value is NO_EFFECT:
        return "n/a"
    return "default" if value is None else shown_value(value)


def verdict(found: Sequence[Doubt]) -> str:
    """Return in words which losses compare with those of the first run."""
    if not found:
        return COMPARABLE
    reasons = ", ".join(doubt.text for doubt in found)
    is_whole = any(doubt.extent == "all" for doubt in found)
    return f"no: {reasons}" if is_whole else f"partly: {reasons}"


def _knobs(run: ComparedRun) -> str:
    """Return the last change of a run's knobs."""
    if not run.knob_changes:
        return "none"
    last = run.knob_changes[-1]
    factors = (("rate", last.learning_rate_scale), ("beta", last.beta_scale))
    changes = [f"{name} x{factor:.3g}" for name, factor in factors if factor != 1] or ["back to x1"]
    return f"{', '.join(changes)} from step {count(last.step)}"


def result_rows(runs: Sequence[ComparedRun]) -> list[ComparisonRow]:
    """Return the results of all runs; a row that is empty for every run is left out."""
    found = [results(run) for run in runs]

    def row(label: str, word: Callable[[Results], str]) -> ComparisonRow:
        return ComparisonRow(label, tuple(word(result) for result in found))

    rows = [
        ComparisonRow("state", tuple(_state(run) for run in runs)),
        row("best validation", lambda result: _loss(result.best_validation_loss)),
        row("at step", lambda result: "" if result.best_step is None else count(result.best_step)),
        row("last validation", lambda result: _loss(result.validation_loss)),
        row("last training", lambda result: _loss(result.training_loss)),
        row("test", lambda result: _loss(result.test_loss)),
        row("steps", lambda result: count(result.step)),
        row("training time", lambda result: duration(result.seconds)),
        row("peak memory", lambda result: _size(result.memory_peak)),
        row("peak device memory", lambda result: _size(result.device_peak)),
        ComparisonRow("tags", tuple(" ".join(run.labels.tags) for run in runs)),
        ComparisonRow("note", tuple(run.labels.note for run in runs)),
    ]
    return [row for row in rows if any(row.values)]


def _state(run: ComparedRun) -> str:
    return f"{run.state}, log damaged" if run.problem else run.state


def _size(value: int | None) -> str:
    return "" if value is None else gigabytes(value)


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
