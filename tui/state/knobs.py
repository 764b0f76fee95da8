"""Define the knobs that keys turn: factors on learning rate and beta."""

from __future__ import annotations

import math
from typing import Literal

Knob = Literal["learning_rate_scale", "beta_scale"]
"""A knob, by its name in commands and events: a factor on the scheduled learning rate or weight of the KL term."""

KNOB_NAMES: dict[Knob, str] = {"learning_rate_scale": "learning rate", "beta_scale": "beta"}
"""The names that users see."""

# Renard's series R10, rounded so that three presses exactly double or halve a factor.
LADDER = (*(rung / power for power in (100, 10, 1) for rung in (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8)), 10.0)
"""The factors that keys can reach, in ascending order; 1 is one of them."""


def turned_factor(scale: float, direction: int) -> float | None:
    """Return the next factor above (1) or below (-1); None at the end."""
    # The trainer returns factors as float32.
    if direction > 0:
        return next((rung for rung in LADDER if rung > scale and not _same(rung, scale)), None)
    return next((rung for rung in reversed(LADDER) if rung < scale and not _same(rung, scale)), None)


def is_set_to(scale: float, wanted: float | None) -> bool:
    """Return whether a factor has the wanted value; None accepts any."""
    return wanted is None or _same(scale, wanted)


def factor(scale: float) -> str:
    """Return a factor as text: "x0.5"."""
    return f"x{scale:.3g}"


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6)
