"""Compare saved and live runs: their settings, results and metrics on a common axis.

A run is read from its directory alone, in bounded memory, and followed while it grows. Nothing here imports JAX.

`curves_csv` is imported by name: only one command uses it.
"""

from .comparability import Doubt, doubts
from .compared_run import AXES, UNITS, Axis, ComparedRun
from .differences import NO_EFFECT, Difference, differences
from .read_runs import MAX_RUNS, read_runs
from .results import Results, results

__all__ = [
    "AXES",
    "MAX_RUNS",
    "NO_EFFECT",
    "UNITS",
    "Axis",
    "ComparedRun",
    "Difference",
    "Doubt",
    "Results",
    "differences",
    "doubts",
    "read_runs",
    "results",
]
