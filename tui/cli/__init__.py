"""The command line: one module for each command, and what several commands share.

`command_line` registers the commands by name, so that `--help` and `--version` import none of them but `train`, whose
flags `--help` shows. Textual and JAX are imported when a command that needs them runs.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the `vae-tui` command and exit."""
    sys.exit(_refuse_interpreter() or _run())


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
