"""Choose a panel's steps: all, the newest, or a fixed range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..render.chart.axes import round_end, step_size

LEAST = 10
"""Steps that a zoomed view shows, at least, if the axis of the whole run has as many."""

RECENT = 1000.0
"""Steps that the view of the newest steps shows, at least; for long runs it shows a tenth or more."""

_SHIFTS = 5
"""The view of the newest steps moves by its length divided by this: rarely, so that little is redrawn."""


@dataclass(frozen=True)
class Viewport:
    """The whole run, its newest steps, or a fixed range of steps.

    The methods' `first_step` and `last_step` are the known steps of the run. `first_step` is 1 unless the start of the
    log is missing; `last_step` is `first_step - 1` when no step is known. `final_step` is the last step that the run
    will have, if that is known. Ranges of steps include both ends.
    """

    fixed: tuple[int, int] | None = None
    """The first and the last step of a fixed range."""
    recent: bool = False
    """Whether the view follows the newest steps."""

    @property
    def is_full(self) -> bool:
        """Whether the view shows the whole run, however long it gets."""
        return not (self.fixed or self.recent)

    def range(self, first_step: int, last_step: int, final_step: int | None = None) -> tuple[int, int]:
        """Return the first and the last step to show.

        The range has at least one step, and its last step may not be reached yet. It lies within the axis of the whole
        run (`axis_end`).
        """
        end = axis_end(first_step, last_step, final_step)
        if self.fixed:
            return _within(*self.fixed, first_step, end)
        if self.recent:
            length = round(step_size(max(RECENT, (last_step - first_step + 1) / 10), 1))
            shift = length // _SHIFTS
            newest = first_step - 1 + math.ceil((last_step - first_step + 1) / shift) * shift
            return _within(newest - length + 1, newest, first_step, end)
        return first_step, end

    def zoom(
        self, factor: float, around: int, first_step: int, last_step: int, final_step: int | None = None
    ) -> Viewport:
        """Return a view of 1 / `factor` as many steps; the step `around` stays.

        A view of all steps becomes the full view.
        """
        start, end = self.range(first_step, last_step, final_step)
        length = end - start + 1
        around = min(end, max(start, around))
        wanted = max(LEAST, round(length / factor))
        if wanted == length:  # too few steps for the factor to change their number
            wanted = max(LEAST, length + (1 if factor < 1 else -1 if factor > 1 else 0))
        before = round((around - start) * (wanted - 1) / max(1, length - 1))
        return self._showing(around - before, wanted, first_step, last_step, final_step)

    def pan(self, steps: int, first_step: int, last_step: int, final_step: int | None = None) -> Viewport:
        """Return a view that is moved by some steps; the full view stays."""
        if self.is_full:
            return self
        start, end = self.range(first_step, last_step, final_step)
        return self._showing(start + steps, end - start + 1, first_step, last_step, final_step)

    def show(self, step: int, first_step: int, last_step: int, final_step: int | None = None) -> Viewport:
        """Return a view that contains a step.

        If the view has to move, the step is a quarter from its edge.
        """
        start, end = self.range(first_step, last_step, final_step)
        if start <= step <= end:
            return self
        length = end - start + 1
        start = step - (length // 4 if step < start else length - 1 - length // 4)
        return self._showing(start, length, first_step, last_step, final_step)

    def next_span(self) -> Viewport:
        """Switch between the views of the newest steps and all steps."""
        return Viewport(recent=self.is_full)

    def _showing(self, start: int, length: int, first_step: int, last_step: int, final_step: int | None) -> Viewport:
        whole = first_step, axis_end(first_step, last_step, final_step)
        fixed = _within(start, start + length - 1, *whole)
        return Viewport() if fixed == whole else Viewport(fixed)


def axis_end(first_step: int, last_step: int, final_step: int | None) -> int:
    """Return the axis's last step.

    It is a round number, so that it changes rarely, but not beyond the end of the run.
    """
    end = first_step - 1 + round_end(last_step - first_step + 1)
    return end if final_step is None else max(first_step, last_step, min(end, final_step))


def _within(start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """Return a range moved into another one; all of that if longer."""
    length = min(end - start + 1, last - first + 1)
    start = min(max(start, first), last - length + 1)
    return start, start + length - 1
