"""Checks of configuration values, shared by the configuration's classes."""

from __future__ import annotations

import math
from typing import Any, get_args

from ..errors import ConfigError


def require(condition: bool, name: str, value: object, wanted: str) -> None:
    """Check a condition on a value.

    Args:
        condition: Whether the value is valid.
        name: The setting as the user writes it, such as "train.batch-size".
        value: The value that the user gave.
        wanted: The valid values, in words that complete "it must be ...".

    Raises:
        ConfigError: when the condition is false.
    """
    if not condition:
        raise ConfigError(f"{name} is {value}; it must be {wanted}")


def require_positive(name: str, value: float) -> None:
    """Check that a number is finite and above zero. Raises ConfigError."""
    require(math.isfinite(value) and value > 0, name, value, "a positive number")


def require_not_negative(name: str, value: float) -> None:
    """Check that a number is finite and not negative. Raises ConfigError."""
    require(math.isfinite(value) and value >= 0, name, value, "zero or a positive number")


def require_fraction(name: str, value: float) -> None:
    """Check that a decay is in [0, 1). Raises ConfigError."""
    require(0 <= value < 1, name, value, "a number from 0 to below 1")


def require_choice(name: str, value: str, choices: Any) -> None:
    """Check that a value is one of a Literal type's strings. Raises ConfigError."""
    words = get_args(choices)
    require(value in words, name, value, f"{', '.join(words[:-1])} or {words[-1]}")
