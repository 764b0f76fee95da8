"""Write the studio's images to a PNG file."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ...core.files import write_whole
from ...core.run import encode_png, image_grid


def sheet(rows: Sequence[UInt8[np.ndarray, "_ height width *channels"]]) -> UInt8[np.ndarray, "y x *channels"]:
    """Return rows of images as one picture; short rows are padded with black."""
    width = max(len(row) for row in rows)
    black = np.zeros((width, *rows[0].shape[1:]), np.uint8)
    return image_grid(np.stack([np.concatenate([row, black[len(row) :]]) for row in rows]))


def write_picture(run_path: Path, step: int, picture: UInt8[np.ndarray, "height width *channels"]) -> Path:
    """Write a picture to the run's folder `studio`, under a new name.

    Args:
        run_path: The run's directory.
        step: The training step at which the picture was drawn.
        picture: Intensities from 0 to 255.

    Returns:
        The path of the file.

    Raises:
        OSError: The file cannot be written.
    """
    folder = run_path / "studio"
    if folder.is_symlink():  # a run that came from elsewhere may lead to other files
        raise OSError(errno.ELOOP, "it is a symbolic link", str(folder))
    folder.mkdir(exist_ok=True)
    content = encode_png(picture)
    number = 1
    while (path := folder / f"{step:08}-{number}.png").exists():
        number += 1
    write_whole(path, content)
    return path
