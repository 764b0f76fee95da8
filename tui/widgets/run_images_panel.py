"""The images of one class side by side, one block a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import UInt8
from rich.color import Color
from rich.style import Style

from ...core.comparison import MAX_RUNS, Axis, ComparedRun
from ...core.protocol import Sampled, has_colors
from ..render.cells import Cells
from ..render.color_cells import draw_color_picture
from ..render.palette import greys, pair_styles
from ..render.picture_cells import DOTS, STYLES, best_style, draw_picture
from ..render.pixels import draws_colors, intensities, shrink
from ..render.run_blocks import RunBlocks, arrange_runs
from ..render.run_signs import LETTERS
from ..state import fitting
from .cells_panel import CellsPanel
from .run_styles import run_styles

TEXT = 1
"""The style of captions; the styles of the runs follow, then those of the pictures."""

RUN = 2
PICTURE = RUN + MAX_RUNS


class RunImagesPanel(CellsPanel):
    """Show what each run drew of one class at the cursor's position.

    Args:
        runs: The runs, in the order of their blocks.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-images--text"}

    DEFAULT_CSS = """
    RunImagesPanel > .run-images--text { color: $text-muted; }
    """

    def __init__(self, runs: Sequence[ComparedRun]) -> None:
        super().__init__()
        self._runs = runs
        self._label = 0
        self._axis: Axis = "step"
        self._position: int | None = None
        self._drawn: object = None
        self._update_title()

    @property
    def class_count(self) -> int:
        """The most classes that a run has, at least 1."""
        return max(1, *(len(run.class_names) for run in self._runs))

    def wanted(self, width: int) -> int:
        """Return the lines that images of full size fill, or as large ones as fit in a row of some columns."""
        images = next((found for run in self._runs if (found := self._images(self._sampled(run))) is not None), None)
        if images is None:
            return 1
        shape = images.shape[1], images.shape[2]
        blocks = arrange_runs(shape[0], width, runs=len(self._runs), images=1, shape=shape)
        return 1 if blocks is None else 1 + blocks.image_height

    def show_class(self, label: int) -> None:
        """Show another class; the classes are in a ring."""
        self._label = label % self.class_count
        self._update_title()
        self.redraw()

    def step_class(self, direction: int) -> None:
        """Show the next (1) or the previous (-1) class."""
        self.show_class(self._label + direction)

    def show_position(self, axis: Axis, position: int | None) -> None:
        """Show the images at another position; None: the newest ones."""
        self._axis, self._position = axis, position
        self.repaint()

    def repaint(self) -> None:
        """Draw again if a run has other images there now."""
        found = [self._sampled(run) for run in self._runs]
        if found != self._drawn:
            self._update_title()
            self.redraw()

    def _update_title(self) -> None:
        names = next((run.class_names for run in self._runs if self._label < len(run.class_names)), ())
        name = names[self._label] if names else str(self._label)
        known = f" ({name})" if name != str(self._label) else ""
        self.border_title = f"samples of class {self._label}{known}"

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts, the runs, and the pictures: one per pair of grays."""
        colors = self.terminal.colors
        runs = run_styles(self.rich_style, colors, bold=True)
        return [self.rich_style, self.get_component_rich_style("run-images--text"), *runs, *pair_styles(self._ramp)]

    @property
    def _ramp(self) -> list[Color]:
        return greys(self.background_colors[1].rich_color, self.terminal.colors)

    def draw(self, height: int, width: int) -> Cells:
        """Draw a block for each run: its letter and step, then its images of the class."""
        cells = Cells.blank(height, width)
        found = [self._sampled(run) for run in self._runs]
        self._drawn = found
        pictures = [self._images(sampled) for sampled in found]
        known = [images for images in pictures if images is not None]
        if not known:
            cells.write(height // 2, 0, f"no samples of class {self._label} yet", TEXT)
            return cells
        shape = known[0].shape[1], known[0].shape[2]
        blocks = arrange_runs(height, width, runs=len(self._runs), images=max(map(len, known)), shape=shape)
        if blocks is None:
            cells.write(0, 0, fitting(("the samples need more lines: tab, z", "tab, z"), width), TEXT)
            return cells
        for index, (sampled, images) in enumerate(zip(found, pictures, strict=True)):
            self._write_caption(cells, blocks, index, sampled)
            if images is not None:
                self._draw_images(cells, blocks, index, images)
        return cells

    def _write_caption(self, cells: Cells, blocks: RunBlocks, index: int, sampled: Sampled | None) -> None:
        y, x = blocks.place(index)
        end = x + blocks.block_width
        x = cells.write(y, x, LETTERS[index], RUN + index) + 1
        if self._step(self._runs[index]) is None:
            variants = ("no step here", "no step", "none")
        elif sampled is None:
            variants = ("no samples", "none")
        elif self._label >= len(sampled.images):
            variants = (f"no class {self._label}", "no class", "none")
        else:
            step = f"step {sampled.step:,}"
            variants = (f"{self._runs[index].name}, {step}", step, f"{sampled.step:,}", f"{sampled.step}")
        cells.write(y, x, fitting(variants, end - x), TEXT)

    def _draw_images(
        self, cells: Cells, blocks: RunBlocks, index: int, images: UInt8[np.ndarray, "n height width *channels"]
    ) -> None:
        style = self._style(blocks, images.shape[1])
        in_color = has_colors(images.shape[1:]) and draws_colors(self.terminal, style)
        dark = self.background_colors[1].brightness < 0.5
        pixels = intensities(images[: blocks.shown], 1, in_color=in_color, dark=dark)
        down, across = DOTS[style]
        sized = shrink(pixels, blocks.image_height * down, blocks.image_width * across, in_color=in_color)
        for number, image in enumerate(sized):
            if in_color:
                inside = np.ones((blocks.image_height, blocks.image_width), bool)
                picture = draw_color_picture(image, inside, style, self.terminal.colors)
            else:
                picture = draw_picture(image, style, len(self._ramp))
                picture.styles[:] += PICTURE
            cells.paste(picture, *blocks.image(index, number))

    def _style(self, blocks: RunBlocks, side: int) -> str:
        """Return the most legible style that the terminal can show."""
        terminal = self.terminal
        styles = ("ascii",) if not terminal.unicode else STYLES if terminal.colors != "none" else ("braille",)
        return best_style(styles, blocks.image_height, side, os.environ.get("TERM", ""))

    def _sampled(self, run: ComparedRun) -> Sampled | None:
        """Return the images that a run drew last at the position."""
        step = self._step(run)
        return None if step is None else run.pictures.at(step)

    def _step(self, run: ComparedRun) -> int | None:
        """Return the step of a run at the position; None where it has none."""
        if self._position is None:
            return max(0, run.history.last_step)
        return run.step_at(self._axis, self._position)

    def _images(self, sampled: Sampled | None) -> UInt8[np.ndarray, "n height width *channels"] | None:
        """Return the images of the class; None if there are none."""
        if sampled is None or self._label >= len(sampled.images):
            return None
        return sampled.images[self._label]
