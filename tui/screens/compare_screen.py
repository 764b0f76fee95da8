"""The comparison of runs: their differences, their curves, and their samples."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from ...core.comparison import ComparedRun
from ..control import Action
from ..control.compare_actions import COMPARE_ACTIONS
from ..widgets.differences_panel import DifferencesPanel
from ..widgets.key_footer import KeyFooter
from ..widgets.overlay_panel import OverlayPanel
from ..widgets.run_images_panel import RunImagesPanel
from .compare_layout import SMALLEST, ComparePanel, arrange_comparison, is_framed
from .curves_screen import CurvesScreen
from .explanations import COMPARE_EXPLANATIONS, Explanation
from .panels import Panels


class CompareScreen(CurvesScreen[OverlayPanel]):
    """Show runs side by side.

    Args:
        runs: The runs; the app adds to them what their logs grow by, and calls `paint`.
        actions: The keys in the footer.
        log_scale: Whether the axis of the curves is logarithmic at first.
    """

    def __init__(
        self, runs: Sequence[ComparedRun], actions: Sequence[Action] = COMPARE_ACTIONS, *, log_scale: bool = False
    ) -> None:
        super().__init__(OverlayPanel(runs, log_scale=log_scale))
        self._actions = actions
        self._differences = DifferencesPanel(runs)
        self._images = RunImagesPanel(runs)
        self._panels: dict[ComparePanel, Widget] = {
            "differences": self._differences,
            "curves": self._curves,
            "images": self._images,
        }

    def compose(self) -> ComposeResult:
        """Compose the panels and the line of keys."""
        yield Panels(*self._panels.values(), id="panels")
        yield Static(id="too-small")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Make the panels focusable, and show the keys."""
        for panel in self._panels.values():
            panel.can_focus = True
        self.query_one(KeyFooter).show(self._actions)

    def paint(self) -> None:
        """Draw what the runs have added."""
        if not self.app.is_running or self.app.screen is not self:
            return
        with self.app.batch_update():
            self._differences.repaint()
            self._arrange()
            self._curves.repaint()
            self._images.repaint()

    @property
    def explanation(self) -> Explanation | None:
        """What the focused panel shows, for the help; None if no panel has the focus."""
        focused = (COMPARE_EXPLANATIONS[name] for name, panel in self._panels.items() if panel.has_focus_within)
        return next(focused, None)

    def _arrange(self) -> None:
        size = self.app.size
        inside = size.width - (4 if is_framed(size) else 1)
        shape = arrange_comparison(size, self._differences.wanted, self._images.wanted(inside))
        self.set_class(shape is None, "-tiny")
        if shape is None:
            self.query_one("#too-small", Static).update(
                f"This terminal has {size.width}x{size.height} cells;\n"
                f"a comparison needs {SMALLEST.width}x{SMALLEST.height}."
            )
            return
        self.set_class(shape.framed, "-framed")
        regions = {self._panels[name]: region for name, region in shape.regions.items()}
        self.query_one(Panels).arrange_in(regions, maximized=self.maximized)

    # -- the cursor

    def on_overlay_panel_cursor_moved(self, event: OverlayPanel.CursorMoved) -> None:
        """Show the samples at the cursor."""
        self._images.show_position(event.axis, event.position)

    # -- what the panels show

    def action_metric(self) -> None:
        """Show the next metric."""
        self._curves.next_metric()

    def action_axis(self) -> None:
        """Show the curves on the next axis."""
        self._curves.next_axis()

    def action_comparable(self) -> None:
        """Leave out the curves that do not compare, or show them again."""
        self._curves.only_comparable = not self._curves.only_comparable

    def action_show_class(self, label: int) -> None:
        """Show the samples of a class."""
        if label < self._images.class_count:
            self._images.show_class(label)
        else:
            self.notify(f"There are {self._images.class_count} classes.", timeout=2)

    def action_step_class(self, direction: int) -> None:
        """Show the samples of the next (1) or the previous (-1) class."""
        self._images.step_class(direction)
