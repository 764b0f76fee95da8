"""Change the knobs of a run, and repeat past changes in a resumed run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from ..protocol import Event, KnobsChanged
from .engine import Engine


class KnobControl:
    """Set an engine's knobs and emit `KnobsChanged`."""

    def __init__(self, engine: Engine, emit: Callable[[Event], None], past: Iterable[KnobsChanged]) -> None:
        """Prepare the past changes that the engine's state does not include yet.

        Args:
            engine: The engine.
            emit: Called with each event.
            past: The changes in the run's log, by ascending step.
        """
        self._engine = engine
        self._emit = emit
        self._past = deque(change for change in past if change.step >= engine.step)

    @property
    def steps_to_change(self) -> int | None:
        """Steps until the next past change is repeated; None when there is none."""
        return self._past[0].step - self._engine.step if self._past else None

    def set(self, learning_rate_scale: float | None, beta_scale: float | None) -> None:
        """Change the scales from the next step on; None leaves a scale unchanged."""
        rate, beta = self._engine.knobs
        rate = rate if learning_rate_scale is None else learning_rate_scale
        beta = beta if beta_scale is None else beta_scale
        self._engine.set_knobs(rate, beta)
        self._emit(KnobsChanged(step=self._engine.step, learning_rate_scale=rate, beta_scale=beta))

    def repeat(self) -> None:
        """Repeat the past changes up to the current step, so that the run continues bit for bit."""
        while self._past and self._past[0].step <= self._engine.step:
            change = self._past.popleft()
            self.set(change.learning_rate_scale, change.beta_scale)

    def forget(self) -> None:
        """Drop the past changes: from here on the run differs from its past."""
        self._past.clear()
