"""Detect what a terminal can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColorDepth = Literal["truecolor", "256", "16", "none"]

_DEPTHS: dict[str | None, ColorDepth] = {
    "truecolor": "truecolor",
    "256": "256",
    "standard": "16",
    "windows": "16",
    None: "none",
}

_NO_UNICODE = ("dumb", "vt100", "vt102", "vt220", "ansi", "linux")
"""Values of TERM whose terminals lack Braille and some blocks, whatever the encoding."""


@dataclass(frozen=True)
class Capabilities:
    """The colors and characters that a terminal can show."""

    colors: ColorDepth
    unicode: bool


def detect(
    color_system: str | None,
    *,
    no_color: bool,
    ascii: bool = False,
    encoding: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Capabilities:
    """Return the presumed capabilities of the terminal.

    Args:
        color_system: The color system that Rich detected; None without colors.
        no_color: Whether the user disabled colors (NO_COLOR).
        ascii: Whether the user restricted the output to ASCII.
        encoding: The output encoding (default: that of standard error, where Textual draws).
        environment: Environment variables (default: those of the process).
    """
    encoding = encoding or str(getattr(sys.__stderr__, "encoding", "ascii"))
    environment = os.environ if environment is None else environment
    return Capabilities(
        colors="none" if no_color else _DEPTHS.get(color_system, "16"),
        unicode=not ascii and encoding.lower().startswith("utf") and environment.get("TERM", "") not in _NO_UNICODE,
    )
