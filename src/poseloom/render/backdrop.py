"""The studio behind the body: a wall and a floor that run into each other, with the body's shadows on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.shadows import ShadowMap, cast_shadow, contact_shadow, look_up
from poseloom.render.style import Colour, Style

_FADE_BEGIN, _FADE_END = 1.2, 7.0
"""Metres from the body's place between which the floor turns into the wall."""

_VIGNETTE = 0.06
"""Darkening of the picture's corners."""

_KEY_DEPTH, _CONTACT_DEPTH = 0.30, 0.55
"""Share of the light that the full cast shadow and the full contact shadow take away."""

_GRID_STEP, _GRID_LINE, _GRID_DEPTH = 0.5, 0.006, 0.12
"""Metres between the floor's lines, their half width, and how much darker they are."""


@dataclass(frozen=True, eq=False)
class FloorShadows:
    """The two pictures of the shadows on the floor, with their places."""

    key_map: ShadowMap
    key: Float[Tensor, "batch size size"]
    sky_map: ShadowMap
    contact: Float[Tensor, "batch size size"]

    @classmethod
    def of(cls, key_map: ShadowMap, sky_map: ShadowMap) -> FloorShadows:
        """Blur the maps of the key light (from above) and of the sky (from below)."""
        return cls(key_map, cast_shadow(key_map), sky_map, contact_shadow(sky_map))


def backdrop(
    camera: Camera,
    style: Style,
    middle: Float[Tensor, "batch 2"],
    shadows: FloorShadows | None,
    rows: slice | None = None,
) -> Float[Tensor, "batch rows columns 3"]:
    """Display colours of the background.

    Args:
        middle: x and z on the floor about which it is brightest, metres.
        rows: only these rows.
    """
    wall = _wall(*camera.size, style, camera.focal, rows)
    if not style.ground:
        return wall.expand(*camera.batch_shape, *wall.shape[1:])
    starts, directions = camera.rays(rows)
    down = -directions[..., 1]
    distance = starts[..., 1] / torch.where(down.abs() < 1e-6, 1e-6, down)
    hit = (distance > 0) & (down > 0)
    points = starts[..., ::2] + distance.clamp(-_FAR, _FAR)[..., None] * directions[..., ::2]  # x and z: y is 0
    away = torch.linalg.vector_norm(points - middle[:, None, None], dim=-1)
    fade = ((away - _FADE_BEGIN) / (_FADE_END - _FADE_BEGIN)).clamp(0, 1)
    share = torch.where(hit, 1 - fade * fade * (3 - 2 * fade), torch.zeros_like(fade))
    light = torch.ones_like(share)
    if style.grid:
        light = light * (1 - _GRID_DEPTH * _lines(points, directions, distance, camera) * share)
    if shadows is not None:
        light = light * (1 - _KEY_DEPTH * look_up(shadows.key, shadows.key_map, points) * hit)
        light = light * (1 - _CONTACT_DEPTH * look_up(shadows.contact, shadows.sky_map, points) * hit)
    floor = _colour(style.floor, wall)
    return (wall + share[..., None] * (floor - wall)) * light[..., None]


_FAR = 1e4
"""Metres: the horizon."""


def _colour(value: Colour, like: Tensor) -> Tensor:
    return like.new_tensor(value)


def _wall(height: int, width: int, style: Style, like: Tensor, rows: slice | None) -> Float[Tensor, "1 rows columns 3"]:
    y = ((torch.arange(height, device=like.device)[rows or slice(None)] + 0.5) / height - 0.5)[:, None]
    x = ((torch.arange(width, device=like.device) + 0.5) / width - 0.5)[None, :]
    shade = 1 - _VIGNETTE * 2 * (x * x + y * y) - 0.05 * y
    return (shade[..., None] * _colour(style.wall, like)).clamp(0, 1)[None]


def _lines(points: Tensor, directions: Tensor, distance: Tensor, camera: Camera) -> Float[Tensor, "batch rows columns"]:
    """How much of each pixel the floor's lines cover, without flicker: a line is never thinner than its pixel.

    A pixel's place on the floor is as wide as it is far away, and longer the flatter it is looked at.
    """
    across = (distance if camera.perspective else torch.ones_like(distance)) / camera.focal[:, 1, None, None]
    steep = (-directions[..., 1] / directions.norm(dim=-1)).clamp_min(1e-3)
    ahead = torch.nn.functional.normalize(directions[..., [0, 2]], dim=-1)
    footprint = torch.hypot(across[..., None] * ahead.flip(-1), (across / steep)[..., None] * ahead)
    half = footprint.clamp_min(_GRID_LINE)
    floor = points / _GRID_STEP
    to_line = (floor - floor.round()).abs() * _GRID_STEP
    return ((1 - to_line / half).clamp(0, 1) * (_GRID_LINE / half)).amax(-1)
