"""Print what a data set holds: its format, classes, sizes and splits, and a page of its images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64
from rich.console import Console

from ...core.config import DataConfig
from ...core.data import Dataset, Split, load_dataset, resolve_name
from ...core.text import count
from .picture_text import as_text, in_rows
from .printing import print_text
from .progress_report import showing_progress
from .table import print_table

_PER_CLASS = 8
"""Images of a class on the page, at most."""


def show_data(config: DataConfig) -> None:
    """Load a data set and print what it holds, with images where standard output is a terminal.

    Raises:
        DataError: when it cannot be loaded.
    """
    resolved = resolve_name(config)
    with showing_progress() as report:
        dataset = load_dataset(DataConfig(**{**vars(config), "name": resolved.name}), report)
    for name, value in _facts(dataset, resolved.name):
        print_text(f"{name:10}{value}")
    for note in filter(None, (resolved.note, dataset.note)):
        print_text(f"note      {note}")
    splits = [(name, split) for name, split in _splits(dataset) if split is not None]
    counts = [np.bincount(split.labels, minlength=len(dataset.class_names)) for _, split in splits]
    print_text()
    print_table(
        ("class", *(name for name, _ in splits)),
        [(name, *(count(int(numbers[label])) for numbers in counts)) for label, name in enumerate(dataset.class_names)],
    )
    console = Console()
    if console.is_terminal:
        _print_page(dataset.train, len(dataset.class_names), console)


def _facts(dataset: Dataset, name: str) -> list[tuple[str, str]]:
    height, width, *channels = dataset.image_shape
    sizes = [f"{count(len(split))} {name}" for name, split in _splits(dataset) if split is not None]
    return [
        ("data set", name),
        ("format", dataset.format),
        ("images", f"{height}x{width} pixels, {'in color' if channels else 'gray'}"),
        ("splits", ", ".join(sizes)),
        ("classes", count(len(dataset.class_names))),
    ]


def _splits(dataset: Dataset) -> list[tuple[str, Split | None]]:
    return [("training", dataset.train), ("validation", dataset.validation), ("test", dataset.test)]


def _print_page(split: Split, classes: int, console: Console) -> None:
    """Print the first images of each class, as many as fit on the screen."""
    height, width = split.images.shape[1:3]
    columns, rows = max(1, console.width // width), max(1, 2 * (console.height - 2) // height)
    chosen = choose_images(split.labels.astype(np.int64), classes, columns * rows)
    shown = split.images[chosen]
    console.print(as_text(in_rows(shown, min(columns, len(shown))), console), end="", crop=False)


def choose_images(labels: Int64[np.ndarray, " n"], classes: int, most: int) -> Int64[np.ndarray, " k"]:
    """Return the positions of the first images of each class, class by class."""
    each = min(_PER_CLASS, max(1, most // classes))
    return np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(classes)])[:most]
