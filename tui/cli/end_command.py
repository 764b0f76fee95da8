"""Parse the command of `--on-end`."""

from __future__ import annotations

import shlex
import shutil

from ...core.errors import UsageError


def parse_command(text: str) -> tuple[str, ...]:
    """Split a command into the program and its arguments, as a shell does; nothing in it is expanded.

    Raises:
        UsageError: when it is not a command, or there is no such program.
    """
    try:
        arguments = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"--on-end is not a command: {error}: {text}") from None
    if arguments and shutil.which(arguments[0]) is None:
        raise UsageError(f"--on-end: there is no program {arguments[0]}; for a shell's command write: sh -c '...'")
    return arguments
