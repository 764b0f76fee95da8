"""The capabilities of a running app."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.filter import NoColor

from ..render.ascii import AsciiOnly
from ..render.capabilities import Capabilities, detect


def capabilities_of(app: App[Any]) -> Capabilities:
    """Return what an app's terminal and line filters can show."""
    filters = app.get_line_filters()
    return detect(
        app.console.color_system,
        no_color=app.no_color or any(isinstance(each, NoColor) for each in filters),
        ascii=any(isinstance(each, AsciiOnly) for each in filters),
    )
