"""Write, find and read the sample files of `Sampled` events."""

from __future__ import annotations

import functools
import math
import re
import time as clock
from bisect import bisect_right
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..files import read_regular
from ..protocol import ImageShape, Sampled, format_shape, parse_shape
from .png import decode_png, encode_png, image_grid, images_of_grid

REFRESH_SECONDS = 1.0
"""Time after which the folder is listed again for new sample files."""

DECODED = 4
"""Decoded sample files in the cache, at most: with a thousand classes, one takes a hundred megabytes."""

MAX_SAMPLE_BYTES = 16 << 20
"""Bytes of a sample file, at most: more than noise of a thousand classes takes."""

OLD_SHAPE = (28, 28)
"""The shape of the images in sample files that do not name it: early versions had no other one."""

_NAME = re.compile(r"step-(\d+)(?:-(\d+))?\.png")


def encode_sampled(event: Sampled) -> bytes:
    """Encode the images of a `Sampled` as PNG with text chunks.

    The chunks have the source, the temperature and the shape of an image.
    """
    texts = {"source": event.source, "temperature": str(event.temperature)}
    return encode_png(image_grid(event.images), texts | {"shape": format_shape(event.images.shape[2:])})


def read_images(path: Path) -> UInt8[np.ndarray, "classes n height width *channels"]:
    """Read the images of a sample file.

    Raises OSError, or ValueError when the file is damaged.
    """
    return _read_sampled(path)[0]


def _read_sampled(path: Path) -> tuple[UInt8[np.ndarray, "classes n height width *channels"], dict[str, str]]:
    """Read the images and the texts of a sample file. Raises OSError, or ValueError when the file is damaged."""
    picture, texts = decode_png(read_regular(path, MAX_SAMPLE_BYTES))
    shape: ImageShape = parse_shape(texts["shape"]) if "shape" in texts else OLD_SHAPE
    return images_of_grid(picture, shape), texts


class PictureArchive:
    """Find the images drawn at a step, fast enough for key presses.

    Args:
        samples: The run's folder of sample files, which need not exist yet.
    """

    def __init__(self, samples: Path) -> None:
        self._samples = samples
        self._left: list[tuple[int, float]] = []
        """(step, time) of each return to an earlier step."""
        self._known: list[tuple[int, int, str]] = []
        """(step, number among the files of that step, file name) of each file, sorted."""
        self._listed_at = -math.inf
        self._read = functools.lru_cache(DECODED)(self._decode)

    def leave_out(self, after: int, before: float) -> None:
        """Leave out the images that a run drew later than a step which it returned to.

        Args:
            after: The step.
            before: When the run returned to it, in seconds since 1970; what it has drawn since stays.
        """
        self._left.append((after, before))
        self._listed_at = -math.inf

    def at(self, step: int) -> Sampled | None:
        """Return the newest readable images at or before a step, or None.

        Repeated calls return the same object for the same file while it is in the cache. A temperature of NaN means
        that the file has no text chunks with the source and the temperature.
        """
        self._refresh()
        for index in range(bisect_right(self._known, (step, math.inf)) - 1, -1, -1):
            try:
                return self._read(self._known[index])
            except (OSError, ValueError):
                continue  # damaged, or not completely written yet: try the file before it
        return None

    def _refresh(self) -> None:
        now = clock.monotonic()
        if now - self._listed_at < REFRESH_SECONDS:
            return
        self._listed_at = now
        names = (_NAME.fullmatch(path.name) for path in self._samples.glob("step-*.png"))
        known = ((int(name[1]), int(name[2] or 1), name[0]) for name in names if name)
        self._known = sorted(entry for entry in known if not self._is_left_out(entry))

    def _is_left_out(self, known: tuple[int, int, str]) -> bool:
        step, _, name = known
        returns = [before for after, before in self._left if step > after]
        try:
            return bool(returns) and (self._samples / name).stat().st_mtime <= max(returns)
        except OSError:
            return True  # deleted since it was listed

    def _decode(self, known: tuple[int, int, str]) -> Sampled:
        """Read a sample file. Raises OSError, or ValueError when the file is damaged."""
        step, _, name = known
        path = self._samples / name
        images, texts = _read_sampled(path)
        return Sampled(
            step=step,
            time=path.stat().st_mtime,
            images=images,
            source="raw" if texts.get("source") == "raw" else "ema",
            temperature=float(texts.get("temperature", "nan")),
        )
