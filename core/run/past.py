"""Read from the event log of a run what it has done since the checkpoint from which it is resumed."""

from __future__ import annotations

from pathlib import Path

from ..protocol import Evaluated, KnobsChanged, ModelReady, Rewound
from .event_log import read_events


def read_knob_changes(path: Path) -> list[KnobsChanged]:
    """Return the knob changes that led a run to where it is: the last one of each step, by ascending step.

    A rewind undoes the later changes. A change by the user does so as well, because a resumed run may have been earlier
    than they were; a change that a resumed run repeats does not.

    Args:
        path: The log.

    Raises:
        RunError: as `read_events`.
    """
    changes: dict[int, KnobsChanged] = {}
    for event in read_events(path, (KnobsChanged, Rewound)):
        if isinstance(event, KnobsChanged) and _is_repeat(event, changes.get(event.step)):
            continue
        changes = {step: change for step, change in changes.items() if step <= event.step}
        if isinstance(event, KnobsChanged):
            changes[event.step] = event
    return list(changes.values())


def read_tested_step(path: Path) -> int | None:
    """Return the step of the last evaluation on the test split, unless the run has returned to an earlier one since.

    Args:
        path: The log.

    Raises:
        RunError: when the log cannot be read; damaged lines are skipped.
    """
    tested: int | None = None
    for event in read_events(path, (Evaluated, ModelReady, Rewound), warn=lambda text: None):
        match event:
            case Evaluated(split="test", step=step):
                tested = step
            case ModelReady(step=step) | Rewound(step=step) if tested is not None and step < tested:
                tested = None
    return tested


def _is_repeat(change: KnobsChanged, earlier: KnobsChanged | None) -> bool:
    """Return whether a change sets the knobs as an earlier one of its step did."""
    return earlier is not None and (change.learning_rate_scale, change.beta_scale) == (
        earlier.learning_rate_scale,
        earlier.beta_scale,
    )
