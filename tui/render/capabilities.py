"""What a terminal can show."""

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
"""Values of TERM whose terminals have no Braille and not all blocks, whatever the encoding."""


@dataclass(frozen=True)
class Capabilities:
    """Colours and characters of a terminal."""

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
    """What the terminal is taken to show.

    Args:
        color_system: The colour system that Rich found, None without colours.
        no_color: Whether the user asked for no colours (NO_COLOR).
        ascii: Whether the user asked for nothing but ASCII.
        encoding: The encoding of what is written to the terminal (default: that of standard error, where
            Textual draws).
        environment: Environment variables (default: the process's).
    """
    encoding = encoding or str(getattr(sys.__stderr__, "encoding", "ascii"))
    environment = os.environ if environment is None else environment
    return Capabilities(
        colors="none" if no_color else _DEPTHS.get(color_system, "16"),
        unicode=not ascii and encoding.lower().startswith("utf") and environment.get("TERM", "") not in _NO_UNICODE,
    )
