"""Pictures and panoramas as what is behind people, and as cloth: a folder of the user's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.read import read_picture
from poseloom.render.people.lights import Lighting, of_surroundings
from poseloom.render.people.worlds import Rays

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_LARGEST = 1024
"""Pixels: a background is not kept larger."""
_CLIP = 12.0
"""Times the mean: what is brighter in a panorama is shown as this."""
_EYE = 1.5
"""Metres above the ground at which panoramas are taken to be made."""


@dataclass(frozen=True)
class Pictures:
    """What a folder offers.

    Args:
        photos: files of pictures that can be backgrounds.
        cloths: files of pictures that can be cloth or ground: small and square.
        panoramas: file with panoramas (an npz of arrays (rows, 2 rows, 3), linear), or None.
        broken: files that could not be read, with the reason.
    """

    photos: tuple[Path, ...] = ()
    cloths: tuple[Path, ...] = ()
    panoramas: Path | None = None
    broken: tuple[str, ...] = field(default=(), compare=False)


def pictures_in(folder: str | Path) -> Pictures:
    """The pictures of a folder and of the folders in it; broken ones are left out and named.

    Raises:
        FileError: there is no such folder, or no picture in it that can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileError(folder, "is no folder", remedy="name a folder of pictures")
    photos: list[Path] = []
    cloths: list[Path] = []
    broken: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
            try:
                picture = read_picture(path)
            except PoseloomError as mistake:
                broken.append(str(mistake))
                continue
            height, width = picture.shape[-2:]
            (cloths if height == width and height <= 512 else photos).append(path)
    panoramas = next((path for path in sorted(folder.rglob("*.npz")) if _is_panoramas(path)), None)
    if not photos and not cloths and panoramas is None:
        why = f"; {len(broken)} cannot be read, such as {broken[0]}" if broken else ""
        raise FileError(folder, f"holds no pictures ({', '.join(PICTURE_SUFFIXES)}){why}")
    return Pictures(tuple(photos), tuple(cloths), panoramas, tuple(broken))


def _is_panoramas(path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            shapes = [arrays[name].shape for name in arrays.files]
    except (OSError, ValueError, KeyError):
        return False
    return bool(shapes) and all(len(s) == 3 and s[2] == 3 and s[1] == 2 * s[0] for s in shapes)


@lru_cache(maxsize=24)
def photo(path: Path) -> Float[Tensor, "3 height width"]:
    """A picture in linear light, at most `_LARGEST` pixels long."""
    picture = read_picture(path)
    longest = max(picture.shape[-2:])
    if longest > _LARGEST:
        size = [round(side * _LARGEST / longest) for side in picture.shape[-2:]]
        picture = torch.nn.functional.interpolate(picture[None], size=size, mode="area")[0]
    return torch.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=24)
def cloth(path: Path) -> Float[Tensor, "128 128 3"]:
    """A picture of cloth or ground, its mean a middle grey."""
    picture = torch.nn.functional.interpolate(photo(path)[None], size=(128, 128), mode="area")[0]
    return (picture / picture.mean().clamp_min(1e-3) * 0.5).permute(1, 2, 0).contiguous()


@lru_cache(maxsize=2)
def panoramas(path: Path) -> tuple[Float[Tensor, "rows columns 3"], ...]:
    """Panoramas of a file, in the order of their names."""
    with np.load(path, allow_pickle=False) as arrays:
        return tuple(torch.from_numpy(arrays[name].astype(np.float32)) for name in sorted(arrays.files))


@dataclass(frozen=True, eq=False)
class Panorama:
    """Surroundings that were photographed all around; the ground is painted with their lower half."""

    lighting: Lighting
    radiance: Float[Tensor, "rows columns 3"]
    turn: float
    gain: float

    @classmethod
    def of(cls, radiance: Float[Tensor, "rows columns 3"], turn: float) -> Panorama:
        """A panorama turned about the vertical by some radians, at a level of light of one."""
        columns = radiance.shape[1]
        rolled = radiance.roll(round(turn / (2 * math.pi) * columns), 1)
        coarse = torch.nn.functional.interpolate(rolled.permute(2, 0, 1)[None], size=(32, 64), mode="area")[0]
        lighting = of_surroundings(coarse.permute(1, 2, 0))
        gain = 1.0 / max(lighting.level, 1e-3)
        mean = float(radiance.mean())
        return cls(lighting.scaled(gain), rolled.clamp_max(_CLIP * max(mean, 0.05)), turn, gain)

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        direction = rays.direction
        distance, place = rays.to_plane(1, 0.0)
        below = torch.isfinite(distance) & (distance < 30)
        from_middle = torch.nn.functional.normalize(place - torch.tensor([0.0, _EYE, 0.0]), dim=-1)
        direction = torch.where(below[..., None], from_middle, direction)
        azimuth = torch.atan2(direction[..., 0], direction[..., 2])
        polar = torch.acos(direction[..., 1].clamp(-1, 1))
        grid = torch.stack([azimuth / math.pi, polar / math.pi * 2 - 1], -1)
        picture = self.radiance.permute(2, 0, 1)[None]
        found = torch.nn.functional.grid_sample(picture, grid[None], padding_mode="border", align_corners=False)
        return found[0].permute(1, 2, 0) * self.gain * 0.8


@dataclass(frozen=True, eq=False)
class Billboard:
    """A picture behind people, whatever way they are looked at."""

    lighting: Lighting
    picture: Float[Tensor, "3 height width"]

    @classmethod
    def cut(
        cls, picture: Float[Tensor, "3 height width"], aspect: float, lighting: Lighting, rng: np.random.Generator
    ) -> Billboard:
        """A part of a picture of this width over height, perhaps mirrored; the light takes on its colours."""
        height, width = picture.shape[-2:]
        part = rng.uniform(0.55, 1.0)
        high = min(height, width / aspect) * part
        wide = high * aspect
        top, left = (height - high) * rng.uniform(0.6, 1.0), rng.uniform(0, width - wide)
        cut = picture[:, int(top) : int(top + high) + 1, int(left) : int(left + wide) + 1]
        if rng.random() < 0.5:
            cut = cut.flip(-1)
        mean = cut.mean((1, 2))
        tint = (mean / mean.mean().clamp_min(1e-3)).clamp(0.7, 1.4)
        lit = Lighting(lighting.harmonics * tint, lighting.sun, lighting.sun_colour * tint)
        gain = 0.42 / mean.mean().clamp_min(0.05)
        return cls(lit.scaled(1 / max(lit.level, 1e-3)), cut * gain.clamp(0.5, 2.0))

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        size = rays.direction.shape[:2]
        return torch.nn.functional.interpolate(
            self.picture[None], size=size, mode="bilinear", antialias=True, align_corners=False
        )[0].permute(1, 2, 0)


def choose(paths: Sequence[Path], rng: np.random.Generator) -> Path:
    """One of some files."""
    return paths[int(rng.integers(len(paths)))]


def as_pillow(picture: Float[Tensor, "3 height width"]) -> Image.Image:
    """An sRGB picture as Pillow has it."""
    return Image.fromarray((picture.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).contiguous().numpy())
