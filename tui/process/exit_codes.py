"""The exit codes of the commands, beside 0, 1 for a failure and 2 for what cannot be done."""

from __future__ import annotations

import signal

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of a process that was ended from the keyboard."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit code of a process whose terminal is gone."""

BROKEN_PIPE = 128 + signal.SIGPIPE
"""The exit code of a process whose output is no longer read (`vae-tui runs | head`)."""
