"""Train as a follower, from joining the cluster to its end."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ...config import Config
from ...data import load_dataset
from ...errors import TrainingError, VaeTuiError
from .address import ClusterAddress
from .membership import HEARTBEAT_SECONDS, join_cluster
from .orders import End, Order, Start

if TYPE_CHECKING:
    from .follower import Follower


def follow(
    address: ClusterAddress,
    log_to: Callable[[Path], AbstractContextManager[object]],
    on_joined: Callable[[Callable[[str], None]], None],
) -> None:
    """Join a cluster as a follower, and carry out the orders of process 0 until the end.

    Args:
        address: The place of this process.
        log_to: Opens a log file for all output, once the run's directory is known.
        on_joined: Called with a function that asks process 0 to stop the run, given the reason.

    Raises:
        VaeTuiError: when the cluster does not come together, or the run fails here or in another process.
    """
    from ...learning.start_jax import start_jax

    start_jax(lambda: join_cluster(address))
    from .channel import Channel, Report

    channel = Channel()

    def report(text: str, *, is_failure: bool) -> None:
        channel.report(Report(address.index, socket.gethostname(), text, is_failure))

    on_joined(lambda reason: report(reason, is_failure=False))
    channel.beat()
    try:
        end = _carry_out(channel.receive(), channel.receive, address.index, log_to)
    except Exception as error:
        end = None
        if not isinstance(error, VaeTuiError):  # a computation or a barrier fails when another process is gone
            with contextlib.suppress(TimeoutError):
                end = channel.receive_end(3 * HEARTBEAT_SECONDS)
        if end is None or not end.failure:
            report(str(error).partition("\n")[0] or type(error).__name__, is_failure=True)
            raise
    finally:
        channel.leave()
    if end.failure:
        raise TrainingError(f"the run has failed: {end.failure}")


def _carry_out(
    first: Order, receive: Callable[[], Order], index: int, log_to: Callable[[Path], AbstractContextManager[object]]
) -> End:
    """Carry out the orders of a run, and return the last one."""
    if not isinstance(first, Start):  # process 0 failed before it knew what to do
        return first if isinstance(first, End) else End()
    run = Path(first.run)
    if not (run / "config.json").is_file():
        raise TrainingError(f"{run} of process 0 is not on this host; choose a --run.dir on a shared disk")
    with log_to(run / f"train-{index}.log"):
        return _prepare(first, run, receive).run()


def _prepare(start: Start, run: Path, receive: Callable[[], Order]) -> Follower:
    """Load the data and create the follower; the images stay in memory only as the parts of its devices."""
    config = Config.from_json(json.loads(start.config))
    dataset = load_dataset(config.data, lambda *_: None)
    from ..initialize import load_parameters
    from .follower import Follower

    source = None if start.is_resumed else config.train.init_from
    initial = None if source is None else load_parameters(source)
    return Follower(config, dataset, run / "checkpoints", receive, initial)
