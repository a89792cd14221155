"""Refinement of Anny's rest orientations: bones are turned so that their children lie where the shape puts them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, Integer
from torch import Tensor

from poseloom.pose import rotations as rot

_FLAT = 1e-9
"""Below this length the normal of two children says nothing about direction."""


class ChildTable:
    """Children of every bone, padded to five, with their constant offsets in the parent's frame."""

    def __init__(
        self,
        index: Int[Tensor, "bones 5"],
        mask: Integer[Tensor, "bones 5"],
        offset: Float[Tensor, "bones 5 3"],
    ):
        self.index = index.long()
        self.mask = mask.bool()
        self.offset = offset

    @cached_property
    def groups(self) -> Groups:
        """Bones (without the root) by their number of children."""
        count = self.mask.sum(-1)
        bones = torch.arange(len(count))
        below_root = bones > 0
        return Groups(
            bones[below_root & (count == 1)].tolist(),
            bones[below_root & (count > 1)].tolist(),
            bones[below_root & (count == 0)].tolist(),
        )


class Groups(NamedTuple):
    """Bone indices by number of children."""

    single: list[int]
    several: list[int]
    none: list[int]


def refine_orientations(
    orientations: Float[Tensor, "*shapes bones 3 3"],
    heads: Float[Tensor, "*shapes bones 3"],
    parents: tuple[int, ...],
    children: ChildTable,
) -> Float[Tensor, "*shapes bones 3 3"]:
    """Turn each bone so that its constant child offsets point at the shaped children; end bones follow their parent."""
    groups = children.groups
    device = heads.device
    index, mask, offset = children.index.to(device), children.mask.to(device), children.offset.to(device)
    source = (orientations[..., :, None, :, :] @ offset[..., None]).squeeze(-1)
    target = heads[..., index, :] - heads[..., :, None, :]

    refined = list(orientations.unbind(-3))
    first = mask[groups.single].int().argmax(-1)
    rows = torch.arange(len(groups.single), device=device)
    turn = rot.shortest_arc(
        source[..., groups.single, :, :][..., rows, first, :], target[..., groups.single, :, :][..., rows, first, :]
    )
    for place, bone in enumerate(groups.single):
        refined[bone] = turn[..., place, :, :] @ orientations[..., bone, :, :]
    for bone in groups.several:
        own = mask[bone].nonzero().squeeze(-1)
        refined[bone] = _align(source[..., bone, own, :], target[..., bone, own, :]) @ orientations[..., bone, :, :]
    for bone in groups.none:
        refined[bone] = refined[parents[bone]]
    return torch.stack(refined, dim=-3)


def _align(source: Float[Tensor, "*shapes n 3"], target: Float[Tensor, "*shapes n 3"]) -> Float[Tensor, "*shapes 3 3"]:
    """The rotation that takes several offsets to their targets best; the normal of the first two is a third hold."""
    product = target.transpose(-1, -2) @ source
    normal_source, normal_target = _scaled_normal(source), _scaled_normal(target)
    hold = normal_target[..., :, None] * normal_source[..., None, :]
    usable = (normal_source.norm(dim=-1) > 0) & (normal_target.norm(dim=-1) > 0)
    return rot.project_to_rotation(product + hold * usable[..., None, None])


def _scaled_normal(offsets: Float[Tensor, "*shapes n 3"]) -> Float[Tensor, "*shapes 3"]:
    normal = torch.linalg.cross(offsets[..., 0, :], offsets[..., 1, :])
    length = normal.norm(dim=-1, keepdim=True)
    unit = torch.where(length > _FLAT, normal / length.clamp_min(_FLAT), torch.zeros_like(normal))
    return unit * offsets[..., 0, :].norm(dim=-1, keepdim=True)
