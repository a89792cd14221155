"""Forearms keep out of the trunk and of the other arm: where a swivel of the elbow does not do, the wrists give way."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.signer.arm_angles import FOREARM, forearm_depth, forearm_points
from poseloom.signer.arms import SignerArms
from poseloom.signer.clearance import Meeting, TwoHands, smooth_over_time
from poseloom.signer.hand_spheres import radii_against_the_other
from poseloom.signer.shoulders import PER_SIDE
from poseloom.signer.trunk import trunk_slope

_TOLERANCE = 0.004
_NEAREST = 0.35
"""Share of the forearm from which on a push moves the wrist by as much as the sphere; nearer to the elbow by more."""
_NOTHING = 1e-6
_THINNER = 0.005
"""Metres that the forearms' spheres are thinner where two arms meet: those of thin arms."""


def forearm_offsets(
    points: Float[Tensor, "frames 2 3"], arms: SignerArms, two: TwoHands
) -> Float[Tensor, "frames 2 3"]:
    """How far wrists have to move for their forearms to leave the trunk, the other arm and the other side.

    Args:
        points: the wrists.
        arms: as they are with these wrists.
        two: both hands as spheres.
    """
    offsets = _from_trunk(arms) + _from_each_other(points, arms, two)
    return _widened(offsets) if bool(offsets.any()) else offsets


def _from_trunk(arms: SignerArms) -> Float[Tensor, "frames 2 3"]:
    depth = forearm_depth(arms.geometry)[..., 0, :] - _TOLERANCE
    if not bool((depth > 0).any()):
        return torch.zeros(*depth.shape[:2], 3)
    worst = depth.argmax(-1)
    middles = forearm_points(arms.geometry)[..., 0, :, :]
    middle = middles.gather(2, worst[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
    share = torch.tensor([share for share, _ in FOREARM])[worst].clamp_min(_NEAREST)
    amount = depth.amax(-1).clamp_min(0) / share
    return amount[..., None] * trunk_slope(middle)


def _from_each_other(points: Tensor, arms: SignerArms, two: TwoHands) -> Float[Tensor, "frames 2 3"]:
    """Forearm and hand against forearm and hand."""
    forearms = forearm_points(arms.geometry)[..., 0, :, :]
    middles = torch.cat([forearms, points[:, :, None] + two.spheres], dim=2)
    radii = torch.cat([torch.tensor([radius for _, radius in FOREARM]) - _THINNER, radii_against_the_other()])
    between = middles[:, 0, :, None] - middles[:, 1, None]
    distance = between.norm(dim=-1)
    depth = radii[:, None] + radii - distance - _TOLERANCE
    depth = torch.where((two.meeting == Meeting.APART)[:, None, None], depth, -1.0).clamp_min(0)
    deepest = depth.flatten(1).amax(-1)
    over = (radii - _TOLERANCE - middles[..., 0] * PER_SIDE[:, None]).amax(-1).clamp_min(0)
    over = over * (two.meeting == Meeting.MIRRORED)[:, None] * PER_SIDE
    aside = over[..., None] * torch.tensor([1.0, 0.0, 0.0])
    if not bool((deepest > 0).any()):
        return aside
    way = (between * (depth / distance.clamp_min(_NOTHING))[..., None]).sum((1, 2))
    way = smooth_over_time(way[:, None].expand(-1, 2, 3))[:, 0]
    away = torch.nn.functional.normalize(way, dim=-1) * deepest[:, None]
    return aside + torch.stack([away * two.gives_way[:, :1], -away * two.gives_way[:, 1:]], dim=1)


def _widened(offsets: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames 2 3"]:
    """Smooth over time, and nowhere less than it was."""
    smooth = smooth_over_time(offsets)
    short = offsets.norm(dim=-1, keepdim=True) > smooth.norm(dim=-1, keepdim=True)
    return torch.where(short, (offsets + smooth) / 2, smooth)
