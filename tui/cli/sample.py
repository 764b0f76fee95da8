"""`vae-tui sample`: digits drawn from a checkpoint, on the terminal and as files."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from jaxtyping import Int32, UInt8
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments

from ...core.config import ParamsSource
from ...core.errors import UsageError
from ...core.files import write_whole
from ...core.run import encode_png, image_grid
from ..render.capabilities import detect
from ..render.cells import StyleTable, render_strip
from ..render.palette import greys, pair_styles
from ..render.picture_cells import DOTS, draw_picture, resample
from .open_model import open_run


def draw(
    name: str,
    *,
    label: int | None,
    count: int,
    temperature: float,
    seed: int,
    checkpoint: str,
    source: ParamsSource,
    png: Path | None,
    npz: Path | None,
) -> None:
    """Draw `count` digits of a class, or of each class, show them, and write the files asked for.

    Raises:
        UsageError: when there is no such run, checkpoint or class, or a file cannot be written.
    """
    if count < 1:
        raise UsageError(f"--count is {count}; it must be at least 1 digit")
    if not (math.isfinite(temperature) and temperature >= 0):
        raise UsageError(f"--temperature is {temperature}; it must be zero or a positive number")
    if not 0 <= seed < 2**32:
        raise UsageError(f"--seed is {seed}; it must be a whole number from 0 to 4294967295")
    for path in (png, npz):
        if path is not None and path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    classes = range(len(model.class_names)) if label is None else [label]
    labels = np.repeat(np.array(classes, np.int32), count)
    images = model.sample(labels, temperature=temperature, seed=seed)
    if png is not None:
        # A row a class; a single class fills a square.
        columns = count if label is None else math.ceil(math.sqrt(count))
        _write(png, encode_png(image_grid(in_rows(images, columns))))
    if npz is not None:
        _write(npz, encode_npz(images, labels))
    console = Console()
    fitting = max(1, console.width // 28)
    shown = images if label is not None else images.reshape(-1, count, 28, 28)[:, :fitting].reshape(-1, 28, 28)
    console.print(as_text(image_grid(in_rows(shown, min(count, fitting)), gap=0), console), end="", crop=False)
    console.print(f"{len(images)} digits from step {model.step} of {run}", highlight=False, markup=False)
    for path in (png, npz):
        if path is not None:
            console.print(f"written to {path}", highlight=False, markup=False)


def as_text(picture: UInt8[np.ndarray, "height width"], console: Console) -> Segments:
    """A picture as half blocks, or as characters of rising weight where there are no colours or no Unicode."""
    terminal = detect(console.color_system, no_color=console.no_color, encoding=console.encoding)
    style = "half-block" if terminal.unicode and terminal.colors != "none" else "ascii"
    ink = (picture / 255).astype(np.float32)
    height, width = picture.shape
    if DOTS[style] == (1, 1):
        ink = resample(ink, height // 2, width)  # a character is about twice as high as wide
    ramp = greys(Color.from_rgb(0, 0, 0), terminal.colors)
    cells = draw_picture(ink, style, len(ramp))
    table = StyleTable(pair_styles(ramp))
    lines = (render_strip(cells, y, table) for y in range(height // 2))
    return Segments([segment for line in lines for segment in (*line, Segment.line())])


def in_rows(images: UInt8[np.ndarray, "n 28 28"], columns: int) -> UInt8[np.ndarray, "rows columns 28 28"]:
    """Images in rows; the last row is filled up with black."""
    rows = math.ceil(len(images) / columns)
    black = np.zeros((rows * columns - len(images), 28, 28), np.uint8)
    return np.concatenate([images, black]).reshape(rows, columns, 28, 28)


def encode_npz(images: UInt8[np.ndarray, "n 28 28"], labels: Int32[np.ndarray, " n"]) -> bytes:
    """The content of a compressed NumPy file with `images` and `labels`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=images, labels=labels)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
