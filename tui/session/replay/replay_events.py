"""Define the events of a replay itself, besides the recorded events of the run.

`ReplayApp` applies these events to the state of its screens. They add no annotation and no line to the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ....core.protocol import Event, KnobsChanged, ModelReady, Rewound, StateChanged


@dataclass(frozen=True, kw_only=True)
class ReplayEvent(Event):
    """Base of the events of a replay, not of the run."""

    is_logged: ClassVar[bool] = False

    @property
    def change(self) -> Event:
        """The event of a run that changes a screen's state in the same way."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Restated(ReplayEvent):
    """The state, the knobs or the model that hold at the replay's current position."""

    event: StateChanged | KnobsChanged | ModelReady

    @property
    def change(self) -> Event:
        """The event itself."""
        return self.event


@dataclass(frozen=True, kw_only=True)
class Jumped(ReplayEvent):
    """The replay jumped to `step`.

    A jump forward then plays the lines up to the requested step.
    """

    from_step: int
    undone: tuple[float, float] | None = None
    """The time of the run that a jump back undoes: after the first, up to the second (seconds since 1970)."""

    @property
    def change(self) -> Event:
        """A rewind to `step`."""
        return Rewound(step=self.step, time=self.time, from_step=self.from_step)
