"""Pure functions that return the pictures of each part of the studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from ...core.protocol import no_images
from .exploration import Exploration
from .strips import place_in
from .words import pin_caption, strip_captions


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a panel, or a hint if there are none.

    Images are ordered row by row, with captions below them; one may be marked.
    """

    images: UInt8[np.ndarray, "n height width *channels"] = field(default_factory=no_images)
    rows: int = 1
    columns: int = 1
    captions: tuple[str, ...] = ()
    marked: int | None = None
    hint: str = ""
    crop: int = 0
    """Pixels to crop at the border of each image."""


def image(exploration: Exploration) -> Pictures:
    """Return the current image, uncropped."""
    if exploration.shot is None:
        return Pictures(hint=exploration.message or "waiting for the model")
    return Pictures(exploration.shot.middle(exploration.studio)[1][None])


def around(exploration: Exploration) -> Pictures:
    """Return the neighborhood, with the middle image marked."""
    if exploration.shot is None:
        return Pictures()
    images = exploration.shot.around(exploration.studio)
    rows, columns = images.shape[:2]
    return Pictures(
        images.reshape(-1, *images.shape[2:]), rows, columns, marked=rows * columns // 2, crop=exploration.crop
    )


def strip(exploration: Exploration) -> Pictures:
    """Return the strip, with the current image marked if it is on the strip."""
    shot = exploration.shot
    if shot is None or not shot.frame.strip or exploration.studio.strip == "none":
        return Pictures(hint="t traverses a dimension; a and b mark two images to go between")
    points = shot.frame.strip
    marked = place_in(points, exploration.studio.point)
    return Pictures(shot.strip, 1, len(points), strip_captions(shot.frame), marked, crop=exploration.crop)


def pins(exploration: Exploration, names: Sequence[str], room: int, width: int) -> Pictures:
    """Return the newest pins that fit.

    Args:
        exploration: The exploration.
        names: The names of the classes, by label.
        room: Number of pins that fit.
        width: Maximum cells of a caption.
    """
    shown = exploration.studio.pins[-room:] if room else ()
    if not shown:
        return Pictures(hint="enter pins the image, to compare it")
    captions = tuple(pin_caption(pin.point, pin.weights, names, width) for pin in shown)
    return Pictures(np.stack([pin.image for pin in shown]), 1, room, captions, crop=exploration.crop)


def rows_to_write(exploration: Exploration) -> list[UInt8[np.ndarray, "_ height width *channels"]]:
    """Return the image, the strip and all pins, leaving out empty rows."""
    shown = [image(exploration).images, strip(exploration).images, _pinned(exploration)]
    return [row for row in shown if len(row)]


def _pinned(exploration: Exploration) -> UInt8[np.ndarray, "n height width *channels"]:
    pins = exploration.studio.pins
    return np.stack([pin.image for pin in pins]) if pins else no_images()
