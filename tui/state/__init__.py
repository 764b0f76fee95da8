"""Fold a run's events into what a screen shows.

The run view, the estimate of the time left, the log book, messages and notifications, the viewport. Plain values and
pure functions; nothing here draws.
"""

from ...core.text import count
from .browsing import Browsing
from .class_names import answer_class, find_classes, has_other_classes
from .comparison_rows import ComparisonRow, comparison_rows, result_rows
from .conclusion import bits_per_pixel, conclusion, read_conclusion, test_loss
from .generate_requests import GenerateRequests
from .knobs import KNOB_NAMES, Knob, factor, is_set_to, turned_factor
from .log_book import LEVELS, MAX_ENTRIES, LogBook, LogRow, LogStyle, first_rows, rows_of
from .log_writer import LogWriter
from .messages import Level, LogLine, log_lines, not_finite, source_name
from .meter import Cost, Governor, Meter
from .notifications import notification_of
from .picture_pace import PicturePace
from .run_columns import PlacedColumn, place_columns
from .run_summary import Fact, Section, devices_name, run_sections, shown_value
from .run_view import RunView
from .system_text import gigabytes, system_rows
from .text import align_columns, amount, cut_cells, duration, fitting, shorten, shorten_end
from .viewport import Viewport

__all__ = [
    "KNOB_NAMES",
    "LEVELS",
    "MAX_ENTRIES",
    "Browsing",
    "ComparisonRow",
    "Cost",
    "Fact",
    "GenerateRequests",
    "Governor",
    "Knob",
    "Level",
    "LogBook",
    "LogLine",
    "LogRow",
    "LogStyle",
    "LogWriter",
    "Meter",
    "PicturePace",
    "PlacedColumn",
    "RunView",
    "Section",
    "Viewport",
    "align_columns",
    "amount",
    "answer_class",
    "bits_per_pixel",
    "comparison_rows",
    "conclusion",
    "count",
    "cut_cells",
    "devices_name",
    "duration",
    "factor",
    "find_classes",
    "first_rows",
    "fitting",
    "gigabytes",
    "has_other_classes",
    "is_set_to",
    "log_lines",
    "not_finite",
    "notification_of",
    "place_columns",
    "read_conclusion",
    "result_rows",
    "rows_of",
    "run_sections",
    "shorten",
    "shorten_end",
    "shown_value",
    "source_name",
    "system_rows",
    "test_loss",
    "turned_factor",
]
