"""The curve panel: one metric over the steps, with its validation values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.reactive import reactive

from ...core.history import History, Metric
from ..render.axes import round_end
from ..render.cells import Cells
from ..render.chart import Ink, Marks, Samples, draw_chart
from .panel import CellsPanel

TITLES: dict[str, str] = {
    "loss": "loss, nats per image",
    "reconstruction": "reconstruction, nats per image",
    "kl": "KL divergence, nats per image",
    "grad_norm": "gradient norm",
}


class CurvePanel(CellsPanel):
    """Shows a metric's spread faint, its smoothed course bright, and the validation values joined and marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "curves--axis",
        "curves--envelope",
        "curves--curve",
        "curves--marks",
        "curves--best",
        "curves--clipped",
        "curves--text",
    }

    DEFAULT_CSS = """
    CurvePanel {
        & > .curves--axis { color: $text-muted; }
        & > .curves--envelope { color: $primary 60%; }
        & > .curves--curve { color: $text-primary; }
        & > .curves--marks { color: $text-warning; }
        & > .curves--best { color: $text-success; }
        & > .curves--clipped { color: $text-error; }
        & > .curves--text { color: $foreground; }
    }
    """

    metric: reactive[Metric] = reactive[Metric]("loss", repaint=False)
    log_scale: reactive[bool] = reactive(False, repaint=False)

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._drawn_version = -1
        self._name_metric()

    def watch_metric(self) -> None:
        """Show another metric."""
        self._name_metric()
        self.redraw()

    def watch_log_scale(self) -> None:
        """Show the metric on another scale."""
        self._name_metric()
        self.redraw()

    def repaint(self) -> None:
        """Show what has been added to the history since the last time."""
        if self._drawn_version != self._history.version:
            self.redraw()

    def make_styles(self) -> Sequence[Style]:
        """The styles of `Ink`."""
        names = ("axis", "envelope", "curve", "marks", "best", "clipped", "text")
        return [self.rich_style, *(self.get_component_rich_style(f"curves--{name}") for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """A legend on the first line, the chart below it."""
        history = self._history
        self._drawn_version = history.version
        cells = Cells.blank(height, width)
        if history.last_step < history.first_step:
            text = "waiting for the first step"
            cells.write(height // 2, max(0, (width - len(text)) // 2), text, Ink.AXIS)
            return cells
        marks = self._marks()
        legend = 1 if height >= 5 else 0
        if legend:
            self._write_legend(cells, marks)
        chart = draw_chart(
            self._sample,
            marks,
            first_step=history.first_step - 1,
            last_step=self._axis_end(),
            log=self.log_scale,
            height=height - legend,
            width=width,
            unicode=self.terminal.unicode,
        )
        cells.paste(chart, legend, 0)
        return cells

    def _axis_end(self) -> int:
        start = self._history.first_step - 1
        return start + round_end(self._history.last_step - start)

    def _sample(self, columns: int) -> Samples:
        """Thin the metric out, to one column a step where there are fewer steps than columns."""
        history, end = self._history, self._axis_end()
        columns = min(columns, end - history.first_step + 1)
        lows, highs = history.envelope(self.metric, history.first_step, end, columns)
        smoothed = history.smoothed(self.metric, history.first_step, end, columns)
        start = history.first_step - 1
        steps = start + (np.arange(columns) + 0.5) * ((end - start) / columns)
        return Samples(steps, lows, highs, smoothed)

    def _marks(self) -> Marks:
        """The validation values of the metric; the best is that of the lowest loss."""
        if self.metric not in ("loss", "reconstruction", "kl"):
            return Marks(np.empty(0), np.empty(0), None)
        events = [event for event in self._history.evaluations() if event.step >= self._history.first_step - 1]
        values = [getattr(event, self.metric) for event in events]
        losses = [event.loss if math.isfinite(event.loss) else math.inf for event in events]
        best = losses.index(min(losses)) if losses and min(losses) < math.inf else None
        return Marks(np.array([event.step for event in events], float), np.array(values, float), best)

    def _write_legend(self, cells: Cells, marks: Marks) -> None:
        """The present values, each beside what stands for it in the chart; what has no room is left out."""
        unicode = self.terminal.unicode
        history, metric = self._history, self.metric
        entries = [
            (Ink.ENVELOPE, "⣿" if unicode else ":", "train", history.last(metric)),
            (Ink.CURVE, "━" if unicode else "*", "smoothed", history.last_smoothed(metric)),
        ]
        if marks.best is not None:
            entries.append((Ink.MARKS, "●" if unicode else "o", "valid", float(marks.values[-1])))
            entries.append((Ink.BEST, "◆" if unicode else "o", "best", float(marks.values[marks.best])))
        x = 0
        for ink, glyph, name, value in entries:
            words = f" {name} {value:.4g}" if abs(value) < 1 else f" {name} {value:.2f}"
            if x + 1 + len(words) > cells.glyphs.shape[1]:
                break
            x = cells.write(0, x, glyph, ink)
            x = cells.write(0, x, words, Ink.TEXT) + 2

    def _name_metric(self) -> None:
        self.border_title = TITLES[self.metric] + (", log scale" if self.log_scale else "")
