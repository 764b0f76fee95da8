"""Decode the content of image files with Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Shaped

from .raw import BadImageError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
"""The file names that count as images."""

_PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # no others: each is code that reads untrusted bytes

_AS_THEY_ARE = ("1", "L", "LA", "RGB", "RGBA", "I", "I;16", "I;16L", "I;16B")


def decode_image(content: bytes) -> Shaped[np.ndarray, "height width *channels"]:
    """Return an image as an array: bool, uint8, or uint16 and int32 for values up to 65535.

    Palettes are resolved, other color spaces become RGB, transparency stays a channel. Of an animation, the result is
    the first picture. A photograph is turned as its EXIF data say.

    Raises:
        BadImageError: when the content is damaged, not an image, or decodes to more pixels than Pillow permits.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=_PILLOW_FORMATS) as image:
            limit = Image.MAX_IMAGE_PIXELS
            if limit is not None and image.width * image.height > limit:
                raise BadImageError(f"it has {image.width}x{image.height} pixels, more than {limit:,} in all")
            return np.asarray(_with_plain_mode(ImageOps.exif_transpose(image)))
    except Image.UnidentifiedImageError as error:
        raise BadImageError("it is damaged, or not an image") from error
    except Image.DecompressionBombError as error:
        raise BadImageError(f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels") from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        OverflowError,
    ) as error:  # Pillow raises all of them
        raise BadImageError(f"it is damaged ({str(error).splitlines()[0] if str(error) else error!r})") from error


def _with_plain_mode(image: Image) -> Image:
    if image.mode in _AS_THEY_ARE and "transparency" not in image.info:
        return image
    if image.mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")
