"""Where a camera has to stand, and which lens: angles, distances, focal lengths."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

FIELD_OF_VIEW = 26.0
"""Degrees, vertical: about that of an 80 mm portrait lens, little distortion of near limbs."""

FULL_FRAME = 36.0
"""Millimetres: width of the sensor to which the focal lengths of lenses are referred."""


def orbit(azimuth: Float[Tensor, "*batch"], elevation: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """World to camera for a camera that stands in this direction from what it looks at; well defined from above too."""
    azimuth, elevation = torch.broadcast_tensors(azimuth, elevation)
    sin_a, cos_a, sin_e, cos_e = azimuth.sin(), azimuth.cos(), elevation.sin(), elevation.cos()
    right = torch.stack([cos_a, torch.zeros_like(cos_a), -sin_a], dim=-1)
    forward = -torch.stack([sin_a * cos_e, sin_e, cos_a * cos_e], dim=-1)
    return torch.stack([right, torch.linalg.cross(forward, right), forward], dim=-2)


def focal_of_angle(degrees: float, side: float) -> float:
    """Focal length in pixels of a lens that sees so many degrees along a side of so many pixels."""
    if not 0 < degrees < 180:
        raise PoseloomError(f"field of view: expected degrees between 0 and 180, got {degrees}")
    return 0.5 * side / math.tan(math.radians(degrees) / 2)


def focal_of_lens(millimetres: float, width: float, sensor: float = FULL_FRAME) -> float:
    """Focal length in pixels of a lens before a sensor of this width (millimetres), in a picture of `width` pixels."""
    if not (millimetres > 0 and sensor > 0):
        raise PoseloomError(f"lens: expected millimetres above 0, got {millimetres} on a sensor of {sensor}")
    return millimetres / sensor * width


def angle_of_lens(millimetres: float, size: tuple[int, int]) -> float:
    """Vertical angle in degrees that a lens sees in a picture of this height and width, whose width is 36 mm.

    Raises:
        PoseloomError: no lens from 1 to 1200 mm.
    """
    if not 1 <= millimetres <= LONGEST_LENS:
        raise PoseloomError(f"lens: expected 1 to {LONGEST_LENS} millimetres, got {millimetres:g}")
    return math.degrees(2 * math.atan(FULL_FRAME * size[0] / size[1] / 2 / millimetres))


LONGEST_LENS = 1200


def framing_cone(
    x: Tensor, y: Tensor, z: Tensor, slopes: tuple[float, float], smallest: float
) -> tuple[list[Tensor], Tensor]:
    """Middle of the two image axes and distance of the eye from the origin, all in the camera's axes.

    |x - m| <= s (z + d) for all points: s d >= max(x - s z) - m and s d >= max(-x - s z) + m.
    """
    middles, distances = [], []
    for axis, slope in zip((x, y), slopes, strict=True):
        above = (axis - slope * z).amax(-1)
        below = (-axis - slope * z).amax(-1)
        middles.append((above - below) / 2)
        distances.append(((above + below) / 2).maximum(smallest - slope * z.mean(-1)) / slope)
    return middles, torch.maximum(*distances)
