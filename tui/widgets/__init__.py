"""The panels, one file each: Textual widgets that show what `state/` knows with `render/`."""

from .app_capabilities import capabilities_of
from .block import Block
from .curve_panel import METRICS, CurvePanel
from .digits_panel import DigitsPanel
from .key_footer import KeyFooter
from .log_panel import LogPanel, LogView
from .map_panel import MapPanel
from .pictures_panel import PicturesPanel
from .real_pixels import PixelSheet, why_no_pixels
from .schedule_panel import SchedulePanel
from .status_panel import StatusPanel

__all__ = [
    "METRICS",
    "Block",
    "CurvePanel",
    "DigitsPanel",
    "KeyFooter",
    "LogPanel",
    "LogView",
    "MapPanel",
    "PicturesPanel",
    "PixelSheet",
    "SchedulePanel",
    "StatusPanel",
    "capabilities_of",
    "why_no_pixels",
]
