"""Train in several processes: find this one's place, and follow process 0 where it is another."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.errors import TrainingError, UsageError
from ...core.training.cluster import ClusterAddress, parse_cluster
from ..process.child import DeathError
from ..process.exit_codes import INTERRUPTED
from ..process.guarded import call_guarded
from ..process.signals import STOPPING, Request, SignalThread, StopSignals
from ..process.terminal import end_process, output_to


def place_in_cluster(text: str, join_seconds: int) -> ClusterAddress:
    """Return the place of this process in a cluster.

    Args:
        text: HOST:PORT,COUNT,INDEX, or "auto" for what the scheduler says.
        join_seconds: How long to wait for the other processes.

    Raises:
        UsageError: when the text is wrong, or no scheduler is recognized.
    """
    if join_seconds < 1:
        raise UsageError(f"--cluster-wait is {join_seconds}; it must be at least 1 second")
    if text != "auto":
        return parse_cluster(text, join_seconds)
    from ...core.training.cluster.detection import detect_cluster

    return detect_cluster(join_seconds)


def follow_cluster(address: ClusterAddress) -> int:
    """Train as a follower of process 0, without a screen; return the exit code.

    The work is done in a child, because JAX ends the process when the connection to process 0 is lost.

    Raises:
        VaeTuiError: when the cluster does not come together, or the run fails here or in another process.
    """
    try:
        call_guarded(lambda: _follow(address))
    except DeathError as error:
        how = f"process {address.index} was ended by {error.cause}"
        if error.cause == signal.SIGABRT.name:
            how = f"process 0 at {address.coordinator} is gone, and JAX has ended process {address.index}"
        raise TrainingError(
            f"{how}; see train-{address.index}.log in the run's directory, then start all processes again with --resume"
        ) from error
    return 0


def _follow(address: ClusterAddress) -> None:
    from ...core.training.cluster.follow import follow

    stops = _Stops()
    with SignalThread(stops.handle, STOPPING):
        follow(address, _log_to, stops.pass_on)


class _Stops:
    """Pass the first stop signal on to process 0, which stops the run; the second one ends this process."""

    def __init__(self) -> None:
        self._signals = StopSignals()
        self._ask: Callable[[str], None] | None = None

    def pass_on(self, ask: Callable[[str], None]) -> None:
        self._ask = ask

    def handle(self, number: signal.Signals) -> None:
        match self._signals.count(number):
            case Request.STOP if self._ask is not None:
                self._ask(number.name)
            case Request.STOP | Request.END:
                end_process(INTERRUPTED)


@contextlib.contextmanager
def _log_to(path: Path) -> Iterator[None]:
    with output_to(path):
        yield
