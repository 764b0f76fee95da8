"""Hold a run's metrics in bounded memory for the curves.

The history also has the evaluations, the annotations (marks) of the time axis, and the alerts about slow degradation.
Nothing here imports JAX.
"""

from .alerts import AlertDetector
from .history import History
from .marks import Mark, MarkKind

__all__ = [
    "AlertDetector",
    "History",
    "Mark",
    "MarkKind",
]
