"""The overlay panel: one metric of several runs, with a cursor that reads out all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.message import Message
from textual.reactive import reactive

from ...core.comparison import AXES, Axis, ComparedRun
from ...core.protocol import LOSS_METRICS, METRICS, Metric
from ..render.cells import Cells
from ..render.chart.ink import Ink
from ..render.chart.overlay import OverlayView, draw_overlay
from ..render.chart.position_axis import AXIS_NAMES
from ..render.chart.readout import NAMES
from ..render.run_signs import doubt_sign
from ..state import Viewport
from ..state.comparison_rows import doubts_of
from .axis_panel import AxisPanel
from .run_styles import run_styles


class OverlayPanel(AxisPanel):
    """Show the smoothed metric of each run as a line, and its validation values as marks.

    Args:
        runs: The runs, in the order of their letters.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"overlay--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK}

    DEFAULT_CSS = """
    OverlayPanel {
        & > .overlay--axis { color: $text-muted; }
        & > .overlay--text { color: $foreground; }
        & > .overlay--cursor { color: $foreground; text-style: bold; }
        & > .overlay--range { color: $text-warning; }
    }
    """

    metric: reactive[Metric] = reactive[Metric]("loss", repaint=False)
    axis: reactive[Axis] = reactive[Axis]("step", repaint=False)
    only_comparable: reactive[bool] = reactive(False, repaint=False)
    """Whether to leave out the curves of runs whose losses do not compare with the first run's."""

    class CursorMoved(Message):
        """Posted when the cursor moved, or was removed (None), or its axis changed."""

        def __init__(self, axis: Axis, position: int | None) -> None:
            super().__init__()
            self.axis: Axis = axis
            self.position = position

    def __init__(self, runs: Sequence[ComparedRun], *, log_scale: bool = False) -> None:
        super().__init__(log_scale=log_scale)
        self._runs = runs
        self._doubts = doubts_of(runs)
        self.border_title = self._title()

    # Content

    def repaint(self) -> None:
        """Draw what the runs have added."""
        self._doubts = doubts_of(self._runs)
        self.redraw()

    def next_metric(self) -> None:
        """Show the next metric."""
        self.metric = METRICS[(METRICS.index(self.metric) + 1) % len(METRICS)]

    def next_axis(self) -> None:
        """Show the curves on the next axis; the cursor stays at its step of the first run that has the step."""
        axis = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        moved = None
        if self.cursor is not None:
            steps = ((run, run.step_at(self.axis, self.cursor)) for run in self._runs)
            moved = next((run.position(axis, step) for run, step in steps if step is not None), None)
        with self.prevent(self.CursorMoved):
            self.cursor = None
        self.viewport = Viewport()
        self.axis = axis
        self.cursor = moved
        self.post_message(self.CursorMoved(axis, moved))

    def watch_metric(self) -> None:
        """Show another metric."""
        self.redraw()

    def watch_axis(self) -> None:
        """Show another axis."""
        self.redraw()

    def watch_only_comparable(self) -> None:
        """Show or leave out the curves that do not compare."""
        self.redraw()

    @property
    def _known(self) -> tuple[int, int]:
        spans = [span for run in self._runs if (span := run.spans(self.axis))[0] <= span[1]]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (1, 0)

    @property
    def _span(self) -> tuple[int, int, int | None]:
        """The first and the last known position, and the last one that a run will have."""
        finals = [run.final(self.axis) for run in self._runs if run.history.last_step >= run.history.first_step]
        known = [final for final in finals if final is not None]
        first = self._known[0] if self.axis == "step" else 0
        return first, self._known[1], max(known) if known and len(known) == len(finals) else None

    def _moved(self, position: int | None) -> Message:
        return self.CursorMoved(self.axis, position)

    # Drawing

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of `Ink`, then of the runs."""
        names = [f"overlay--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK]
        words = [self.get_component_rich_style(name) for name in names]
        return [self.rich_style, *words, *run_styles(self.rich_style, self.terminal.colors)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the values of all runs above the chart."""
        terminal = self.terminal
        doubts = self._doubts
        left_out = [self._leaves_out and any(doubt.extent == "all" for doubt in found) for found in doubts]
        view = OverlayView(
            metric=self.metric,
            axis=self.axis,
            shown=self._shown,
            known=self._known,
            cursor=self.cursor,
            log=self.log_scale,
            symbols="braille" if terminal.unicode else "ascii",
            colors=terminal.colors != "none",
            marks=[doubt_sign(found, unicode=terminal.unicode) for found in doubts],
            left_out=left_out,
        )
        cells, place = draw_overlay(self._runs, view, height, width)
        self._places = (place,) if place is not None else ()
        return cells

    @property
    def _leaves_out(self) -> bool:
        return self.only_comparable and self.metric in LOSS_METRICS

    def _title(self) -> str:
        """Return the name of the metric, the axis, and what the user has chosen."""
        facts = (
            (True, f"{NAMES[self.metric][2]}, by {AXIS_NAMES[self.axis]}"),
            (not self.viewport.is_full, "a part"),
            (self.log_scale, "log scale"),
            (self._leaves_out, "comparable runs only"),
        )
        return ", ".join(text for holds, text in facts if holds)
