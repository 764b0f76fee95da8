"""The panels: Textual widgets that show the values of `state/`, drawn by `render/`."""

from .app_capabilities import capabilities_of
from .block import Block
from .curve_panel import CURVE_CHOICES, CurvePanel
from .differences_panel import DifferencesPanel
from .digits_panel import DigitsPanel
from .key_footer import KeyFooter
from .log_panel import LogPanel, LogView
from .map_panel import MapPanel
from .overlay_panel import OverlayPanel
from .pictures_panel import PicturesPanel
from .real_pixels import PixelSheet, why_no_pixels
from .run_digits_panel import RunDigitsPanel
from .run_table import RunTable, list_legend
from .schedule_panel import SchedulePanel
from .status_panel import StatusPanel

__all__ = [
    "CURVE_CHOICES",
    "Block",
    "CurvePanel",
    "DifferencesPanel",
    "DigitsPanel",
    "KeyFooter",
    "LogPanel",
    "LogView",
    "MapPanel",
    "OverlayPanel",
    "PicturesPanel",
    "PixelSheet",
    "RunDigitsPanel",
    "RunTable",
    "SchedulePanel",
    "StatusPanel",
    "capabilities_of",
    "list_legend",
    "why_no_pixels",
]
