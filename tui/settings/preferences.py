"""Lay the settings file over what is remembered, and that over the defaults."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ...core.config import fill
from ...core.errors import ConfigError
from .memory import Memory, state_path
from .settings import Settings
from .settings_file import load_settings, settings_path

REMEMBERED = ("theme", "picture_style", "log_scale")
"""The settings that keys change."""


@dataclass(frozen=True)
class Preferences:
    """The settings that hold, and where each comes from."""

    settings: Settings
    path: Path
    """The settings file, which need not exist."""
    in_file: frozenset[str] = frozenset()
    """The dotted names of the settings in the file."""
    remembered: frozenset[str] = frozenset()
    """The names of the settings that were chosen with keys before."""

    memory: Memory = field(default_factory=lambda: Memory(state_path()))
    """Where settings that keys change are remembered."""

    def source(self, name: str) -> Literal["file", "remembered", "default"]:
        """Return where the value of a setting comes from."""
        if name in self.in_file:
            return "file"
        return "remembered" if name in self.remembered else "default"


def load_preferences(path: Path | None = None, memory: Memory | None = None) -> Preferences:
    """Return the user's preferences.

    Args:
        path: The settings file (default: the one in the user's folder).
        memory: What is remembered (default: the file in the user's folder).

    Raises:
        ConfigError: when the settings file has a mistake.
    """
    path, memory = path or settings_path(), memory or Memory(state_path())
    base, remembered, recalled = Settings(), set[str](), memory.recall()
    for name in REMEMBERED:
        if name in recalled:
            with contextlib.suppress(ConfigError):  # another version of vae-tui may have written it
                base = fill(base, {name: recalled[name]})
                remembered.add(name)
    settings, in_file = load_settings(path, base)
    return Preferences(settings, path, in_file, frozenset(remembered), memory)
