"""Define exit codes besides 0 (success), 1 (failure) and 2 (usage)."""

from __future__ import annotations

import signal

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of a process that was interrupted from the keyboard."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit code of a process whose terminal is gone."""

BROKEN_PIPE = 128 + signal.SIGPIPE
"""The exit code of a process whose output is no longer read (`vae-tui runs | head`)."""
