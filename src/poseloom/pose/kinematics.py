"""Forward kinematics over a joint tree, one tree level at a time."""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor


@lru_cache(maxsize=32)
def tree_levels(parents: tuple[int, ...]) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Group the joints below the root by depth: pairs (joints, their parents) that can be computed at once."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents):
        if parent >= joint:
            raise ValueError(f"joint {joint} stands before its parent {parent}")
        depth[joint] = depth[parent] + 1 if parent >= 0 else 0
    levels = []
    for level in range(1, max(depth) + 1):
        joints = tuple(joint for joint, d in enumerate(depth) if d == level)
        levels.append((joints, tuple(parents[joint] for joint in joints)))
    return tuple(levels)


def small_matmul(a: Float[Tensor, "*#batch n k"], b: Float[Tensor, "*#batch k m"]) -> Float[Tensor, "*#batch n m"]:
    """Matrix product for 3 x 3 and alike: several times faster on a CPU than a batched BLAS call."""
    return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2)


def forward_kinematics(
    local: Float[Tensor, "*batch joints 3 3"],
    offsets: Float[Tensor, "*#batch joints 3"],
    parents: tuple[int, ...],
    root: Float[Tensor, "*#batch 3"] | None = None,
) -> tuple[Float[Tensor, "*batch joints 3 3"], Float[Tensor, "*batch joints 3"]]:
    """Global rotations and positions of every joint.

    Args:
        local: rotation of each joint relative to its parent.
        offsets: position of each joint relative to its parent at the zero pose, metres.
        parents: index of each joint's parent, -1 for the root, parents first.
        root: position of the root joint; its own offset where none is given.
    """
    rotations, positions = (
        [local[..., :1, :, :]],
        [_expand(offsets[..., :1, :] if root is None else root[..., None, :], local)],
    )
    place = {0: 0}
    for joints, above in tree_levels(parents):
        all_rotations = rotations[0] if len(rotations) == 1 else torch.cat(rotations, dim=-3)
        all_positions = positions[0] if len(positions) == 1 else torch.cat(positions, dim=-2)
        parent_places = [place[parent] for parent in above]
        parent_rotation = all_rotations[..., parent_places, :, :]
        start = len(place)
        place.update({joint: start + i for i, joint in enumerate(joints)})
        rotations = [all_rotations, small_matmul(parent_rotation, local[..., list(joints), :, :])]
        moved = small_matmul(parent_rotation, offsets[..., list(joints), :, None]).squeeze(-1)
        positions = [all_positions, all_positions[..., parent_places, :] + moved]
    order = [place[joint] for joint in range(len(parents))]
    return torch.cat(rotations, dim=-3)[..., order, :, :], torch.cat(positions, dim=-2)[..., order, :]


def _expand(
    tensor: Float[Tensor, "*#batch 1 3"], like: Float[Tensor, "*batch joints 3 3"]
) -> Float[Tensor, "*batch 1 3"]:
    return tensor.expand(*like.shape[:-3], 1, 3)
