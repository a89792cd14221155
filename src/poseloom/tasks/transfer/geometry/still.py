"""What of a photo stays: where the person does not move, the photo itself is the best picture of them."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.tasks.transfer.geometry.nearest import nearest_pixels
from poseloom.tasks.transfer.geometry.surface import GROUPS, SeenSurface, Template

Area = Bool[Tensor, "rows columns"]
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


@dataclass(frozen=True, eq=False)
class Still:
    """Shares of each pixel that stay as the photo has them.

    Args:
        before: 1 where the photo shows nothing that moves: the surface next to it in the photo stays.
        always: 1 where moreover nothing that moved comes to lie: that next to it in the new pose stays as well.
    """

    before: Float[Tensor, "height width"]
    always: Float[Tensor, "height width"]


def still_shares(source: SeenSurface, target: SeenSurface, kept: Template) -> Still:
    """What stays of a photo.

    Args:
        source: body as it is in the photo.
        target: body as it shall be, in pixels of the photo.
        kept: the body.
    """
    tall = float((source.screen[:, 1].amax() - source.screen[:, 1].amin()).clamp(min=8.0))
    moves, step = _moving(source, target, tall), -(-max(source.shape) // _LARGEST)
    (body, at, hands), (later, there, _) = (_seen_moving(one, moves, kept, step) for one in (source, target))
    before = ~_beside(body, at)
    for which, width in ((at, _TRACES), (at & hands, _HAND_TRACES)):
        before &= ~_widened(which, round(width * tall / step))
    return Still(*(_enlarged(one, step, source.shape) for one in (before, before & ~_beside(later, there))))


def _seen_moving(surface: SeenSurface, moves: Bool[Tensor, " vertices"], kept: Template, step: int) -> tuple[Area, ...]:
    """Of every few pixels: where the body is, where it moves, and where it is a hand."""
    face = surface.fragments.face[0, ::step, ::step]
    body, corners = face >= 0, kept.body.faces[face.clamp(min=0)]
    return body, moves[corners].any(-1) & body, kept.group[corners[..., 0]] >= GROUPS.index("left_hand")


def _enlarged(area: Area, step: int, shape: tuple[int, int]) -> Float[Tensor, "height width"]:
    """At the photo's size, with a soft edge."""
    soft = functional.avg_pool2d(area.float()[None], 3, 1, 1, count_include_pad=False)[None]
    size = (area.shape[0] * step, area.shape[1] * step)
    large = functional.interpolate(soft, size, mode="bilinear", align_corners=False)[0, 0]
    return large[: shape[0], : shape[1]]


def _moving(source: SeenSurface, target: SeenSurface, tall: float) -> Bool[Tensor, " vertices"]:
    away = target.screen - source.screen
    return (away[:, :2].norm(dim=-1) > _MOVES * tall) | (away[:, 2].abs() > _DEEPER)


def _beside(body: Bool[Tensor, "rows columns"], at: Area) -> Area:
    """Pixels whose nearest one of the body is one of these."""
    near: Int[Tensor, "rows columns 2"] = nearest_pixels(body, sum(body.shape))
    row, column = near.clamp(min=0).unbind(-1)
    return at[row, column] & (near[..., 0] >= 0)


def _widened(mask: Area, reach: int) -> Area:
    return nearest_pixels(mask, max(1, reach))[..., 0] >= 0
