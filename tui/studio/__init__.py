"""The sampling studio without its screen: state, requests, layout.

Pure values and functions, except `Exploration`; the screen is in `screens/` and the panels are in `widgets/`.
"""

from .exploration import Exploration
from .keys import BINDINGS, STUDIO_KEYS, StudioKey, key_lines, studio_keys
from .layout import Arrangement, Grid, arrange_studio, fit_grid
from .picture_file import sheet, write_picture
from .scene import Pictures
from .strips import along
from .studio_state import Start, Studio
from .words import facts, more_facts, plane_title, step_text, strip_title

__all__ = [
    "BINDINGS",
    "STUDIO_KEYS",
    "Arrangement",
    "Exploration",
    "Grid",
    "Pictures",
    "Start",
    "Studio",
    "StudioKey",
    "along",
    "arrange_studio",
    "facts",
    "fit_grid",
    "key_lines",
    "more_facts",
    "plane_title",
    "sheet",
    "step_text",
    "strip_title",
    "studio_keys",
    "write_picture",
]
