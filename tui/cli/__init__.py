"""The command line: one module for each command, and what several commands share.

`command_line` registers the commands by name, so that `--help` and `--version` import none of them but `train`, whose
flags `--help` shows. Textual and JAX are imported when a command that needs them runs.
"""

from .command_line import app, main

__all__ = ["app", "main"]
