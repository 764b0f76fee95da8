"""What a replay says of itself, beside the run's own events, which it tells again.

`ReplayApp` applies these events to what the screens know. They leave no mark and no line of the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ....core.protocol import Event, KnobsChanged, ModelReady, Rewound, StateChanged


@dataclass(frozen=True, kw_only=True)
class ReplayEvent(Event):
    """An event of the replay, not of the run."""

    is_logged: ClassVar[bool] = False

    @property
    def change(self) -> Event:
        """The event of a run that changes what a screen knows in the same way."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Restated(ReplayEvent):
    """What holds where the replay stands: the state and how it is played, or the knobs or the model of that step."""

    event: StateChanged | KnobsChanged | ModelReady

    @property
    def change(self) -> Event:
        """The event itself."""
        return self.event


@dataclass(frozen=True, kw_only=True)
class Jumped(ReplayEvent):
    """The replay stands at `step` now, or begins there to tell what lies before the step that was asked for."""

    from_step: int
    untold: tuple[float, float] | None = None
    """A jump back takes back what was told of this time of the run: after the first, up to the second (seconds since
    1970)."""

    @property
    def change(self) -> Event:
        """A rewind to that step."""
        return Rewound(step=self.step, time=self.time, from_step=self.from_step)
