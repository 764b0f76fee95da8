"""Train one run in several processes, on JAX's distributed runtime.

Process 0, the lead, decides everything: it owns the run directory, the event log, the socket and the screen. The other
processes, the followers, carry out its orders, so that all processes start the same programs on their devices in the
same order. XLA moves the arrays; the orders are a few bytes and travel through JAX's coordination service.

`address` says who takes part, `detection` finds it out from a scheduler, and `membership` joins the runtime. `channel`
carries the `orders`: `lead` sends them and watches the followers, as part of the `crew` of a run; `follow` and
`follower` carry them out.
"""

from .address import JOIN_SECONDS, ClusterAddress, parse_cluster

__all__ = ["JOIN_SECONDS", "ClusterAddress", "parse_cluster"]
