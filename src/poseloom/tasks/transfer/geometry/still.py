"""What of a photo stays: where the person does not move, the photo itself is the best picture of them."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.tasks.transfer.geometry.nearest import nearest_pixels
from poseloom.tasks.transfer.geometry.surface import GROUPS, SeenSurface, Template

_MOVES = 0.004
"""A vertex that moves by more, of the person's height, does not stay."""
_DEEPER = 0.03
"""Metres: likewise, away from the camera or towards it."""
_TRACES = 0.03
"""Around what moves away, by so much of the person's height, the photo may still show it."""
_HAND_TRACES = 0.06
"""Likewise around hands, whose fingers the fitted body does not follow."""
_LARGEST = 320
"""Longest side at which this is looked at, pixels."""


def still_share(source: SeenSurface, target: SeenSurface, kept: Template) -> Float[Tensor, "height width"]:
    """Share of each pixel that stays as the photo has it: 1 next to surface that does not move, 0 next to what does.

    Args:
        source: body as it is in the photo.
        target: body as it shall be, in pixels of the photo.
        kept: the body.
    """
    tall = float((source.screen[:, 1].amax() - source.screen[:, 1].amin()).clamp(min=8.0))
    moves = _moving(source, target, tall)
    step = -(-max(source.shape) // _LARGEST)
    stays = torch.ones(-(-source.shape[0] // step), -(-source.shape[1] // step), dtype=torch.bool)
    for surface in (source, target):
        face = surface.fragments.face[0, ::step, ::step]
        at = moves[kept.body.faces[face.clamp(min=0)]].any(-1) & (face >= 0)
        stays &= ~_beside(face >= 0, at)
        if surface is source:
            hands = kept.group[kept.body.faces[face.clamp(min=0)][..., 0]] >= GROUPS.index("left_hand")
            for which, width in ((at, _TRACES), (at & hands, _HAND_TRACES)):
                stays &= ~_widened(which, round(width * tall / step))
    soft = functional.avg_pool2d(stays.float()[None], 3, 1, 1, count_include_pad=False)
    size = (stays.shape[0] * step, stays.shape[1] * step)
    large = functional.interpolate(soft[None], size, mode="bilinear", align_corners=False)[0, 0]
    return large[: source.shape[0], : source.shape[1]]


def _moving(source: SeenSurface, target: SeenSurface, tall: float) -> Bool[Tensor, " vertices"]:
    away = target.screen - source.screen
    return (away[:, :2].norm(dim=-1) > _MOVES * tall) | (away[:, 2].abs() > _DEEPER)


def _beside(body: Bool[Tensor, "rows columns"], at: Bool[Tensor, "rows columns"]) -> Bool[Tensor, "rows columns"]:
    """Pixels whose nearest one of the body is one of these."""
    near: Int[Tensor, "rows columns 2"] = nearest_pixels(body, sum(body.shape))
    row, column = near.clamp(min=0).unbind(-1)
    return at[row, column] & (near[..., 0] >= 0)


def _widened(mask: Bool[Tensor, "rows columns"], reach: int) -> Bool[Tensor, "rows columns"]:
    return nearest_pixels(mask, max(1, reach))[..., 0] >= 0
