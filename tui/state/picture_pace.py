"""When to paint the pictures of a run."""

from __future__ import annotations

import math
import time

from ...core.protocol import Event, LatentMap, ModelReady, Rewound, RunState, Sampled


class PicturePace:
    """Tell when pictures are due: on request, or at intervals, because they cost more than all other panels.

    Args:
        seconds: Minimum seconds between two pictures that the user did not request.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._painted_at = -math.inf
        self._are_stale = False
        self._are_wanted = False
        """Whether the user requested pictures that are not painted yet."""

    def handle_event(self, event: Event) -> None:
        """Record whether an event changes the pictures, and whether the user requested that."""
        if isinstance(event, Sampled | LatentMap | Rewound | ModelReady):
            self._are_stale = True
        if isinstance(event, Rewound) or (isinstance(event, Sampled) and event.requested):
            self._are_wanted = True

    def is_due(self, state: RunState) -> bool:
        """Return whether to paint pictures now."""
        training = state in (RunState.TRAINING, RunState.EVALUATING)
        waited = time.monotonic() - self._painted_at >= self.seconds
        return self._are_stale and (self._are_wanted or not training or waited)

    def painted(self) -> None:
        """Record that the pictures have been painted now."""
        self._are_stale = self._are_wanted = False
        self._painted_at = time.monotonic()
