"""Hold a run's metrics in memory for the curves, at any zoom and in bounded memory.

The evaluations, the marks of what happened, and the alerts about what goes wrong slowly are part of it. Nothing here
imports JAX.
"""

from .alerts import AlertWatch
from .history import History, Metric
from .marks import Mark, MarkKind

__all__ = [
    "AlertWatch",
    "History",
    "Mark",
    "MarkKind",
    "Metric",
]
