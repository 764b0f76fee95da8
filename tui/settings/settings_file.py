"""Read the user's settings file (TOML)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import platformdirs

from ...core.config import MAX_CONFIG_BYTES, fill
from ...core.errors import ConfigError
from .settings import Settings


def settings_path() -> Path:
    """Return the place of the settings file, which need not exist."""
    return platformdirs.user_config_path("vae-tui", appauthor=False) / "settings.toml"


def load_settings(path: Path, base: Settings) -> tuple[Settings, frozenset[str]]:
    """Read a settings file. Return the settings, and the names of those that the file has.

    Args:
        path: The file; it may be missing.
        base: The settings that the file does not have.

    Raises:
        ConfigError: when the file cannot be read, is not TOML, or has an unknown or an impossible setting.
    """
    try:
        values = _parse(path)
        return fill(base, values), frozenset(_names(values, ""))
    except ConfigError as error:
        raise in_file(path, error) from error


def in_file(path: Path, error: Exception) -> ConfigError:
    """Return an error that says which settings file has the mistake."""
    return ConfigError(f"in the settings file {path}: {error}")


def _parse(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:  # it may be a link, as dotfile managers make them
            content = file.read(MAX_CONFIG_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read it: {error.strerror}") from error
    if len(content) > MAX_CONFIG_BYTES:
        raise ConfigError(f"it is larger than {MAX_CONFIG_BYTES >> 20} MiB")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"it is not UTF-8 (at line {line})") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"it is not valid TOML: {error}") from error


def _names(values: dict[str, Any], prefix: str) -> list[str]:
    """Return the dotted names of nested values."""
    names = []
    for name, value in values.items():
        names += _names(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
    return names
