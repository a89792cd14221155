"""Pictures from files, bytes or Pillow as RGB tensors in [0, 1], whatever their mode, depth and orientation.

Files come from strangers: the size is read from the header and checked before anything is decoded, only common raster
formats are opened (none that runs a program, as PostScript does), and what is damaged is told in one line.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_bytes, reason

READ_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""Pillow's names of the formats that are opened; JPEG includes the MPO that some phones write as .jpg."""

MAXIMUM_PIXELS = 80_000_000
"""Of one picture: more than the largest photographs, 1 GB as a tensor. Below the size at which Pillow itself warns."""
MAXIMUM_BYTES = 512 << 20
MAXIMUM_FRAMES = 20_000
"""Of an animation."""

Source = str | Path | bytes | Image.Image
Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)

_DEEP_MODES = {"I;16": 65535.0, "I;16L": 65535.0, "I;16B": 65535.0, "I;16N": 65535.0, "I": 65535.0, "F": 1.0}
"""Grey modes of more than 8 bits, and what is white in them."""
_DEFAULT_FRAME = 0.1
"""Seconds that a frame lasts which says nothing, or zero, as browsers show it."""

_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for files that are damaged in one way or another."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of an animation."""

    picture: Float[Tensor, "3 height width"]
    seconds: float
    """How long it is shown."""


def read_picture(
    source: Source, *, background: Colour = WHITE, maximum_pixels: int = MAXIMUM_PIXELS
) -> Float[Tensor, "3 height width"]:
    """One picture as RGB in [0, 1], turned as its EXIF orientation says; the first frame of an animation.

    Args:
        source: a path, the bytes of a file, or a Pillow image.
        background: what shows through where the picture is transparent.
        maximum_pixels: larger pictures are refused before they are decoded.

    Raises:
        FileError: missing, no picture of a known format, too large, truncated or damaged.
    """
    image = _opened(source, maximum_pixels)
    try:
        return _as_tensor(_upright(image), background)
    except _DAMAGE as error:
        raise _damaged(source, error) from None


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture as RGB of 8 bits.

    Args:
        values: RGB.
        shrunk: how many pixels of the whole picture one of these stands for, across and down.
    """

    values: UInt8[np.ndarray, "height width 3"]
    shrunk: tuple[float, float] = (1.0, 1.0)


def read_pixels(source: Source, reduction: float = 1.0, *, maximum_pixels: int = MAXIMUM_PIXELS) -> Pixels:
    """As `read_picture`, as 8 bits; JPEG files are shrunk while they are decoded.

    Args:
        source: a path, the bytes of a file, or a Pillow image.
        reduction: by how much the picture will be shrunk; it is shrunk by no more (a half, a quarter, an eighth).
        maximum_pixels: larger pictures are refused before they are decoded.

    Raises:
        As `read_picture`.
    """
    image = _opened(source, maximum_pixels)
    full = image.size
    try:
        if image.format == "JPEG" and reduction >= 2 and image.mode in ("RGB", "L"):
            image.draft(image.mode, (math.ceil(full[0] / reduction), math.ceil(full[1] / reduction)))
        upright = _upright(image)
        quarter = (upright.width > upright.height) != (image.width > image.height)
        whole = full[::-1] if quarter else full
        shrunk = (float(round(whole[0] / upright.width)), float(round(whole[1] / upright.height)))  # 1, 2, 4 or 8
        if upright.mode in ("RGB", "L", "CMYK", "YCbCr", "1") and "transparency" not in upright.info:
            return Pixels(np.array(upright.convert("RGB")), shrunk)
        floats = _as_tensor(upright, WHITE)
    except _DAMAGE as error:
        raise _damaged(source, error) from None
    return Pixels((floats * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(), shrunk)


def read_frames(source: Source, *, background: Colour = WHITE, maximum_pixels: int = MAXIMUM_PIXELS) -> Iterator[Frame]:
    """The frames of an animated GIF, WebP or PNG one after the other, or the one frame of a still picture.

    Arguments and errors as for `read_picture`; also refused: animations of more than 20,000 frames.
    """
    image = _opened(source, maximum_pixels)
    try:
        count = getattr(image, "n_frames", 1)
    except _DAMAGE as error:
        raise _damaged(source, error) from None
    if count > MAXIMUM_FRAMES:
        raise FileError(_name(source), f"has {count:,} frames, at most {MAXIMUM_FRAMES:,} are read")
    for number in range(count):
        try:
            image.seek(number)
            picture = _as_tensor(_upright(image), background)
            milliseconds = image.info.get("duration") or 0
            seconds = float(milliseconds) / 1000 if float(milliseconds) > 0 else _DEFAULT_FRAME
        except _DAMAGE as error:
            raise _damaged(source, error, f"frame {number}") from None
        yield Frame(picture, seconds)


def picture_size(source: Source) -> tuple[int, int]:
    """Height and width in pixels as `read_picture` would give them, from the header alone.

    Raises:
        FileError: missing, or no picture of a known format.
    """
    image = _opened(source, MAXIMUM_PIXELS)
    try:
        turned = image.getexif().get(_ORIENTATION, 1) in _QUARTER_TURNS
    except _DAMAGE:
        turned = False
    return (image.width, image.height) if turned else (image.height, image.width)


def lens_of(source: Source) -> float | None:
    """Focal length of a photo's lens in millimetres on 36 x 24 film, as its EXIF says; None where it is silent.

    Raises:
        FileError: missing, or no picture of a known format.
    """
    image = _opened(source, MAXIMUM_PIXELS)
    try:
        told = float(image.getexif().get_ifd(_EXIF_DETAILS).get(_FILM_FOCAL_LENGTH, 0))
    except _DAMAGE:
        return None
    return told if _SHORTEST_LENS <= told <= _LONGEST_LENS else None


_EXIF_DETAILS, _FILM_FOCAL_LENGTH = 0x8769, 0xA405
_SHORTEST_LENS, _LONGEST_LENS = 8.0, 2000.0
"""Millimetres: others are mistakes."""
_ORIENTATION, _QUARTER_TURNS = 0x0112, (5, 6, 7, 8)
"""EXIF's tag, and those of its values that exchange height and width."""


def _opened(source: Source, maximum_pixels: int) -> Image.Image:
    if isinstance(source, Image.Image):
        image = source
    else:
        content = source if isinstance(source, bytes) else read_bytes(source, maximum_bytes=MAXIMUM_BYTES)
        try:
            image = Image.open(io.BytesIO(content), formats=READ_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large(source, "more than Pillow takes", maximum_pixels) from None
        except _DAMAGE:
            known = ", ".join(READ_FORMATS)
            raise FileError(_name(source), "is no picture of a known format", remedy=f"give one of {known}") from None
    if image.width * image.height > maximum_pixels:
        raise _too_large(source, f"{image.width:,} x {image.height:,} pixels", maximum_pixels)
    if not image.width or not image.height:
        raise FileError(_name(source), "has no pixels")
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Decoded, and turned as the camera was held; an orientation that cannot be read is none."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except _DAMAGE:
        return image


def _as_tensor(image: Image.Image, background: Colour) -> Float[Tensor, "3 height width"]:
    if image.mode in _DEEP_MODES:
        grey = torch.from_numpy(np.asarray(image).astype(np.float32)) / _DEEP_MODES[image.mode]
        return grey.nan_to_num().clamp(0, 1).expand(3, -1, -1).contiguous()
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        pixels = _channels(image.convert("RGBA"))
        behind = pixels.new_tensor(background)[:, None, None]
        return torch.lerp(behind.expand_as(pixels[:3]), pixels[:3], pixels[3:])
    return _channels(image.convert("RGB"))


def _channels(image: Image.Image) -> Float[Tensor, "channels height width"]:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div_(255)


def _name(source: Any) -> str | Path:
    if isinstance(source, str | Path):
        return source
    return getattr(source, "filename", "") or "picture"


def _too_large(source: Source, size: str, maximum: int) -> PoseloomError:
    return FileError(_name(source), f"is too large: {size}, at most {maximum:,} pixels are read", remedy="shrink it")


def _damaged(source: Source, error: BaseException, field: str | None = None) -> FileError:
    return FileError(_name(source), f"is damaged: {reason(error)[:200]}", field=field, remedy="get the file again")
