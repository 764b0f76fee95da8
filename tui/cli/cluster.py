"""Train in several processes: find this one's place, and follow process 0 where it is another."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.errors import TrainingError, UsageError, VaeTuiError
from ...core.training.cluster import ClusterAddress, parse_cluster
from ..process.exit_codes import INTERRUPTED, SIGNALED
from ..process.forked import call_in_fork
from ..process.signals import STOPPING, Request, SignalThread, StopSignals
from ..process.terminal import end_process, output_to
from .printing import print_text


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
        TrainingError: when the child was ended by a signal.
    """
    code = call_in_fork(lambda: _follow_or_explain(address)).code
    if code < SIGNALED or code == INTERRUPTED:
        return code
    name = signal.Signals(code - SIGNALED).name
    how = f"process {address.index} was ended by {name}"
    if name == "SIGABRT":
        how = f"process 0 at {address.coordinator} is gone, and JAX has ended process {address.index}"
    raise TrainingError(
        f"{how}; see train-{address.index}.log in the run's directory, then start all processes again with --resume"
    )


def _follow_or_explain(address: ClusterAddress) -> int:
    """Follow process 0; an error is one line."""
    try:
        _follow(address)
    except VaeTuiError as error:
        print_text(f"vae-tui: {error}", error=True, flush=True)
        return 2 if isinstance(error, UsageError) else 1
    except Exception as error:  # the boundary of the program
        print_text(f"vae-tui: unexpected {type(error).__name__}: {error}", error=True, flush=True)
        return 1
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
