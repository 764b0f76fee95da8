"""The command line: the commands as they are typed, and what each of them does.

`command_line` and the `*_command` and `*_commands` modules hold the signatures that `--help` reads, and are quick to
import. Each command imports the module that does its work, and with it Textual or JAX, when it is called.
"""

from .command_line import app, main

__all__ = ["app", "main"]
