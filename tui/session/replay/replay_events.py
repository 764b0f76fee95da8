"""What a replay says of itself: like the events of a run, but no part of its record.

The screen takes them as it takes the run's own, yet they leave no mark and no line of the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ....core.protocol.events import KnobsChanged, ModelReady, Rewound, StateChanged


@dataclass(frozen=True, kw_only=True)
class Standing(StateChanged):
    """The state of the run at this moment of the replay, and how it is being played."""

    is_logged: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class Jumped(Rewound):
    """The replay stands at `step` now, or begins there to tell what lies before the step that was asked for."""

    is_logged: ClassVar[bool] = False

    untold: tuple[float, float] | None = None
    """A jump back takes back what was told of this time of the run: after the first, up to the second (seconds since
    1970)."""


@dataclass(frozen=True, kw_only=True)
class KnobsAgain(KnobsChanged):
    """The knobs as they were where the replay has jumped to."""

    is_logged: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ModelAgain(ModelReady):
    """The model and the length of the run as they were where the replay has jumped to."""

    is_logged: ClassVar[bool] = False
