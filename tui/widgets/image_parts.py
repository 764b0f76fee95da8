"""The kinds of images that the images panel shows side by side, and what is known about them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import UInt8

from ...core.protocol import Examples, Reconstructed, Sampled, has_colors
from ..state import source_name

ImagesView = Literal["samples", "real", "reconstructions"]
"""Generated images, generated beside real ones, real ones beside their reconstructions."""

IMAGES_VIEWS: tuple[ImagesView, ...] = get_args(ImagesView)


@dataclass(frozen=True)
class Part:
    """One kind of images, for each class."""

    name: str
    images: UInt8[np.ndarray, "classes n height width *channels"]
    real: bool

    @property
    def in_color(self) -> bool:
        """Whether the images are in color."""
        return has_colors(self.images.shape[2:])


def choose_parts(
    view: ImagesView, event: Sampled | None, real: Examples | None, reconstructed: Reconstructed | None
) -> list[Part]:
    """Return the kinds of images in a view, as far as there are any."""
    parts: list[Part] = []
    if view == "reconstructions" and real and reconstructed:
        parts.append(Part("input", real.images, real=True))
        parts.append(Part("reconstruction", reconstructed.images, real=False))
    elif event is not None:
        parts.append(Part("generated", event.images, real=False))
        if view == "real" and real:
            parts.append(Part("real", real.images, real=True))
    return [part for part in parts if part.images.size]


def describe(event: Sampled, reconstructed: Reconstructed | None, parts: Sequence[Part], *, is_past: bool) -> list[str]:
    """Return what is known about generated images, in several lengths, longest first.

    Args:
        event: The generated images.
        reconstructed: The reconstructions.
        parts: The kinds of images that are shown.
        is_past: Whether the heading names the step already.
    """
    if parts[-1].name == "reconstruction" and reconstructed:
        return [f"step {reconstructed.step:,}"]
    step = [] if is_past else [f"step {event.step:,}"]
    if math.isnan(event.temperature):
        return [", ".join(step)]
    source = source_name(event.source)
    variants = [
        [f"{source} parameters", f"temperature {event.temperature:g}"],
        [f"{source} parameters"],
        [source],
        [],
    ]
    return [", ".join((*step, *facts)) for facts in variants]
