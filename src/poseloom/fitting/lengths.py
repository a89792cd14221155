"""The bones of whoever is seen: lengths measured between seen joints, branches of pelvis and chest fitted."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, MIRROR, PARENTS

_BRANCHES = {
    "pelvis": ("left_hip", "right_hip", "spine1"),
    "spine3": ("neck", "left_collar", "right_collar"),
}
"""Joints that carry several bones, whose directions belong to the person as the lengths do."""
_SIZES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
"""Bones that tell the size of a person."""
_FLAT_SHARE = 0.9
"""Of a flat picture this quantile of a bone's seen length is taken for its true one."""
_LEAST, _MOST = 0.6, 1.6
"""Bones beyond these, relative to the person's size, are errors of the points."""


def size_of(
    joints: Float[Tensor, "frames joints 3"],
    seen: Bool[Tensor, "frames joints"],
    offsets: Float[Tensor, "joints 3"],
    flat: bool,
) -> float:
    """How large the person is beside the average body: the middle ratio of the bones of arms and legs.

    Args:
        joints: positions in metres.
        seen: which of them are known.
        offsets: of the average body.
        flat: the points have no depth, so that bones look shorter than they are.
    """
    ratios = []
    for upper, lower in _SIZES:
        for side in ("left", "right"):
            child, parent = JOINT_INDEX[f"{side}_{lower}"], JOINT_INDEX[f"{side}_{upper}"]
            both = seen[:, child] & seen[:, parent]
            if both.any():
                length = (joints[both, child] - joints[both, parent]).norm(dim=-1)
                ratio = length / offsets[child].norm()
                ratios.append(ratio.quantile(_FLAT_SHARE) if flat else ratio.median())
    if not ratios:
        return 1.0
    return float(torch.stack(ratios).median()) or 1.0


def measured_offsets(
    joints: Float[Tensor, "frames joints 3"],
    seen: Bool[Tensor, "frames joints"],
    offsets: Float[Tensor, "joints 3"],
    size: float,
) -> Float[Tensor, "joints 3"]:
    """The average body's bones with the lengths that are seen, both sides alike; others at the person's size."""
    ratios = offsets.new_full((len(offsets),), torch.nan)
    for child in range(1, len(offsets)):
        both = seen[:, child] & seen[:, PARENTS[child]]
        if both.any():
            length = (joints[both, child] - joints[both, PARENTS[child]]).norm(dim=-1).median()
            ratios[child] = (length / offsets[child].norm() / size).clamp(_LEAST, _MOST)
    both_sides = torch.stack([ratios, ratios[list(MIRROR[: len(offsets)])]]).nanmean(0)
    return offsets * torch.nan_to_num(both_sides, nan=1.0)[:, None] * size


def fitted_branches(
    joints: Float[Tensor, "frames joints 3"],
    seen: Bool[Tensor, "frames joints"],
    rotations: Float[Tensor, "frames joints 3 3"],
    offsets: Float[Tensor, "joints 3"],
) -> Float[Tensor, "joints 3"]:
    """Offsets at pelvis and chest as the points show them in the axes of their joint, not turned as a whole."""
    result = offsets.clone()
    for name, children in _BRANCHES.items():
        parent = JOINT_INDEX[name]
        found = [JOINT_INDEX[child] for child in children]
        both = seen[:, parent] & seen[:, found].all(-1)
        if not both.any():
            continue
        there = joints[both][:, found] - joints[both][:, parent, None]
        own = (rotations[both, parent, None].mT @ there[..., None]).squeeze(-1).mean(0)
        result[found] = own @ rot.project_to_rotation(offsets[found].mT @ own)
    return result


def seen_joint_names(seen: Bool[Tensor, " joints"]) -> tuple[str, ...]:
    """Names of the joints that are seen at all."""
    return tuple(name for name, here in zip(JOINT_NAMES, seen.tolist(), strict=False) if here)
