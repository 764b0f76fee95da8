"""Pure functions that return the texts of the studio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from ...core.protocol import Weights
from ..state import count
from .frame import Frame, Shot
from .strips import strip_values
from .studio_state import Point, Studio

WEIGHT_NAMES: dict[Weights, str] = {"ema": "EMA", "raw": "raw", "best": "best checkpoint"}


def signed(number: float, decimals: int = 2) -> str:
    """Format a number with its sign, using a true minus.

    Examples: +0.50, −1.00; 0.00 has no sign.
    """
    text = f"{number:+.{decimals}f}"
    if not text.strip("+-0."):
        return text[1:]
    return text.replace("-", "−")


def class_text(classes: Float32[np.ndarray, " classes"], names: Sequence[str]) -> str:
    """Return the name of a class, or the parts of a mixture.

    Examples: "3", "60 % 3, 40 % 8".
    """
    parts = [int(index) for index in np.argsort(-classes, kind="stable") if classes[index] >= 0.005][:2]
    if len(parts) == 1:
        return names[parts[0]]
    return ", ".join(f"{100 * classes[index]:.0f} % {names[index]}" for index in parts)


def origin(point: Point) -> str:
    """Describe where a code comes from."""
    if point.space == "latents":
        return "latents"
    return f"seed {point.seed}" if point.seed is not None else "noise"


def facts(studio: Studio, names: Sequence[str], shot: Shot | None, seconds: float | None) -> list[tuple[str, str]]:
    """Return the facts about the shown image as (label, value), most important first."""
    point = studio.point
    known = [("class", class_text(point.classes, names))]
    if point.space == "noise":
        known += [("temperature", f"{point.temperature:.1f}"), ("seed", str(studio.seed))]
    else:
        known.append(("latents", "from the map"))
    step = f", step {count(shot.step)}" if shot and studio.weights != "best" else ""
    known.append(("weights", WEIGHT_NAMES[studio.weights] + step))
    if seconds is not None:
        known.append(("answer", f"{1000 * seconds:.0f} ms"))
    return known


def more_facts(studio: Studio, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return further facts as (label, value), for screens with room for them."""
    point = studio.point
    east, north = studio.coordinates
    ends = [class_text(end.classes, names) + ", " + origin(end) if end else "not marked" for end in studio.ends]
    return [
        ("space", point.space),
        ("plane", studio.plane.name),
        ("at", f"{signed(east)}, {signed(north)}"),
        ("radius", f"{float(np.linalg.norm(point.sent)):.2f}"),
        ("A", ends[0]),
        ("B", ends[1]),
        ("pins", count(len(studio.pins))),
    ]


def plane_title(studio: Studio) -> str:
    """Return the plane's name and the coordinates in it."""
    east, north = studio.coordinates
    return f"{studio.plane.name} · x {signed(east)} · y {signed(north)}"


def step_text(studio: Studio) -> str:
    """Describe how far the arrow keys walk."""
    return f"arrows walk {studio.step:g}{' sd' if studio.anchor.space == 'noise' else ''}"


def strip_title(studio: Studio) -> str:
    """Return the strip's title: what it shows, or how to show one."""
    start, end = studio.ends
    if studio.strip == "traverse":
        code = studio.point.code
        return f"strip · dimension {studio.dimension + 1} of {len(code)}, here {signed(float(code[studio.dimension]))}"
    if studio.strip == "between" and start and end:
        if start.space != end.space:
            return "strip · noise and latents do not mix: mark A and B in the same space"
        if start.space != studio.anchor.space:
            return f"strip · A and B are {start.space}; press > to go there"
        return f"strip · A → B, {'spherical' if start.space == 'noise' else 'linear'}"
    if start or end:
        return f"strip · {'A' if start else 'B'} is marked, {'b' if start else 'a'} marks the other end"
    return "strip"


def strip_captions(frame: Frame) -> tuple[str, ...]:
    """Return the caption of each image of the strip."""
    number = len(frame.strip)
    if frame.studio.strip == "traverse":
        values = strip_values(number)
        decimals = 1 if np.allclose(values, np.round(values, 1)) else 2
        return tuple(signed(value, decimals) for value in values)
    return ("A", *(str(round(100 * part / (number - 1))) + " %" for part in range(1, number - 1)), "B")[:number]


def pin_caption(point: Point, weights: Weights, names: Sequence[str], width: int) -> str:
    """Return a pin's caption: its class and, if they fit, its temperature and parameters."""
    name = names[int(np.argmax(point.classes))]
    heat = f" T{point.temperature:.1f}" if point.space == "noise" else ""
    source = "" if weights == "ema" else f" {weights}"
    return next((text for text in (name + heat + source, name + source) if len(text) <= width), name)
