"""Which steps of a run a panel shows: all of them, the newest ones, or a range that was chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..render.chart.axes import round_end, step_size

LEAST = 10
"""Steps that a view shows, at least, as far as the axis of the whole run has so many."""

RECENT = 1000.0
"""Steps of the view of the newest ones, at least; of long runs it shows a tenth or more."""

_SHIFTS = 5
"""A view of the newest steps moves on by this part of its length: seldom, so that little of it has to be sent again."""


@dataclass(frozen=True)
class Viewport:
    """The whole run, its newest steps, or a fixed range of steps.

    `first_step` and `last_step` of a method are the known steps of the run: the first is 1 unless the run's past is
    missing, and `last_step` is one below it when nothing is known. Ranges of steps include both ends.
    """

    fixed: tuple[int, int] | None = None
    """The first and the last step of a range that stays as it is."""
    recent: bool = False
    """Follow the newest steps."""

    @property
    def is_full(self) -> bool:
        """Whether it shows the whole run, however long it gets."""
        return not (self.fixed or self.recent)

    def range(self, first_step: int, last_step: int) -> tuple[int, int]:
        """The first and the last step to show, at least one; the last one may still be ahead.

        Within the axis of the whole run, which ends on a round number.
        """
        end = axis_end(first_step, last_step)
        if self.fixed:
            return _within(*self.fixed, first_step, end)
        if self.recent:
            length = round(step_size(max(RECENT, (last_step - first_step + 1) / 10), 1))
            shift = length // _SHIFTS
            newest = first_step - 1 + math.ceil((last_step - first_step + 1) / shift) * shift
            return _within(newest - length + 1, newest, first_step, end)
        return first_step, end

    def zoom(self, factor: float, around: int, first_step: int, last_step: int) -> Viewport:
        """Show 1 / `factor` as many steps, with a step where it is now. From the whole run on it is the full view."""
        start, end = self.range(first_step, last_step)
        length = end - start + 1
        around = min(end, max(start, around))
        wanted = max(LEAST, round(length / factor))
        if wanted == length:  # too few to be changed by so little
            wanted = max(LEAST, length + (1 if factor < 1 else -1 if factor > 1 else 0))
        before = round((around - start) * (wanted - 1) / max(1, length - 1))
        return self._showing(around - before, wanted, first_step, last_step)

    def pan(self, steps: int, first_step: int, last_step: int) -> Viewport:
        """Move the range by some steps, to later ones where `steps` is positive; the full view has nowhere to go."""
        if self.is_full:
            return self
        start, end = self.range(first_step, last_step)
        return self._showing(start + steps, end - start + 1, first_step, last_step)

    def show(self, step: int, first_step: int, last_step: int) -> Viewport:
        """Move the range so that a step is in it, a quarter inwards; unchanged where it is."""
        start, end = self.range(first_step, last_step)
        if start <= step <= end:
            return self
        length = end - start + 1
        return self._showing(
            step - (length // 4 if step < start else length - 1 - length // 4), length, first_step, last_step
        )

    def next_span(self) -> Viewport:
        """The newest steps after the whole run, and the whole run after everything else."""
        return Viewport(recent=self.is_full)

    def _showing(self, start: int, length: int, first_step: int, last_step: int) -> Viewport:
        whole = first_step, axis_end(first_step, last_step)
        fixed = _within(start, start + length - 1, *whole)
        return Viewport() if fixed == whole else Viewport(fixed)


def axis_end(first_step: int, last_step: int) -> int:
    """The last step of the axis of a whole run: a round number of steps, reached seldom."""
    return first_step - 1 + round_end(last_step - first_step + 1)


def _within(start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """A range of the same length inside of another; all of that one if it is longer."""
    length = min(end - start + 1, last - first + 1)
    start = min(max(start, first), last - length + 1)
    return start, start + length - 1
