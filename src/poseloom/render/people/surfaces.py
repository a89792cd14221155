"""What floors and walls are made of, as functions of metres along and across."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people import noise
from poseloom.render.people.appearance import Colour
from poseloom.render.people.lights import Lighting
from poseloom.render.people.materials import linear

FLOORS = ("planks", "tiles", "carpet", "concrete", "chessboard")
GROUNDS = ("slabs", "asphalt", "concrete", "cobbles", "grass")
WALLS = ("paint", "paint", "paint", "wallpaper", "brick", "panels", "concrete")


@dataclass(frozen=True)
class Surfacing:
    """A floor or wall.

    Args:
        kind: one of the names above.
        first, second: its colours.
        size: of its slabs, tiles or planks, in units of the usual.
        seed: another piece of it.
    """

    kind: str
    first: Colour
    second: Colour
    size: float
    seed: int

    def colour(
        self, u: Float[Tensor, " n"], v: Float[Tensor, " n"], pixel: Float[Tensor, " n"]
    ) -> Float[Tensor, "n 3"]:
        """Linear colours.

        Args:
            u, v: metres.
            pixel: metres that a pixel is wide there; what is finer is left out.
        """
        first, second = linear(self.first), linear(self.second)
        if self.kind == "paint":
            cloud = noise.sample(noise.tile(1.9), u * 20 + self.seed, v * 20)
            return first * (1 + 0.03 * cloud)[:, None]
        share = _SHARES[self.kind](u / self.size, v / self.size, self.seed, _fading(pixel / self.size))
        return torch.lerp(first, second, share[:, None].clamp(0, 1)) * _dirt(u, v, self.seed)[:, None]


def _fading(pixel: Tensor) -> Tensor:
    """1 where a centimetre can be seen, 0 where it cannot."""
    return (0.03 / pixel.clamp_min(1e-5)).clamp(0, 1)


def _dirt(u: Tensor, v: Tensor, seed: int) -> Tensor:
    return (1 + 0.07 * noise.sample(noise.tile(1.7, 1), u * 12 + seed, v * 12)).clamp(0.6, 1.3)


def _hash(a: Tensor, b: Tensor, seed: int) -> Tensor:
    """A number in [0, 1) for whole numbers."""
    return (
        noise.nearest(noise.tile(0.0, 5), a * 37 + seed + 4096 * 8, b * 91 + 13 + 4096 * 8)
        .mul(0.35)
        .add(0.5)
        .clamp(0, 0.999)
    )


def _joint(value: Tensor, width: float, fade: Tensor) -> Tensor:
    """1 in the joint between slabs."""
    return ((value - value.round()).abs() < width).float() * fade


def _planks(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    row = (u / 0.14).floor()
    along = v / 1.4 + 0.37 * (row % 5)
    tone = _hash(row, along.floor(), seed)
    grain = noise.sample(noise.tile(1.2, 2), u * 90 + 11 * row, v * 6)
    joint = torch.maximum(_joint(u / 0.14, 0.025, fade), _joint(along, 0.004, fade))
    return 0.7 * tone + 0.14 * grain * fade + 0.6 * joint


def _tiles(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    joint = torch.maximum(_joint(u / 0.35, 0.014, fade), _joint(v / 0.35, 0.014, fade))
    return 0.25 * _hash((u / 0.35).round(), (v / 0.35).round(), seed) + 0.75 * joint


def _chessboard(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    return (((u / 0.4).floor() + (v / 0.4).floor()) % 2) * (0.4 + 0.6 * fade)


def _carpet(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    return (
        0.4
        + 0.25 * noise.nearest(noise.tile(0.4), u * 160, v * 160) * fade
        + 0.1 * noise.sample(noise.tile(1.8), u * 20, v * 20)
    )


def _concrete(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    return (
        0.4
        + 0.22 * noise.sample(noise.tile(1.5), u * 30 + seed, v * 30)
        + 0.08 * noise.nearest(noise.tile(0.5), u * 200, v * 200) * fade
    )


def _slabs(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    row = (u / 0.5).floor()
    along = v / 0.6 + 0.5 * (row % 2)
    joint = torch.maximum(_joint(u / 0.5, 0.012, fade), _joint(along, 0.012, fade))
    return 0.5 * _hash(row, along.floor(), seed) + 0.5 * joint + 0.1 * noise.sample(noise.tile(1.0), u * 60, v * 60)


def _asphalt(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    return (
        0.4
        + 0.2 * noise.nearest(noise.tile(0.3), u * 220, v * 220) * fade
        + 0.16 * noise.sample(noise.tile(1.7), u * 15 + seed, v * 15)
    )


def _cobbles(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    row = (u / 0.12).floor()
    x, y = u / 0.12 % 1.0 - 0.5, (v / 0.12 + 0.5 * (row % 2)) % 1.0 - 0.5
    stone = _hash(row, (v / 0.12 + 0.5 * (row % 2)).floor(), seed)
    return 0.35 * stone + fade * (0.6 * (x * x + y * y) * 2.2)


def _grass(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    blade = noise.sample(noise.tile(0.9, 3), u * 130, v * 130)
    patch = noise.sample(noise.tile(1.8, 1), u * 9 + seed, v * 9)
    return 0.45 + 0.42 * blade * fade + 0.22 * patch


def _gravel(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    return (
        0.4
        + 0.3 * noise.sample(noise.tile(0.7, 1), u * 110, v * 110) * fade
        + 0.2 * noise.sample(noise.tile(1.8), u * 12 + seed, v * 12)
    )


def _brick(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    row = (v / 0.075).floor()
    along = u / 0.22 + 0.5 * (row % 2)
    joint = torch.maximum(_joint(v / 0.075, 0.07, fade), _joint(along, 0.025, fade))
    return 0.45 * _hash(row, along.floor(), seed) * (1 - joint) + 0.9 * joint


def _wallpaper(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    if seed % 3 == 0:
        return ((u / 0.12) % 1.0 < 0.5).float() * (0.3 + 0.5 * fade)
    bloom = noise.sample(noise.tile(1.3, 3), u * 60 + seed, v * 60)
    return (3 * (bloom - 0.5)).clamp(0, 1) * (0.15 + 0.35 * fade)


def _panels(u: Tensor, v: Tensor, seed: int, fade: Tensor) -> Tensor:
    low = (v < 1.05).float()
    frame = _joint(u / 0.6, 0.03, fade) * low
    return 0.75 * low + 0.25 * frame + ((v - 1.05).abs() < 0.03).float() * 0.3


_SHARES = {
    "planks": _planks,
    "tiles": _tiles,
    "chessboard": _chessboard,
    "carpet": _carpet,
    "concrete": _concrete,
    "slabs": _slabs,
    "asphalt": _asphalt,
    "cobbles": _cobbles,
    "grass": _grass,
    "gravel": _gravel,
    "brick": _brick,
    "wallpaper": _wallpaper,
    "panels": _panels,
}

_TONES: dict[str, tuple[Colour, Colour]] = {
    "planks": ((0.60, 0.45, 0.31), (0.38, 0.26, 0.17)),
    "tiles": ((0.74, 0.72, 0.69), (0.52, 0.50, 0.48)),
    "chessboard": ((0.85, 0.83, 0.79), (0.22, 0.21, 0.21)),
    "carpet": ((0.45, 0.42, 0.44), (0.34, 0.32, 0.35)),
    "concrete": ((0.62, 0.61, 0.59), (0.46, 0.45, 0.44)),
    "slabs": ((0.64, 0.62, 0.58), (0.46, 0.44, 0.41)),
    "asphalt": ((0.36, 0.36, 0.37), (0.26, 0.26, 0.27)),
    "cobbles": ((0.52, 0.50, 0.47), (0.28, 0.27, 0.26)),
    "grass": ((0.34, 0.44, 0.18), (0.47, 0.52, 0.25)),
    "brick": ((0.60, 0.34, 0.25), (0.70, 0.66, 0.61)),
    "wallpaper": ((0.84, 0.80, 0.72), (0.62, 0.60, 0.55)),
    "panels": ((0.82, 0.80, 0.75), (0.55, 0.44, 0.34)),
}


def random_floor(rng: np.random.Generator, *, outdoors: bool = False) -> Surfacing:
    """Planks, tiles, carpets; outdoors slabs, asphalt, cobbles."""
    kinds = GROUNDS if outdoors else FLOORS
    return _tinted(rng, kinds[int(rng.integers(len(kinds)))])


def random_wall(rng: np.random.Generator) -> Surfacing:
    """Paint of any colour, paper, bricks, panels."""
    kind = WALLS[int(rng.integers(len(WALLS)))]
    if kind == "paint":
        value, warm = rng.uniform(0.55, 0.93), rng.normal(0, 0.05, 3)
        colour = tuple(float(np.clip(value + one, 0.1, 0.97)) for one in warm)
        if rng.random() < 0.25:
            colour = tuple(float(one) for one in rng.uniform(0.25, 0.85, 3))
        return Surfacing("paint", colour, colour, 1.0, int(rng.integers(1000)))  # type: ignore[arg-type]
    return _tinted(rng, kind)


def _tinted(rng: np.random.Generator, kind: str) -> Surfacing:
    light, tint = rng.uniform(0.75, 1.2), rng.normal(1, 0.06, 3)
    first, second = (
        tuple(float(np.clip(part * light * one, 0.04, 0.96)) for part, one in zip(tone, tint, strict=True))
        for tone in _TONES[kind]
    )
    return Surfacing(kind, first, second, float(rng.uniform(0.8, 1.6)), int(rng.integers(1000)))  # type: ignore[arg-type]


# -- things on walls --------------------------------------------------------------------------------------------------


def blinds(light: Tensor, u: Tensor, v: Tensor, lighting: Lighting, seed: int) -> Tensor:
    """Windows in a wall: bright, with frames."""
    wide = 1.1 + 0.2 * (seed % 5)
    pane = ((u / wide + 0.31 * (seed % 7)) % 1.0 - 0.5).abs() * wide
    inside = (pane < 0.42 * wide) & (v > 0.85) & (v < 2.15)
    frame = inside & ((pane > 0.39 * wide) | (pane < 0.022) | ((v - 1.5).abs() > 0.60))
    sky = torch.tensor([0.85, 0.95, 1.08]) * lighting.level * 1.9
    green = torch.tensor([0.25, 0.32, 0.18]) * lighting.level * 1.5
    leaf = noise.sample(noise.tile(1.5, 1), u * 60 + seed, v * 60)
    out = torch.where((v + 0.15 * leaf < 1.35)[:, None], green * (1 + 0.4 * leaf)[:, None].clamp_min(0.2), sky)
    light = torch.where(inside[:, None], out, light)
    return torch.where(frame[:, None], torch.tensor([0.75, 0.74, 0.72]) * lighting.level * 0.6, light)


def picture_wall(light: Tensor, u: Tensor, v: Tensor, lit: Tensor, seed: int) -> Tensor:
    """Framed pictures, a door, shelves of books, or nothing."""
    kind = seed % 4
    if kind == 0:
        return light
    if kind == 1:
        cell = (u / 1.3).floor()
        x, y = u - (cell + 0.5) * 1.3, v - 1.55 - 0.1 * (_hash(cell, cell, seed) - 0.5)
        half_x, half_y = 0.22 + 0.2 * _hash(cell, cell + 1, seed), 0.2 + 0.15 * _hash(cell + 2, cell, seed)
        inside = (x.abs() < half_x) & (y.abs() < half_y)
        frame = inside & ((x.abs() > half_x - 0.03) | (y.abs() > half_y - 0.03))
        light = torch.where(inside[:, None], _painting(u, y / half_y, cell, seed) * lit, light)
        return torch.where(frame[:, None], torch.tensor([0.08, 0.06, 0.05]) * lit, light)
    if kind == 2:
        x = (u / 5 + 0.1 * (seed % 9)) % 1.0 * 5 - 2.5
        door = (x.abs() < 0.46) & (v < 2.05)
        edge = door & ((x.abs() > 0.42) | (v > 2.0) | (((x.abs() - 0.2).abs() < 0.012) & ((v - 1.0).abs() < 0.8)))
        colour = torch.tensor([0.42, 0.30, 0.20]) if seed % 3 else torch.tensor([0.72, 0.71, 0.68])
        light = torch.where(door[:, None], colour * lit, light)
        return torch.where(edge[:, None], colour * 0.6 * lit, light)
    x = (u / 4 + 0.13 * (seed % 9)) % 1.0 * 4 - 2
    shelf = (x.abs() < 0.9) & (v < 2.0)
    board = shelf & (((v % 0.36) < 0.03) | (x.abs() > 0.87))
    book = (u / 0.045).floor()
    row = (v / 0.36).floor()
    tone = torch.stack([_hash(book, row + 3 * k, seed + k) for k in range(3)], -1) ** 1.5 * 0.6 + 0.03
    tall = (v % 0.36) < 0.2 + 0.12 * _hash(book, row, seed)
    light = torch.where(
        shelf[:, None], torch.where(tall[:, None], tone, torch.tensor([0.03, 0.025, 0.02])) * lit, light
    )
    return torch.where(board[:, None], torch.tensor([0.30, 0.20, 0.13]) * lit, light)


def _shop_window(u: Tensor, v: Tensor, seed: int) -> Float[Tensor, "n 3"]:
    """Glass before goods: dark, with lamps above, things on display below, and the sky in its upper half."""
    cell = (u / 0.45).floor()
    goods = torch.stack([_hash(cell, cell + k, seed + 3 * k) for k in range(3)], -1) * 0.28 + 0.015
    height = 0.7 + 0.9 * _hash(cell, cell + 7, seed)
    slim = ((u / 0.45) % 1.0 - 0.5).abs() < 0.3
    inside = torch.tensor([0.075, 0.065, 0.055]) * (0.6 + 0.9 * v[:, None] / 2.7)
    shown = torch.where(((v < height) & slim)[:, None], goods, inside)
    lamp = (v > 2.35) & (((u / 0.8) % 1.0 - 0.5).abs() < 0.12)
    shown = torch.where(lamp[:, None], torch.tensor([0.9, 0.8, 0.6]), shown)
    sky = 0.10 * ((v - 1.2) / 1.5).clamp(0, 1) * (0.6 + 0.4 * ((u * 0.7 + v) % 2.0 < 0.9).float())
    post = ((u / 1.7) % 1.0 - 0.5).abs() > 0.485
    return torch.where(post[:, None], torch.full_like(shown, 0.2), shown + sky[:, None])


def _painting(u: Tensor, y: Tensor, cell: Tensor, seed: int) -> Float[Tensor, "n 3"]:
    """A landscape, or an abstract in two tones, another one in every frame."""
    hills = 0.5 * noise.sample(noise.tile(1.7, 3), u * 50 + 40 * cell, 9 * cell + seed) - 0.1
    tone = torch.stack([_hash(cell, cell + 5 * k, seed + k) for k in range(3)], -1)
    sky, land = 0.35 + 0.45 * tone, 0.06 + 0.25 * tone.flip(-1)
    brush = 1 + 0.12 * noise.sample(noise.tile(1.0, 1), u * 200, y * 40)
    return torch.where((y > hills)[:, None], sky, land) * brush[:, None]


def facade(u: Tensor, v: Tensor, pixel: Tensor, seed: int) -> Float[Tensor, "n 3"]:
    """A front of houses: walls with windows above, shops on the ground floor."""
    house = (u / (7.0 + seed % 6)).floor()
    tone = torch.stack([_hash(house, house + k, seed + 5 * k) for k in range(3)], -1)
    value = 0.10 + 0.55 * tone.mean(-1, keepdim=True)
    colour = value * (0.8 + 0.4 * tone)
    joints = Surfacing("brick", (0.9, 0.9, 0.9), (0.7, 0.7, 0.7), 1.0, seed).colour(u, v, pixel)
    colour = torch.where((_hash(house, house, seed + 50) > 0.5)[:, None], colour * joints * 1.3, colour)
    colour = colour * _dirt(u, v, seed)[:, None]
    wide, tall = 1.9 + 0.15 * (seed % 5), 3.1
    x, y = (u / wide) % 1.0 - 0.5, (v - 3.6) / tall % 1.0
    window = (x.abs() < 0.27) & (y > 0.22) & (y < 0.78) & (v > 3.6)
    border = window & ((x.abs() > 0.23) | (x.abs() < 0.015) | ((y - 0.5).abs() > 0.25))
    glass = 0.03 + 0.35 * _hash((u / wide).floor(), ((v - 3.6) / tall).floor(), seed + 9)[:, None] ** 3
    colour = torch.where(window[:, None], glass * torch.tensor([0.85, 0.95, 1.1]), colour)
    colour = torch.where(border[:, None], torch.full_like(colour, 0.55), colour)
    shop = (v < 2.7) & (v > 0.45) & ((u / 3.4 % 1.0 - 0.5).abs() < 0.42)
    colour = torch.where(shop[:, None], _shop_window(u, v, seed), colour)
    sign = (v > 2.8) & (v < 3.3)
    board = (tone.flip(-1) * 0.5 + tone.mean(-1, keepdim=True) * 0.3) * 0.8 + 0.03
    letter = sign & (noise.nearest(noise.tile(0.8, 4), u * 26 + seed, v * 9) > 0.8) & ((v - 3.05).abs() < 0.13)
    colour = torch.where(sign[:, None], board, colour)
    return torch.where(letter[:, None], torch.full_like(colour, 0.85), colour)
