"""What the configuration's classes check their values with."""

from __future__ import annotations

import math
from typing import Any, get_args

from ..errors import ConfigError


def require(condition: bool, name: str, value: object, wanted: str) -> None:
    """Raise ConfigError with a line for the user unless a condition on a value holds."""
    if not condition:
        raise ConfigError(f"{name} is {value}; it must be {wanted}")


def require_positive(name: str, value: float) -> None:
    """A finite number above zero."""
    require(math.isfinite(value) and value > 0, name, value, "a positive number")


def require_not_negative(name: str, value: float) -> None:
    """A finite number, zero or above."""
    require(math.isfinite(value) and value >= 0, name, value, "zero or a positive number")


def require_fraction(name: str, value: float) -> None:
    """A decay: from 0 to below 1."""
    require(0 <= value < 1, name, value, "a number from 0 to below 1")


def require_choice(name: str, value: str, choices: Any) -> None:
    """One of the words of a Literal type."""
    words = get_args(choices)
    require(value in words, name, value, f"{', '.join(words[:-1])} or {words[-1]}")
