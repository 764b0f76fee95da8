"""Collect the annotations (marks) of a run for the time axis."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple, TypeVar, get_args

from ..protocol import (
    Alert,
    Checkpointed,
    Evaluated,
    Event,
    KnobsChanged,
    ModelReady,
    NotFinite,
    Rewound,
    RunState,
    StateChanged,
)
from ..text import count

MarkKind = Literal["evaluation", "best", "checkpoint", "knobs", "pause", "resume", "rewind", "alert"]

ROUTINE: tuple[MarkKind, ...] = ("evaluation", "checkpoint")
"""The kinds of marks that a run makes at regular intervals."""

MAX_ROUTINE, MAX_MARKS = 512, 2048
"""Marks stored of a routine kind and of any other kind, at most."""

_step = attrgetter("step")


@dataclass(frozen=True)
class Mark:
    """One annotation: what happened after `step` steps."""

    step: int
    kind: MarkKind
    text: str
    """A few words."""


class Marks:
    """Store the marks of a run in bounded memory.

    Each kind has its own bound, beyond which an even selection of its marks remains. A kind has at most one mark per
    step, the newest.
    """

    def __init__(self) -> None:
        self._marks: dict[MarkKind, list[Mark]] = {kind: [] for kind in get_args(MarkKind)}
        self._turns: list[_Turn] = []
        self._paused = False

    def add(self, event: Event) -> bool:
        """Handle an event. Return whether it changed the marks."""
        step = event.step
        match event:
            case Evaluated(split="validation", loss=loss, best=best):
                self._put(Mark(step, "evaluation", f"validation {loss:.2f}"))
                if best:
                    self._put(Mark(step, "best", f"best validation {loss:.2f}"))
            case Checkpointed(best=best):
                self._put(Mark(step, "checkpoint", "best checkpoint" if best else "checkpoint"))
            case KnobsChanged():
                return self._turn(event)
            case StateChanged(state=RunState.PAUSED, detail=detail):
                self._paused = True
                self._put(Mark(step, "pause", f"paused: {detail}" if detail else "paused"))
            case StateChanged(state=RunState.TRAINING) if self._paused:
                self._paused = False
                self._put(Mark(step, "resume", "resumed"))
            case NotFinite():
                self._put(Mark(step, "alert", "not finite"))
            case Alert(kind=kind):
                self._put(Mark(step, "alert", kind))
            case Rewound(from_step=from_step):
                self.cut(step)
                self._put(Mark(step, "rewind", f"back from step {count(from_step)}"))
            case ModelReady():
                self._paused = False
                self.cut(step)
            case _:
                return False
        return True

    def cut(self, step: int) -> None:
        """Drop the marks after a step."""
        for known in (*self._marks.values(), self._turns):
            del known[bisect_right(known, step, key=_step) :]

    def take_back(self, step: int) -> None:
        """Drop the marks after a step, and a pause, before a replay."""
        self.cut(step)
        self._paused = False

    def between(self, first_step: int, last_step: int) -> list[Mark]:
        """Return the marks of the steps `first_step` .. `last_step`, by ascending step.

        Of the kind "best" only the run's newest mark is returned.
        """
        found: list[Mark] = []
        for kind, marks in self._marks.items():
            start = bisect_left(marks, first_step, key=_step)
            if kind == "best":
                start = max(start, len(marks) - 1)
            found += marks[start : bisect_right(marks, last_step, key=_step)]
        return sorted(found, key=_step)

    def _put(self, mark: Mark) -> None:
        self._drop(mark.kind, mark.step)
        marks = self._marks[mark.kind]
        insort(marks, mark, key=_step)  # at the end, except for a checkpoint, which is reported some steps late
        most = MAX_ROUTINE if mark.kind in ROUTINE else MAX_MARKS
        if len(marks) > most:
            marks[:] = thin_out(marks, most)

    def _drop(self, kind: MarkKind, step: int) -> bool:
        marks = self._marks[kind]
        start = bisect_left(marks, step, key=_step)
        stop = bisect_right(marks, step, key=_step)
        del marks[start:stop]
        return start < stop

    def _turn(self, event: KnobsChanged) -> bool:
        """Mark the change of the knobs at a step; several turns make one mark."""
        turn = _Turn(event.step, event.learning_rate_scale, event.beta_scale)
        while self._turns and self._turns[-1].step >= event.step:
            self._turns.pop()
        before = self._turns[-1] if self._turns else _Turn(0, 1.0, 1.0)
        knobs = (("learning rate", turn.rate, before.rate), ("beta", turn.beta, before.beta))
        changes = [f"{name} x{now:.3g}" for name, now, then in knobs if now != then]
        if not changes:
            return self._drop("knobs", event.step)
        self._turns.append(turn)
        del self._turns[:-MAX_MARKS]
        self._put(Mark(event.step, "knobs", ", ".join(changes)))
        return True


class _Turn(NamedTuple):
    """The factors that hold after `step`."""

    step: int
    rate: float
    beta: float


Stepped = TypeVar("Stepped", Mark, Evaluated)


def thin_out(known: Sequence[Stepped], most: int, best: Stepped | None = None) -> list[Stepped]:
    """Thin out marks evenly; keep the first, last and best one.

    One is dropped if the gap without it is at most 4 / `most` of the steps. Any two consecutive gaps are longer than
    that in the end, so at most about half of `most` remain.
    """
    gap = 4 * (known[-1].step - known[0].step) / most
    kept = [known[0]]
    for item, following in pairwise(known[1:]):
        if item is best or following.step - kept[-1].step > gap:
            kept.append(item)
    return [*kept, known[-1]]
