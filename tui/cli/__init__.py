"""The command line: one module for each command, and what several commands share.

`command_line` registers the commands by name, so that `--help` and `--version` import none of them but `train`, whose
flags `--help` shows. Textual and JAX are imported when a command that needs them runs.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the `vae-tui` command and exit."""
    _prepare_standard_streams()
    sys.exit(_refuse_interpreter() or _run())


def _prepare_standard_streams() -> None:
    """Let descriptors 0 to 2 be open, and let them block.

    A shell may have closed one, as `<&-` does: the next file that is opened, such as the lock of a run, would get its
    number. Another program on the terminal may have left it non-blocking: a write would fail while it is full.
    """
    for descriptor in (0, 1, 2):
        try:
            os.set_blocking(descriptor, True)
        except OSError:  # it is closed, so that it is the lowest number that is free
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 (it stays open)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _refuse_interpreter() -> int:
    """Return 2 and say why if this interpreter cannot run the command, else 0."""
    if sys.flags.optimize > 1:
        reason = "Python's option -OO removes the texts of the help; unset PYTHONOPTIMIZE, or set it to 1"
    elif sys.stdout is None:
        reason = "standard output is closed; redirect it to /dev/null to discard it"
    else:
        return 0
    sys.stderr.write(f"vae-tui: {reason}\n")
    return 2


def _run() -> int:
    """Run the command. Return its exit code, also after ctrl+c during the imports, which take a while."""
    try:
        from .command_line import run_command

        return run_command(sys.argv[1:])
    except KeyboardInterrupt:
        from ..process.exit_codes import INTERRUPTED

        return INTERRUPTED
