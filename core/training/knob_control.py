"""The knobs of a run: what may be changed while it trains, and the changes of its past, which a resumed run repeats."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from ..protocol import Event, KnobsChanged
from .engine import Engine


class KnobControl:
    """Turns an engine's knobs and says so."""

    def __init__(self, engine: Engine, emit: Callable[[Event], None], past: Iterable[KnobsChanged]) -> None:
        """Take the run's past changes, by ascending step. What the engine's state knows already is left out."""
        self._engine = engine
        self._emit = emit
        self._past = deque(change for change in past if change.step >= engine.step)

    @property
    def steps_to_change(self) -> int | None:
        """Steps until a change of the past is due again; None when there is none."""
        return self._past[0].step - self._engine.step if self._past else None

    def set(self, learning_rate_scale: float | None, beta_scale: float | None) -> None:
        """Change the factors from the next step on; None leaves one as it is."""
        rate, beta = self._engine.knobs
        rate = rate if learning_rate_scale is None else learning_rate_scale
        beta = beta if beta_scale is None else beta_scale
        self._engine.set_knobs(rate, beta)
        self._emit(KnobsChanged(step=self._engine.step, learning_rate_scale=rate, beta_scale=beta))

    def repeat(self) -> None:
        """Change them as at this step before the run was cut off: it continues as it would have."""
        while self.steps_to_change == 0:
            change = self._past.popleft()
            self.set(change.learning_rate_scale, change.beta_scale)

    def forget(self) -> None:
        """From here on the run takes another way than it did before: nothing of its past is repeated."""
        self._past.clear()
