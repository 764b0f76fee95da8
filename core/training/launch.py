"""Say how a run is started, besides its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cluster import ClusterAddress


@dataclass(frozen=True)
class Launch:
    """How a run is started."""

    is_resumed: bool
    """Whether it continues from the last checkpoint."""
    note: str = ""
    """A note for the user about the choice of the data set."""
    on_end: Sequence[str] = ()
    """A program and its arguments, to be started when the run is over."""
    is_unattended: bool = False
    """Whether it never waits for a user, even if screens show it.

    It ends with the last step, and fails where it would be paused otherwise.
    """
    cluster: ClusterAddress | None = None
    """The place of this process, which is process 0, in a cluster; None: it trains alone."""
