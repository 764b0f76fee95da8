"""Decode and convert the images of all splits, on all cores, into one array."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from ..config import DataConfig
from ..config.data_config import MAX_SIDE
from ..errors import DataError
from .convert import WHITES, check_size, convert
from .dataset import ProgressCallback
from .formats import ArrayImages, BadImageError, EncodedImages, RawPart
from .formats.image_files import decode_image
from .image_stack import ImageStack

_ARRAY_ROWS, _FILES = 4096, 64  # images of an array, and image files, per task of a thread


@dataclass(frozen=True)
class Decoded:
    """The converted images of all splits, one after the other."""

    images: UInt8[np.ndarray, "n height width *channels"]
    is_good: Bool[np.ndarray, " n"]
    """Whether each image could be read; the others are black."""
    bad: tuple[str, ...]
    """What the images that could not be read are called."""


@dataclass(frozen=True)
class _Task:
    part: RawPart
    rows: range
    position: int
    """The position of the first row among the images of all splits."""


@dataclass(frozen=True)
class _Piece:
    """Images from a row of a task on, or why its image cannot be read."""

    offset: int
    where: str
    images: UInt8[np.ndarray, "k height width *rgb"] | str


def decode_parts(parts: tuple[RawPart, ...], config: DataConfig, progress: ProgressCallback) -> Decoded:
    """Decode the images of all splits.

    Args:
        parts: The splits.
        config: How to convert the images, and whether to go on without those that cannot be read.
        progress: Called with the number of images decoded; an exception from it ends the work.

    Raises:
        DataError: when an image cannot be read, is too large, or has another size than the others.
    """
    total = sum(len(part.images) for part in parts)
    stack, is_good, bad = ImageStack(total), np.ones(total, bool), []
    workers = os.cpu_count() or 1
    pool = ThreadPoolExecutor(workers, "decode")
    waiting: deque[tuple[_Task, Future[list[_Piece]]]] = deque()
    tasks = _tasks(parts)
    try:
        with warnings.catch_warnings():
            _silence_pillow()
            while True:
                while len(waiting) < 4 * workers and (task := next(tasks, None)) is not None:
                    waiting.append((task, pool.submit(_decode, task, config)))
                if not waiting:
                    break
                task, future = waiting.popleft()
                for piece in future.result():
                    row = task.position + piece.offset
                    if isinstance(piece.images, str):
                        is_good[row] = False
                        bad.append(piece.where)
                        if not config.skip_bad:
                            raise _refusal(piece.where, piece.images)
                    else:
                        stack.put(row, piece.images, piece.where)
                progress(f"decoding {config.title}", task.position + len(task.rows), total, "images")
    finally:
        pool.shutdown(cancel_futures=True)
    return Decoded(stack.images(), is_good, tuple(bad))


def _silence_pillow() -> None:
    """Switch off Pillow's warning about large images, which are refused with a message of our own."""
    from PIL import Image

    warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def _refusal(where: str, reason: str) -> DataError:
    return DataError(f"cannot read {where}: {reason}; remove it, or go on without such files with --data.skip-bad")


def _tasks(parts: tuple[RawPart, ...]) -> Iterator[_Task]:
    position = 0
    for part in parts:
        step = _ARRAY_ROWS if isinstance(part.images, ArrayImages) else _FILES
        for start in range(0, len(part.images), step):
            yield _Task(part, range(start, min(start + step, len(part.images))), position + start)
        position += len(part.images)


def _decode(task: _Task, config: DataConfig) -> list[_Piece]:
    match task.part.images:
        case ArrayImages(array, white):
            where = f"{config.title}: {task.part.role} image {task.rows.start + 1}"
            if config.size is None:
                check_size(array.shape[1:], MAX_SIDE, where)
            chunk = array[task.rows.start : task.rows.stop]
            return [_Piece(0, where, _convert(chunk, white, config))]
        case EncodedImages() as images:
            return [_decode_file(images, row, row - task.rows.start, config) for row in task.rows]


def _decode_file(images: EncodedImages, row: int, offset: int, config: DataConfig) -> _Piece:
    where = images.where(row)
    try:
        image = decode_image(images.read(row))
    except BadImageError as error:
        return _Piece(offset, where, str(error))
    except OSError as error:
        return _Piece(offset, where, error.strerror or str(error))
    if config.size is None:
        check_size(image.shape, MAX_SIDE, where)
    white = WHITES["b" if image.dtype.kind == "b" else image.dtype.str[1:]]
    return _Piece(offset, where, _convert(image[None], white, config))


def _convert(images: np.ndarray, white: int, config: DataConfig) -> UInt8[np.ndarray, "n height width *rgb"]:
    return convert(images, white, size=config.size, grey=config.grey, transpose=config.transpose)
