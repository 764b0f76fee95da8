"""Define exit codes besides 0 (success), 1 (failure) and 2 (usage)."""

from __future__ import annotations

import signal

SIGNALED = 128
"""What is added to the number of the signal that ended a process."""

INTERRUPTED = SIGNALED + signal.SIGINT
"""The exit code of a process that was interrupted from the keyboard."""

HUNG_UP = SIGNALED + signal.SIGHUP
"""The exit code of a process whose terminal is gone."""

BROKEN_PIPE = SIGNALED + signal.SIGPIPE
"""The exit code of a process whose output is no longer read (`vae-tui runs | head`)."""
