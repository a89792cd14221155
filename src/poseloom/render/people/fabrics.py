"""Cloth: weaves, prints, seams and creases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image, ImageDraw
from torch import Tensor

from poseloom.render.people import noise
from poseloom.render.people.appearance import Fabric
from poseloom.render.people.materials import Painted, linear, wrapped

LOGOS = 24
"""Prints that there are."""
_LOGO_SIDE = 64
_LOGO_PLACE = (0.0, 0.235, 0.085)
"""x, y and half size of a print on the chest, metres of the pattern."""


@dataclass(frozen=True)
class Cloth:
    """A fabric made up into a garment.

    Args:
        fabric: what it is.
        creases: depth of its creases.
        buttons: whether it closes with buttons down the front.
        zipped: whether it closes with a zip.
        belt: height of a belt's middle in the pattern; None for no belt.
        pockets: whether it has pockets and a yoke behind, as trousers do.
        photo: linear colours of a picture of the fabric, for the pattern ``photo``.
    """

    fabric: Fabric
    creases: float = 0.5
    buttons: bool = False
    zipped: bool = False
    belt: float | None = None
    pockets: bool = False
    photo: Float[Tensor, "side side 3"] | None = None

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        fabric = self.fabric
        u, v = wrapped(rest, limb)
        colour = _pattern(fabric, u, v, self.photo)
        weave = noise.nearest(noise.tile(0.3), u * 1400, v * 1400)
        colour = colour * (1 + 0.05 * weave)[:, None].clamp(0.5, 1.5)
        if fabric.logo:
            colour = _with_logo(colour, rest, limb, fabric)
        colour = self._with_closing(colour, rest, limb)
        gloss = 0.012 if fabric.pattern in ("knit", "denim") else 0.02
        return Painted(colour, gloss, 9.0, self._bump(u, v, limb), (0.12, 0.12, 0.12), fuzz=0.05)

    def _bump(self, u: Tensor, v: Tensor, limb: Tensor) -> Float[Tensor, "n 2"]:
        """Creases: slanted over the trunk, in rings around arms and legs."""
        seed = float(self.fabric.seed % 251)
        ring = (limb > 0).float()
        across, along = u * (130 - 60 * ring), v * (75 + 110 * ring)
        slanted_u, slanted_v = across + 0.45 * along + seed, along - 0.25 * across + seed
        du, dv = noise.slope(noise.tile(1.9), slanted_u, slanted_v)
        fine_u, fine_v = noise.slope(noise.tile(1.7, 1), 2.3 * slanted_u, 2.3 * slanted_v)
        strength = 1.15 * self.creases * self.fabric.rough
        return torch.stack([(du + 0.5 * fine_u) * strength, (dv + 0.5 * fine_v) * strength], -1)

    def _with_closing(self, colour: Tensor, rest: Tensor, limb: Tensor) -> Tensor:
        x, y, z = rest.unbind(-1)
        front = (limb == 0) & (z > 0)
        if self.buttons:
            placket = front & ((x - 0.016).abs() < 0.002)
            button = front & (torch.hypot(x, (y + 10) % 0.085 - 0.042) < 0.0065)
            colour = torch.where(placket[:, None], colour * 0.72, colour)
            colour = torch.where(button[:, None], colour * 0.25 + 0.35, colour)
        if self.zipped:
            zip_line = front & (x.abs() < 0.005)
            colour = torch.where(zip_line[:, None], colour * 0.3 + 0.1, colour)
        if self.pockets:
            colour = torch.where(_trouser_seams(x, y, z)[:, None], colour * 0.62, colour)
        if self.belt is not None:
            on = (y - self.belt).abs() < 0.017
            buckle = on & (x.abs() < 0.024) & (z > 0)
            colour = torch.where(on[:, None], torch.tensor([0.035, 0.022, 0.014]), colour)
            colour = torch.where(buckle[:, None], torch.tensor([0.5, 0.47, 0.4]), colour)
        return colour


def _trouser_seams(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Edges of the back pockets, the yoke above them, the fly in front."""
    across, down = (x.abs() - 0.085).abs(), (y + 0.085).abs()
    pocket = (z < 0) & (across < 0.042) & (down < 0.048) & ((across > 0.037) | (down > 0.042))
    yoke = (z < 0) & ((y + 0.012 + 0.12 * x.abs()).abs() < 0.0035) & (y > -0.06)
    fly = (z > 0) & ((x - 0.016).abs() < 0.0025) & (y > -0.11) & (y < 0.02)
    return pocket | yoke | fly


def _pattern(fabric: Fabric, u: Tensor, v: Tensor, photo: Tensor | None) -> Float[Tensor, "n 3"]:
    first, second = linear(fabric.colour), linear(fabric.second)
    kind, size = fabric.pattern, fabric.scale
    if kind == "photo" and photo is not None:
        side = len(photo)
        column = (u / size * side).long() % side
        row = (-v / size * side).long() % side
        picture = photo[row, column]
        return picture * first * 1.6
    cover = _COVERS[kind](u / size, v / size, fabric.seed) if kind in _COVERS else torch.zeros_like(u)
    colour = torch.lerp(first, second, cover[:, None])
    if kind == "camouflage":
        third = noise.sample(noise.tile(1.7, 2), u / size * 22 + 31, v / size * 22) > 0.9
        colour = torch.where(third[:, None], first * 0.25, colour)
    if kind == "denim":
        worn = torch.exp(-(((v + 0.32) / 0.16) ** 2)) * torch.exp(-((u / 0.06) ** 2))
        colour = colour * (1 + 0.9 * worn + 0.18 * noise.sample(noise.tile(0.8), u * 700, v * 180))[:, None].clamp_min(
            0.3
        )
    return colour


def _soft(value: Tensor) -> Tensor:
    return value.clamp(0, 1)


def _bands(u: Tensor, v: Tensor, seed: int) -> Tensor:
    share = 0.2 + 0.6 * ((seed * 7) % 10) / 10
    wave = (v % 1.0 - share).abs()
    return _soft(0.5 + 12 * (torch.minimum(wave, 1 - wave) - share / 2))


def _stripes(u: Tensor, v: Tensor, seed: int) -> Tensor:
    return _bands(v, u, seed)


def _checks(u: Tensor, v: Tensor, seed: int) -> Tensor:
    a, b = _bands(u, v, seed), _bands(v, u, seed)
    fine = 0.25 * (((u * 4) % 1.0 < 0.12) | ((v * 4) % 1.0 < 0.12)).float()
    return _soft(0.5 * (a + b) + (fine if seed % 2 else 0))


def _dots(u: Tensor, v: Tensor, seed: int) -> Tensor:
    row = v.floor()
    x, y = (u + 0.5 * (row % 2)) % 1.0 - 0.5, v % 1.0 - 0.5
    return _soft(0.5 + 14 * (0.22 + 0.08 * (seed % 3) - torch.hypot(x, y)))


def _flowers(u: Tensor, v: Tensor, seed: int) -> Tensor:
    bloom = noise.sample(noise.tile(1.3, 3), u * 14 + seed, v * 14)
    small = noise.sample(noise.tile(1.0, 4), u * 30, v * 30 + seed)
    return _soft(2 * (bloom - 0.55)) * 0.9 + 0.35 * _soft(3 * (small - 1.2))


def _camouflage(u: Tensor, v: Tensor, seed: int) -> Tensor:
    return _soft(6 * noise.sample(noise.tile(1.7, 1), u * 20 + seed, v * 20))


def _knit(u: Tensor, v: Tensor, seed: int) -> Tensor:
    return 0.35 * _soft(0.5 + 0.5 * torch.sin(2 * math.pi * u * 6) * torch.sin(2 * math.pi * v * 6))


_COVERS = {
    "bands": _bands,
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "flowers": _flowers,
    "camouflage": _camouflage,
    "knit": _knit,
}


def _with_logo(colour: Tensor, rest: Tensor, limb: Tensor, fabric: Fabric) -> Tensor:
    x, y, half = _LOGO_PLACE
    px = (rest[:, 0] - x) / half * 0.5 + 0.5
    py = 0.5 - (rest[:, 1] - y) / half * 0.5
    there = (limb == 0) & (rest[:, 2] > 0.03) & (px > 0) & (px < 1) & (py > 0) & (py < 1)
    index = there.nonzero().flatten()
    print_ = logo(fabric.logo)
    row, column = (py[index] * (_LOGO_SIDE - 1)).round().long(), (px[index] * (_LOGO_SIDE - 1)).round().long()
    cover = print_[row, column][:, None]
    colour = colour.clone()
    colour[index] = torch.lerp(colour[index], linear(fabric.second).expand(len(index), 3), cover)
    return colour


_WORDS = ("7", "23", "POSE", "NORTH", "86", "SURF", "LAB", "10", "ATLAS", "CITY", "99", "RUN")


@lru_cache(maxsize=LOGOS)
def logo(number: int) -> Float[Tensor, "64 64"]:
    """Cover of a print, 0 to 1."""
    picture = Image.new("L", (_LOGO_SIDE * 2, _LOGO_SIDE * 2))
    draw = ImageDraw.Draw(picture)
    side = _LOGO_SIDE * 2
    kind = number % LOGOS
    if kind < len(_WORDS):
        word = _WORDS[kind]
        draw.text((side / 2, side / 2), word, fill=255, anchor="mm", font_size=int(side * 1.5 / max(len(word), 2)))
    elif kind % 4 == 0:
        draw.ellipse([20, 20, side - 20, side - 20], fill=255)
        draw.ellipse([45, 35, side - 35, side - 45], fill=0)
    elif kind % 4 == 1:
        for step in range(4):
            draw.rectangle([20, 30 + 20 * step, side - 20 - 16 * step, 40 + 20 * step], fill=255)
    elif kind % 4 == 2:
        points = [
            (
                side / 2 + (50 - 28 * (k % 2)) * math.sin(k * math.pi / 5),
                side / 2 - (50 - 28 * (k % 2)) * math.cos(k * math.pi / 5),
            )
            for k in range(10)
        ]
        draw.polygon(points, fill=255)
    else:
        draw.polygon([(side / 2, 18), (side - 18, side - 26), (18, side - 26)], fill=255)
        draw.polygon([(side / 2, 52), (side - 46, side - 40), (46, side - 40)], fill=0)
    small = picture.resize((_LOGO_SIDE, _LOGO_SIDE), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)
