"""Hold the other processes of a run, if there are any."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...run import RunDirectory
from .address import ClusterAddress
from .orders import Start

if TYPE_CHECKING:
    from .lead import Lead


class Crew:
    """The followers of process 0; none when it trains alone.

    Args:
        address: The place of this process, which is process 0, in a cluster; None: it trains alone.
    """

    def __init__(self, address: ClusterAddress | None) -> None:
        self.address = address
        self.lead: Lead | None = None
        """Passes orders to the followers, once they have joined."""

    @property
    def is_whole(self) -> bool:
        """Whether no follower has failed or died."""
        return self.lead is None or self.lead.is_whole

    def join(
        self,
        run: RunDirectory,
        *,
        is_resumed: bool,
        on_wait: Callable[[str, int, int, str], None],
        ask_to_stop: Callable[[str], None],
        record_failure: Callable[[str], None],
    ) -> None:
        """Start JAX, wait for the followers, and let them prepare the run.

        Args:
            run: The run.
            is_resumed: Whether it continues from a checkpoint.
            on_wait: Called with the progress each second; must not raise, because joining cannot be interrupted.
            ask_to_stop: Called in a thread of its own when a follower was asked to stop, with a sentence that says so.
            record_failure: Called in a thread of its own with the reason, just before this process is ended because
                the trainer hangs.

        Raises:
            TrainingError: when they do not come in time.
        """
        if self.address is None:
            return
        from ...learning.start_jax import start_jax
        from .membership import join_cluster

        address, others = self.address, self.address.processes - 1
        label = f"waiting for {others} other process{'es' * (others > 1)}"
        start_jax(lambda: join_cluster(address, lambda passed: on_wait(label, passed, address.join_seconds, "s")))
        from .lead import Lead

        path = run.path.absolute()
        self.lead = Lead(str(path), ask_to_stop, record_failure)
        self.lead.tell(Start(json.dumps(run.config.to_json()), str(path), is_resumed))

    def explain(self, error: Exception) -> Exception:
        """Return the error of a follower if it caused this one, else this one."""
        return error if self.lead is None else self.lead.explain(error)

    def end(self, failure: str) -> None:
        """End the followers.

        Args:
            failure: Why the run failed, or "".
        """
        if self.lead is not None:
            self.lead.end(failure)
