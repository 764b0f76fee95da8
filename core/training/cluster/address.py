"""Say which processes train together, and which of them this one is."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UsageError

JOIN_SECONDS = 120
"""How long a process waits for the others by default."""

FORM = "HOST:PORT,COUNT,INDEX"


@dataclass(frozen=True)
class ClusterAddress:
    """The place of this process in a cluster."""

    coordinator: str
    """Host and port of process 0, as in node1:4567."""
    processes: int
    index: int
    """The number of this process, from 0."""
    local_devices: tuple[int, ...] | None = None
    """The accelerators of this host that belong to this process; None: all of them."""
    join_seconds: int = JOIN_SECONDS
    """How long to wait for the other processes."""

    @property
    def is_lead(self) -> bool:
        """Whether this is process 0, which owns the run and the screen."""
        return self.index == 0


def parse_cluster(text: str, join_seconds: int = JOIN_SECONDS) -> ClusterAddress:
    """Parse HOST:PORT,COUNT,INDEX.

    Args:
        text: What the user wrote.
        join_seconds: How long to wait for the other processes.

    Raises:
        UsageError: when it has another form, or a number is impossible.
    """
    coordinator, *numbers = text.split(",")
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and len(numbers) == 2 and all(number.isdecimal() for number in numbers)):
        raise UsageError(f"--cluster {text} is not understood; it must be auto or {FORM}, such as node1:4567,2,0")
    processes, index = map(int, numbers)
    if not 0 < int(port) < 1 << 16:
        raise UsageError(f"--cluster {text}: {port} is no port; choose one from 1 to 65535")
    if index >= processes:
        raise UsageError(
            f"--cluster {text}: there is no process {index} among {processes}; INDEX counts from 0 to {processes - 1}"
        )
    return ClusterAddress(coordinator, processes, index, join_seconds=join_seconds)
