"""What a camera does to light: blur, exposure, white balance, vignette, noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people import noise
from poseloom.render.people.shading import developed


@dataclass(frozen=True)
class Lens:
    """Faults of a camera.

    Args:
        exposure: factor on the light.
        warmth: of the white balance: red up, blue down.
        blur: standard deviation in pixels of a picture of 256.
        depth_of_field: the same, of what is far behind the people.
        motion: length in pixels of a picture of 256, and direction in radians.
        noise: standard deviation at middle grey, shares of white.
        vignette: darkening of the corners.
        contrast: of the tone curve.
        saturation: of the colours.
        quality: of the JPEG.
        grain: number of the noise.
    """

    exposure: float = 1.0
    warmth: float = 0.0
    blur: float = 0.3
    depth_of_field: float = 0.8
    motion: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.008
    vignette: float = 0.1
    contrast: float = 1.0
    saturation: float = 1.0
    quality: int = 92
    grain: int = 0


def random_lens(rng: np.random.Generator) -> Lens:
    """From a good camera in good light to an old phone at night."""
    poor = rng.random() ** 2
    return Lens(
        exposure=float(np.exp(rng.normal(0.05, 0.2))),
        warmth=float(rng.normal(0, 0.05)),
        blur=float(rng.uniform(0.2, 0.45) + 0.7 * poor * rng.random()),
        depth_of_field=float(rng.uniform(0.2, 2.6)),
        motion=(float(rng.uniform(1, 4)), float(rng.uniform(0, math.pi))) if rng.random() < 0.05 else (0.0, 0.0),
        noise=float(rng.uniform(0.002, 0.008) + 0.022 * poor * rng.random()),
        vignette=float(rng.uniform(0, 0.3)),
        contrast=float(rng.uniform(0.92, 1.15)),
        saturation=float(rng.uniform(0.75, 1.1)),
        quality=int(rng.integers(55, 97)),
        grain=int(rng.integers(1 << 30)),
    )


def photographed(light: Float[Tensor, "3 height width"], lens: Lens) -> Float[Tensor, "3 height width"]:
    """Light as an sRGB picture in [0, 1]."""
    height, width = light.shape[-2:]
    scale = height / 256
    light = blurred(light, lens.blur * scale)
    if lens.motion[0]:
        light = _moved(light, lens.motion[0] * scale, lens.motion[1])
    tint = torch.tensor([1 + lens.warmth, 1.0, 1 - lens.warmth])[:, None, None]
    y = torch.linspace(-1, 1, height)[:, None]
    x = torch.linspace(-1, 1, width)[None]
    corners = 1 - lens.vignette * (x * x + y * y) / 2
    light = light * (lens.exposure * corners) * tint
    grey = light.mean(0, keepdim=True)
    light = torch.lerp(grey, light, lens.saturation)
    picture = developed(light, lens.contrast)
    if lens.noise:
        # grey and coloured, as demosaicing leaves it, stronger in the dark
        shift = np.random.default_rng(lens.grain).integers(0, noise.SIDE, 8).tolist()
        mixed = 0.7 * _grain(0, shift[:2], height, width) + 0.5 * torch.stack(
            [_grain(k, shift[2 * k : 2 * k + 2], height, width) for k in (1, 2, 3)]
        )
        picture = picture + mixed * lens.noise * (1.25 - 0.6 * picture)
    return picture.clamp(0, 1)


def _grain(number: int, shift: list[int], height: int, width: int) -> Float[Tensor, "height width"]:
    """White noise, cut out of a tile somewhere."""
    tile = noise.tile(0.0, 10 + number)
    rows = (torch.arange(height) + shift[0]) % noise.SIDE
    columns = (torch.arange(width) + shift[1]) % noise.SIDE
    return tile[rows][:, columns]


def blurred(image: Float[Tensor, "channels height width"], sigma: float) -> Float[Tensor, "channels height width"]:
    """Gaussian blur, the border repeated."""
    if sigma < 0.15:
        return image
    radius = max(1, math.ceil(2.5 * sigma))
    place = torch.arange(-radius, radius + 1, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (place / sigma) ** 2)
    kernel = (kernel / kernel.sum()).reshape(1, 1, -1)
    padded = torch.nn.functional.pad(image[:, None], (radius, radius, radius, radius), mode="replicate")
    across = torch.nn.functional.conv2d(padded, kernel[:, :, None])
    return torch.nn.functional.conv2d(across, kernel[..., None])[:, 0]


def _moved(image: Tensor, length: float, direction: float) -> Tensor:
    steps = max(2, round(length))
    total = torch.zeros_like(image)
    for step in range(steps):
        away = (step / (steps - 1) - 0.5) * length
        total += image.roll((round(away * math.sin(direction)), round(away * math.cos(direction))), (1, 2))
    return total / steps
