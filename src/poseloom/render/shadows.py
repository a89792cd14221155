"""Soft shadows of a distant light on the body and on the floor, from one picture that the light sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.render.rasterise import Side, rasterise

_TEXELS = 160
"""Width of a shadow map: about 1.5 cm a texel for a standing person and the shadow."""

_BORDER = 0.06
"""Free border of a shadow map on every side, as a share of it: room for the blur."""

_LIFT, _BIAS = 0.03, 0.01
"""Metres by which a point is lifted off the surface and then up before it is asked whether something is above it."""

_RAMP = 0.05
"""Metres over which the shadow of something just above a point sets in."""

_SOFT = 4.5
"""Texels: radius of the half-shadow on the body: several times the distance of vertices, which would show in a narrower
one as blotches."""

_TAPS = tuple(
    (math.sqrt((k + 0.5) / 12) * math.cos(2.39996 * k), math.sqrt((k + 0.5) / 12) * math.sin(2.39996 * k))
    for k in range(12)
)
"""Where the half-shadow is sampled, in units of its radius: a sunflower's spiral."""

_DARKEST = 0.75
"""Share of the light that a full shadow on the body takes away; the rest comes from the lit surfaces around."""


@dataclass(frozen=True, eq=False)
class ShadowMap:
    """What a distant light sees, in slanted floor coordinates: a point falls on (x - slope_x y, z - slope_z y)."""

    slope: Float[Tensor, "batch 2"]
    origin: Float[Tensor, "batch 2"]
    """Floor coordinates of the map's first corner, metres."""
    texel: Float[Tensor, " batch"]
    """Metres."""
    height: Float[Tensor, "batch size size"]
    """Height in metres of the surface that the light meets first (or last, seen from below); 0 where none."""
    covered: Float[Tensor, "batch size size"]
    """1 where the light meets the body."""

    def place(self, points: Float[Tensor, "batch *points 3"]) -> Float[Tensor, "batch *points 2"]:
        """Map coordinates of points of the world, in texels."""
        slope = self.slope.view(-1, *(1,) * (points.ndim - 2), 2)
        return self.place_on_floor(points[..., [0, 2]] - slope * points[..., 1:2])

    def place_on_floor(self, points: Float[Tensor, "batch *points 2"]) -> Float[Tensor, "batch *points 2"]:
        """The same for points of the floor, of which x and z are given."""
        ones = (1,) * (points.ndim - 2)
        return (points - self.origin.view(-1, *ones, 2)) / self.texel.view(-1, *ones, 1)


def shadow_map(
    vertices: Float[Tensor, "batch vertices 3"],
    faces: Int[Tensor, "faces 3"],
    towards_light: Float[Tensor, "batch 3"],
    *,
    from_below: bool = False,
) -> ShadowMap:
    """Draw the body as the light sees it; from below: the side that is turned away from the light."""
    slope = towards_light[:, [0, 2]] / towards_light[:, 1:2]
    floor = vertices[..., [0, 2]] - slope[:, None] * vertices[..., 1:2]
    low, high = floor.amin(1), floor.amax(1)
    texel = (high - low).amax(-1).clamp_min(0.1) / (_TEXELS * (1 - 2 * _BORDER))
    origin = (low + high) / 2 - texel[:, None] * _TEXELS / 2
    pixels = (floor - origin[:, None]) / texel[:, None, None]
    height = vertices[..., 1]
    bottom, top = height.amin(1, keepdim=True), height.amax(1, keepdim=True)
    depth = height - bottom if from_below else top - height
    screen = torch.cat([pixels, depth[..., None] + 1.0], dim=-1)
    side = Side.INSIDE if from_below else Side.OUTSIDE
    seen = rasterise(screen, faces, _TEXELS, _TEXELS, perspective=False, side=side)
    depth = seen.distance - 1.0
    image = seen.image_of
    level = bottom[image, 0] + depth if from_below else top[image, 0] - depth
    covered = torch.ones_like(level)
    return ShadowMap(slope, origin, texel, seen.to_image(level, 0.0), seen.to_image(covered, 0.0))


def light_on_body(
    shadow: ShadowMap, points: Float[Tensor, "batch points 3"], normals: Float[Tensor, "batch points 3"]
) -> Float[Tensor, "batch points"]:
    """Share of the light that reaches points of the body, 0 to 1, with a soft edge.

    The points are lifted off the surface along its normals, so that a surface does not shade itself.
    """
    lifted = points + _LIFT * normals
    place = shadow.place(lifted)
    size = shadow.height.shape[-1]
    flat = shadow.height.flatten(1)
    level = lifted[..., 1] + _BIAS
    light = torch.zeros_like(level)
    for dx, dz in _TAPS:
        column = (place[..., 0] + dx * _SOFT).clamp(0, size - 1).long()
        row = (place[..., 1] + dz * _SOFT).clamp(0, size - 1).long()
        over = flat.gather(1, row * size + column) - level
        light += (1 - over / _RAMP).clamp(0, 1)
    return 1 - _DARKEST * (1 - light / len(_TAPS))


def cast_shadow(shadow: ShadowMap) -> Float[Tensor, "batch size size"]:
    """Darkness of the floor under a key light: sharp where the body is near, soft where it is high above."""
    near = shadow.covered * torch.exp(-shadow.height / _SHARP_BELOW)
    far = shadow.covered - near
    return (_blur(near, _SHARP_BLUR) + _blur(far, _SOFT_BLUR)).clamp(0, 1)


def contact_shadow(shadow: ShadowMap) -> Float[Tensor, "batch size size"]:
    """Darkness of the floor where the body keeps the light of the sky away: deep in the seam, nothing 0.3 m up."""
    seam = shadow.covered * torch.exp(-shadow.height.clamp_min(0) / _SEAM)
    wide = shadow.covered * torch.exp(-shadow.height.clamp_min(0) / _NEARBY)
    return (_SEAM_SHARE * _blur(seam, _SEAM_BLUR) + _WIDE_SHARE * _blur(wide, _SOFT_BLUR)).clamp(0, 1)


_SHARP_BELOW = 0.5
"""Metres: scale of the height up to which a cast shadow is sharp."""

_SEAM, _NEARBY = 0.05, 0.30
"""Metres: scales of the height over which the dark seam under a foot fades, and the wide dimness around it."""

_SEAM_SHARE, _WIDE_SHARE = 0.55, 0.75
"""Darkness of the two at full cover."""

_SEAM_BLUR, _SHARP_BLUR, _SOFT_BLUR = 1.0, 2.6, 7.0
"""Texels: standard deviations of the blurs."""


def look_up(
    darkness: Float[Tensor, "batch size size"], shadow: ShadowMap, points: Float[Tensor, "batch rows columns 2"]
) -> Float[Tensor, "batch rows columns"]:
    """Darkness at points of the floor (x and z), interpolated; 0 outside the map."""
    size = darkness.shape[-1]
    grid = shadow.place_on_floor(points) * (2 / size) - 1
    return torch.nn.functional.grid_sample(darkness[:, None], grid, padding_mode="zeros", align_corners=False).squeeze(
        1
    )


def _blur(image: Float[Tensor, "batch size size"], radius: float) -> Float[Tensor, "batch size size"]:
    """Gaussian of standard deviation `radius` texels, as two matrix products; what leaves the image is lost."""
    place = torch.arange(image.shape[-1], device=image.device, dtype=image.dtype)
    weights = torch.exp(-0.5 * ((place[:, None] - place) / radius) ** 2)
    weights = weights / weights[len(weights) // 2].sum()
    return weights @ image @ weights
