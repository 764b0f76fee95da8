"""Start JAX, and say in one line why it does not start.

This module imports JAX only when it starts it: the variables of the environment that JAX refuses end the import.
"""

from __future__ import annotations

import os

from ..errors import UsageError

_PREFIXES = ("JAX_", "XLA_")


def start_jax() -> None:
    """Import JAX, find its devices, and keep compiled code on disk.

    Raises:
        UsageError: when JAX cannot be imported or has no device; the message names the variables that may be the cause.
    """
    try:
        import jax

        jax.devices()
    except Exception as error:  # JAX raises many types, some without a message
        raise UsageError(f"JAX does not start: {_reason(error)}{_variables()}") from error
    from .compilation import keep_compiled_code

    keep_compiled_code()


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    if lines:
        return lines[0].partition(" (set JAX_PLATFORMS")[0].rstrip(".")
    platforms = os.environ.get("JAX_PLATFORMS")
    return f"there is no device of the platform {platforms}" if platforms else type(error).__name__


def _variables() -> str:
    """Return how to undo what the environment sets for JAX, or ""."""
    names = sorted(name for name in os.environ if name.startswith(_PREFIXES))
    return f"; unset or correct {' or '.join(names)}" if names else ""
