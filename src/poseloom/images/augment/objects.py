"""Things that hide people: drawn ones, or cut-outs from pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.read import MAXIMUM_PIXELS, READ_FORMATS

SIDE = 128
"""Pixels of the longer side of a drawn object."""
_SMOOTH = 4
"""Objects are drawn larger by this and shrunk."""
_MOST = 5000
_COLOURS = (
    (166, 52, 48), (54, 94, 150), (64, 120, 70), (212, 170, 70), (120, 84, 56), (90, 90, 96), (226, 222, 210),
    (36, 38, 44), (150, 96, 140), (70, 140, 150),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Objects:
    """RGB and coverage in [0, 1] of each object, of its own size."""

    pictures: tuple[Float[Tensor, "4 _height _width"], ...]

    def __post_init__(self) -> None:
        if not self.pictures:
            raise PoseloomError("Objects: expected at least one object")

    def __len__(self) -> int:
        return len(self.pictures)


@lru_cache(maxsize=4)
def drawn_objects(count: int = 60, seed: int = 0) -> Objects:
    """Boxes, balls, bottles, chairs, bags, plants, poles and signs, drawn by rule; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return Objects(tuple(_drawn(rng, _KINDS[place % len(_KINDS)]) for place in range(count)))


def read_objects(path: str | Path) -> Objects:
    """Cut-outs: a folder of PNG or WebP files with transparency.

    Raises:
        FileError: there is none, or a file is no picture.
    """
    place = Path(path)
    files = sorted(one for one in place.iterdir() if one.suffix.lower() in (".png", ".webp")) if place.is_dir() else []
    if not files:
        raise FileError(path, "is no folder with .png or .webp", remedy="put cut-outs with transparency there")
    return Objects(tuple(_opened(one) for one in files[:_MOST]))


def objects_of_arrays(arrays: Sequence[np.ndarray], path: str | Path) -> Objects:
    """Cut-outs as arrays (height, width, RGBA) of 8 bits, which came from a file.

    Raises:
        FileError: one is something else.
    """
    found = []
    for number, one in enumerate(arrays[:_MOST]):
        pixels = np.asarray(one)
        if pixels.ndim != 3 or pixels.shape[-1] != 4 or pixels.dtype != np.uint8 or not pixels.size:
            problem = f"has shape {pixels.shape} of {pixels.dtype}, expected (height, width, 4) of uint8"
            raise FileError(path, problem, field=f"object {number}", remedy="expected an array of RGBA pictures")
        found.append(_tensor(pixels))
    return Objects(tuple(found))


def _opened(path: Path) -> Tensor:
    try:
        with Image.open(path, formats=READ_FORMATS) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                raise FileError(path, f"is too large: {image.width} x {image.height} pixels", remedy="shrink it")
            return _tensor(np.array(image.convert("RGBA")))
    except FileError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds
        raise FileError(path, f"is no picture: {str(error)[:100]}", remedy="get the file again") from None


def _tensor(pixels: np.ndarray) -> Float[Tensor, "4 height width"]:
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float() / 255


def _drawn(rng: np.random.Generator, kind: str) -> Tensor:
    """One object, cut to its extent."""
    side = SIDE * _SMOOTH
    mask = Image.new("L", (side, side))
    _SHAPES[kind](ImageDraw.Draw(mask), side, rng)
    box = mask.getbbox() or (0, 0, side, side)
    paint = Image.fromarray(_paint(side, rng)).convert("RGBA")
    paint.putalpha(mask)
    cut = paint.crop(box)
    scale = SIDE / max(cut.size)
    size = (max(4, round(cut.width * scale)), max(4, round(cut.height * scale)))
    return _tensor(np.array(cut.resize(size, Image.Resampling.LANCZOS)))


def _paint(side: int, rng: np.random.Generator) -> np.ndarray:
    """A colour with stripes, checks or blotches, lighter on one side as a round thing is."""
    first, second = (np.array(_COLOURS[place], float) for place in rng.choice(len(_COLOURS), 2, replace=False))
    y, x = np.mgrid[0:side, 0:side] / side
    angle, waves = rng.uniform(0, np.pi), rng.uniform(2, 9)
    along = (x * np.cos(angle) + y * np.sin(angle)) * waves
    pattern = int(rng.integers(4))
    if pattern == 0:
        share = np.zeros_like(x)
    elif pattern == 1:
        share = (along % 1 < 0.4).astype(float)
    elif pattern == 2:
        share = ((np.floor(x * waves) + np.floor(y * waves)) % 2).astype(float)
    else:
        rough = rng.uniform(0, 1, (12, 12)).astype(np.float32)
        share = np.asarray(Image.fromarray(rough).resize((side, side), Image.Resampling.BICUBIC)) > 0.55
    colour = first + (second - first) * np.asarray(share, float)[..., None]
    light = 0.65 + 0.5 * np.sin(np.pi * np.clip(x * rng.uniform(0.6, 1.0) + 0.1, 0, 1)) - 0.15 * y
    grain = rng.normal(0, 5, (side // 4, side // 4)).repeat(4, 0).repeat(4, 1)
    pixels = np.clip(colour * light[..., None] + grain[..., None], 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1)))


def _box(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    w, h = rng.uniform(0.4, 0.95, 2) * side
    draw.rounded_rectangle((0, 0, w, h), radius=side * rng.uniform(0, 0.06), fill=255)


def _ball(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    draw.ellipse((0, 0, side * rng.uniform(0.7, 1) - 1, side * rng.uniform(0.7, 1) - 1), fill=255)


def _bottle(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    half, neck = side * rng.uniform(0.12, 0.2), side * rng.uniform(0.03, 0.07)
    shoulder, middle = side * rng.uniform(0.3, 0.45), side / 2
    draw.rounded_rectangle((middle - half, shoulder, middle + half, side - 1), radius=half * 0.4, fill=255)
    low, high = shoulder + half * 0.5, shoulder * 0.55
    draw.polygon([(middle - half, low), (middle - neck, high), (middle + neck, high), (middle + half, low)], fill=255)
    draw.rectangle((middle - neck, 0, middle + neck, shoulder), fill=255)


def _chair(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    leg, width, seat = side * 0.06, side * rng.uniform(0.5, 0.75), side * rng.uniform(0.45, 0.6)
    draw.rectangle((0, 0, width, side * rng.uniform(0.12, 0.3)), fill=255)
    for x in (0.0, width - leg):
        draw.rectangle((x, 0, x + leg, side - 1), fill=255)
    draw.rectangle((0, seat, width, seat + leg * 1.5), fill=255)


def _bag(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    top, width = side * 0.35, side * rng.uniform(0.6, 0.95)
    draw.arc((width * 0.2, 0, width * 0.8, top * 2), 180, 360, fill=255, width=int(side * 0.05))
    draw.polygon([(width * 0.08, top), (width * 0.92, top), (width, side - 1), (0, side - 1)], fill=255)


def _plant(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    middle, ground = side / 2, side * 0.72
    draw.polygon([(middle - side * 0.16, ground), (middle + side * 0.16, ground), (middle + side * 0.11, side - 1),
                  (middle - side * 0.11, side - 1)], fill=255)  # fmt: skip
    for _ in range(int(rng.integers(6, 12))):
        angle, length = rng.uniform(-1.3, 1.3), side * rng.uniform(0.4, 0.7)
        tip = np.array([middle + np.sin(angle) * length, ground - np.cos(angle) * length])
        across = np.array([np.cos(angle), np.sin(angle)]) * side * rng.uniform(0.03, 0.08)
        root = np.array([middle, ground])
        half = (root + tip) / 2
        draw.polygon([tuple(root), tuple(half + across), tuple(tip), tuple(half - across)], fill=255)


def _pole(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    draw.rectangle((0, 0, side * rng.uniform(0.06, 0.16), side - 1), fill=255)


def _sign(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    corners, radius = int(rng.choice([3, 4, 6, 8, 40])), side * 0.28
    draw.regular_polygon((side / 2, radius, radius), corners, rotation=int(rng.integers(0, 360)), fill=255)
    draw.rectangle((side * 0.47, radius, side * 0.53, side - 1), fill=255)


_SHAPES = {
    "box": _box, "ball": _ball, "bottle": _bottle, "chair": _chair, "bag": _bag, "plant": _plant, "pole": _pole,
    "sign": _sign,
}  # fmt: skip
_KINDS: Sequence[str] = tuple(_SHAPES)
