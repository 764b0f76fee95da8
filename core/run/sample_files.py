"""The pictures of a run: how `Sampled` events become files, and how those are found and read again."""

from __future__ import annotations

import functools
import math
import re
import time as clock
from bisect import bisect_right
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..protocol import Sampled
from .png import decode_png, encode_png, image_grid, images_of_grid

REFRESH_SECONDS = 1.0
"""Time after which the folder may have got pictures that are not known yet."""

DECODED = 16
"""Pictures that are kept decoded."""

_NAME = re.compile(r"step-(\d+)(?:-(\d+))?\.png")


def encode_sampled(event: Sampled) -> bytes:
    """The picture of a `Sampled` as a PNG file's content, with what its digits were made from in text chunks."""
    return encode_png(image_grid(event.images), {"source": event.source, "temperature": str(event.temperature)})


def read_images(path: Path) -> UInt8[np.ndarray, "classes n 28 28"]:
    """The digits of a picture's file. Raises OSError, or ValueError when it is damaged."""
    picture, _ = decode_png(path.read_bytes())
    return images_of_grid(picture)


class PictureArchive:
    """Finds the digits that were drawn at a step. It is meant to be asked at every key press.

    Args:
        samples: The run's folder of pictures, which need not be there yet.
    """

    def __init__(self, samples: Path) -> None:
        self._samples = samples
        self._known: list[tuple[int, int, str]] = []
        """Step, how many pictures of that step came before, and the file's name; sorted."""
        self._listed_at = -math.inf
        self._read = functools.lru_cache(DECODED)(self._decode)

    def at(self, step: int) -> Sampled | None:
        """The newest readable picture at or before a step; None when there is none.

        The same object comes for the same picture, as long as it is among the last ones that were asked for. A
        temperature of NaN says that the picture's file does not tell what its digits were made from.
        """
        self._refresh()
        for index in range(bisect_right(self._known, (step, math.inf)) - 1, -1, -1):
            try:
                return self._read(self._known[index])
            except (OSError, ValueError):
                continue  # damaged, or not all written yet: the one before it is what one can see
        return None

    def _refresh(self) -> None:
        now = clock.monotonic()
        if now - self._listed_at < REFRESH_SECONDS:
            return
        self._listed_at = now
        names = (_NAME.fullmatch(path.name) for path in self._samples.glob("step-*.png"))
        self._known = sorted((int(name[1]), int(name[2] or 1), name[0]) for name in names if name)

    def _decode(self, known: tuple[int, int, str]) -> Sampled:
        """Read a picture. Raises OSError, or ValueError when it is damaged."""
        step, _, name = known
        path = self._samples / name
        picture, texts = decode_png(path.read_bytes())
        return Sampled(
            step=step,
            time=path.stat().st_mtime,
            images=images_of_grid(picture),
            source="raw" if texts.get("source") == "raw" else "ema",
            temperature=float(texts.get("temperature", "nan")),
        )
