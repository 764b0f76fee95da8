"""Full-screen views and dialogs: Textual screens made of panels."""

from .browse_screen import BrowseScreen, Wanted
from .class_screen import ClassScreen
from .command_palette import Palette
from .compare_screen import CompareScreen
from .copy_screen import Copyable, CopyScreen, copyable_of_comparison, copyable_of_run
from .explanations import Explanation
from .failure_screen import FailureScreen
from .help_screen import HelpScreen, Legend
from .leave_screen import Choice, LeaveScreen
from .log_screen import LogScreen
from .map_screen import LatentMapScreen
from .monitor_screen import MonitorScreen
from .rewind_screen import RewindScreen
from .run_screen import RunScreen
from .studio_screen import StudioScreen

__all__ = [
    "BrowseScreen",
    "Choice",
    "ClassScreen",
    "CompareScreen",
    "CopyScreen",
    "Copyable",
    "Explanation",
    "FailureScreen",
    "HelpScreen",
    "LatentMapScreen",
    "LeaveScreen",
    "Legend",
    "LogScreen",
    "MonitorScreen",
    "Palette",
    "RewindScreen",
    "RunScreen",
    "StudioScreen",
    "Wanted",
    "copyable_of_comparison",
    "copyable_of_run",
]
