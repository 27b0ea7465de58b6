"""One image file into pixels of one size; what would lose information or never end is refused."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.regular_files import UnfitFileError, open_regular
from optbench.core.worded import worded
from optbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".ppm": "PPM",
    ".pgm": "PPM",
}
_MODES = {1: "L", 3: "RGB"}
# Pillow's other modes hold more than 8 bits a channel, and its conversion clips them at 255.
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def read_image(file: Path, *, size: tuple[int, int], channels: int, shown: str) -> NDArray[np.uint8]:
    """Return the pixels of an image, (height, width, channels) uint8, turned as its EXIF data says.

    Parameters
    ----------
    size : height and width that it is brought to, bilinear
    shown : how messages call the file

    Raises
    ------
    DataError
        If it is no image, has more than 8 bits per channel, or is no file.
    """
    from PIL import Image, ImageOps

    height, width = size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with (
                open_regular(file, follow_links=True) as opened,
                Image.open(opened, formats=sorted(set(FORMATS.values()))) as image,
            ):
                _require_eight_bits(image.mode, shown)
                upright = ImageOps.exif_transpose(image).convert(_MODES[channels])
                resized = upright.resize((width, height), Image.Resampling.BILINEAR)
    except (DataError, MemoryError):
        raise
    except UnfitFileError as error:
        raise DataError(
            worded("file-must-be-image", "{shown} must be an image. Received: {kind}.", shown=shown, kind=error.kind),
            code="data-image-unreadable",
        ) from error
    except Exception as error:  # bytes made by a stranger can make a decoder fail in any way
        raise DataError(
            f"{shown} cannot be read as an image: {error or type(error).__name__}.", code="data-image-unreadable"
        ) from error
    return np.asarray(resized, dtype=np.uint8).reshape(height, width, channels)


def png_of(pixels: NDArray[np.uint8]) -> bytes:
    """Return an image, (height, width, 1 or 3) uint8, as the bytes of a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _require_eight_bits(mode: str, shown: str) -> None:
    if mode not in _EIGHT_BITS:
        raise DataError(
            f"{shown} must have 8 bits per channel. Received: an image of mode {mode}, whose larger values would be "
            "cut off. Scale its values to 0..255 and save it as an 8-bit image, or give the arrays as npz.",
            code="data-image-depth-wrong",
        )
