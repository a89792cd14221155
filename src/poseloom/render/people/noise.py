"""Periodic noise that cloth, skin, walls and streets are made of: looked up, not computed, in every picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

SIDE = 256
"""Of a tile; a power of two, so that it repeats by a mask."""
_SEED = 20240613


@lru_cache(maxsize=64)
def tile(roughness: float, number: int = 0) -> Float[Tensor, "256 256"]:
    """Noise whose spectrum falls by `roughness` (0 white, 1 grainy, 2 cloudy), mean 0, deviation 1, made once."""
    rng = np.random.default_rng([_SEED, number])
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE)))
    fy, fx = np.fft.fftfreq(SIDE)[:, None] * SIDE, np.fft.rfftfreq(SIDE)[None] * SIDE
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1.0
    spectrum /= frequency**roughness
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(SIDE, SIDE))
    return torch.from_numpy((noise / noise.std()).astype(np.float32))


def sample(tile: Float[Tensor, "256 256"], u: Float[Tensor, "*n"], v: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The tile at places counted in texels, interpolated; it goes on without end."""
    x0, y0 = u.floor(), v.floor()
    fx, fy = u - x0, v - y0
    x, y = x0.long(), y0.long()
    mask = SIDE - 1
    row0, row1 = (y & mask) * SIDE, ((y + 1) & mask) * SIDE
    left, right = x & mask, (x + 1) & mask
    flat = tile.reshape(-1)
    top = torch.lerp(flat[row0 + left], flat[row0 + right], fx)
    bottom = torch.lerp(flat[row1 + left], flat[row1 + right], fx)
    return torch.lerp(top, bottom, fy)


def nearest(tile: Float[Tensor, "256 256"], u: Float[Tensor, "*n"], v: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The tile's nearest value: four times as fast, for fine grain."""
    mask = SIDE - 1
    return tile.reshape(-1)[(v.long() & mask) * SIDE + (u.long() & mask)]


def slope(
    tile: Float[Tensor, "256 256"], u: Float[Tensor, "*n"], v: Float[Tensor, "*n"]
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """How fast the tile rises along u and v."""
    x0, y0 = u.floor(), v.floor()
    fx, fy = u - x0, v - y0
    x, y = x0.long(), y0.long()
    mask = SIDE - 1
    row0, row1 = (y & mask) * SIDE, ((y + 1) & mask) * SIDE
    left, right = x & mask, (x + 1) & mask
    flat = tile.reshape(-1)
    a, b, c, d = flat[row0 + left], flat[row0 + right], flat[row1 + left], flat[row1 + right]
    return torch.lerp(b - a, d - c, fy), torch.lerp(c - a, d - b, fx)
