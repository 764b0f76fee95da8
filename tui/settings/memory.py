"""Remember what the user chose with keys, and what was measured, from one start to the next.

The file is the app's own: the settings file is the user's, and is never written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import platformdirs

from ...core.files import read_regular, write_whole

MAX_BYTES = 1 << 16
"""Bytes of the file, at most."""

LOCK_SECONDS = 1.0
"""Time to wait for another app that writes the file."""


def state_path() -> Path:
    """Return the place of the file, which need not exist."""
    return platformdirs.user_state_path("vae-tui", appauthor=False) / "remembered.json"


class Memory:
    """A few values by name in a file that several apps may change at once.

    Args:
        path: The file; missing or damaged, it holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self) -> dict[str, Any]:
        """Return the remembered values."""
        try:
            values = json.loads(read_regular(self._path, MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}

    def remember(self, name: str, value: object) -> str:
        """Remember a value, and keep the others. Return why that failed, or ""."""
        from filelock import FileLock, Timeout  # slow to import, and not needed to start

        if not self._path.is_absolute():
            return "there is no home directory"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), timeout=LOCK_SECONDS):
                write_whole(self._path, json.dumps({**self.recall(), name: value}, indent=2).encode())
        except Timeout:
            return f"another process has locked {self._path}"
        except OSError as error:
            return f"cannot write {self._path}: {error.strerror or error}"
        return ""
