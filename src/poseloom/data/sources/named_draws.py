"""Named poses of the lexicon, varied as far as each of them lets itself be varied, for training data."""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.language.lexicon.bodies import BodyPose, body_pose
from poseloom.language.lexicon.entries import named_poses
from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.contact import ground
from poseloom.pose.hands import hand_shape, with_hand_shapes
from poseloom.pose.movement import MOVEMENTS, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.settle import Support, settle

_NOISE = 12.0
"""Degrees of noise on a movement of an entry whose `loose` is 1; less where an entry is exact."""


def draw_named(count: int, generator: torch.Generator) -> Pose:
    """Random entries (count, 52 joints), either side, on the floor, with any heading.

    Args:
        count: how many.
        generator: all that is random comes from it.
    """
    everyone = _everyone()
    rows: Int[Tensor, " count"] = torch.randint(len(everyone), (count,), generator=generator)
    chosen = [everyone[row] for row in rows.tolist()]
    angles = _varied(chosen, generator)
    hands = [[hand_shape(shape) for shape in body.hands or ("relaxed", "relaxed")] for body in chosen]
    left, right = (torch.stack([both[side] for both in hands]) for side in (0, 1))
    pose = Pose(with_hand_shapes(rot.rotmat_to_rotvec(to_matrices(angles)), left, right))
    turns = torch.rand(count, generator=generator) * 2 * torch.pi
    return ground(pose.turned(rot.axis_to_rotmat(turns, "Y")))


def _varied(chosen: list[BodyPose], generator: torch.Generator) -> Float[Tensor, "count 57"]:
    """Noise in measure of each entry, then the support again; what is wider than usual (splits) stays so."""
    written = torch.stack([body.angles for body in chosen])
    loose = torch.tensor([body.loose for body in chosen])
    noise = torch.randn(written.shape, generator=generator) * torch.tensor(_NOISE).deg2rad()
    roots = torch.tensor([name.startswith("root") for name in MOVEMENTS])
    angles = settle(written + noise * loose[:, None] * ~roots, _support(chosen))
    beyond = (clip_angles(written) - written).abs() > 1e-3
    return torch.where(beyond, written, angles)


def _support(chosen: list[BodyPose]) -> Support:
    each = [body.support for body in chosen]
    return Support(
        torch.cat([one.contacts for one in each]),
        torch.cat([one.on_feet for one in each]),
        torch.cat([one.on_floor for one in each]),
        torch.cat([one.slack for one in each]),
    )


@cache
def _everyone() -> tuple[BodyPose, ...]:
    """All entries, those with sides twice."""
    return tuple(
        body_pose(pose.name, mirrored)
        for pose in named_poses().values()
        for mirrored in ((False, True) if pose.side else (False,))
    )
