"""Start JAX, and say in one line why it does not start.

This module imports JAX only when it starts it: the variables of the environment that JAX refuses end the import.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

from ..errors import UsageError, VaeTuiError

_PREFIXES = ("JAX_", "XLA_")

_READ_FLAGS = "from jaxlib import xla_client; xla_client.CompileOptions()"
"""A program that makes XLA read its flags, which takes a fraction of a second."""

_REFUSAL = re.compile(r"^[EF]\d{4} .*?\] (.+)$", re.MULTILINE)
"""Matches the first line in which XLA says why it ends the process."""


def start_jax(before_devices: Callable[[], None] = lambda: None) -> None:
    """Import JAX, find its devices, and keep compiled code on disk.

    Args:
        before_devices: Called between the import and the search for devices; it may raise a VaeTuiError.

    Raises:
        UsageError: when JAX cannot be imported or has no device; the message names the variables that may be the cause.
    """
    if "XLA_FLAGS" in os.environ:
        _check_flags()
    try:
        import jax

        before_devices()
        jax.devices()
    except VaeTuiError:
        raise
    except Exception as error:  # JAX raises many types, some without a message
        raise UsageError(f"JAX does not start: {_reason(error)}{_variables()}") from error
    from .compilation import keep_compiled_code

    keep_compiled_code()


def _check_flags() -> None:
    """Let another process read XLA_FLAGS first, because a flag that XLA refuses ends the process.

    Raises:
        UsageError: when XLA refuses a flag.
    """
    program = subprocess.run([sys.executable, "-c", _READ_FLAGS], stderr=subprocess.PIPE, text=True, check=False)
    if program.returncode and (refusal := _REFUSAL.search(program.stderr)):
        raise UsageError(f"JAX does not start: {refusal[1].rstrip('.')}; unset or correct XLA_FLAGS")


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
