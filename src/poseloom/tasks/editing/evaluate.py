"""The protocol of editing: which facts of the instruction hold afterwards, and how far what was not named moved."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.facts.named_limbs import named_limbs
from poseloom.facts.stated import TextNumbers
from poseloom.language import Change, changes, instruct
from poseloom.language.claims.checking import check_instructions
from poseloom.nn.pose.features import joint_positions
from poseloom.pose.joints import BODY_JOINTS, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.limbs import indices
from poseloom.pose.types import Pose
from poseloom.tasks.editing.model import EditingModel

INSTRUCTION_SEED = 0
_SEED = 42
_AT_ONCE = 128
_MILLIMETRES = 1000.0

_PELVIS, _CHEST = indices("pelvis", "spine3")
_LIMBS: dict[str, tuple[int, tuple[int, ...]]] = {
    **{f"{side} arm": (_CHEST, indices(f"{side}_elbow", f"{side}_wrist")) for side in ("left", "right")},
    **{f"{side} leg": (_PELVIS, indices(f"{side}_knee", f"{side}_ankle")) for side in ("left", "right")},
    "head": (_CHEST, indices("head")),
}
"""Limb -> the joint in whose frame it is looked at, and the joints that show where it is."""


def held_out_figures(model: EditingModel, told: TextNumbers, pairs: tuple[Pose, Pose]) -> dict[str, float]:
    """Instructions by rule of held-out pairs, carried out by the model, one sample each.

    Returns:
        ``facts``: percent of the instruction's facts that hold of (original, changed);
        ``unnamed``: mean way, mm, of elbows, wrists, knees, ankles and head of limbs that the instruction leaves alone,
        seen from the chest or the pelvis;
        ``mpje``: mean distance of the joints to the pair's second pose, pelvis at the origin, mm;
        ``mpje_unchanged``: the same where nothing is changed.
    """
    first, second = pairs
    texts = instruct(first, second, seed=INSTRUCTION_SEED)
    drawn = edited(model, told, texts, first)
    result = Pose.from_matrices(drawn)
    checked = check_instructions(texts, first, result)
    judged = [holds for one in checked for holds in one.holds if holds is not None]
    true, was, now = (
        joint_positions(m, model.flow.offsets.cpu()) for m in (second.matrices(), first.matrices(), drawn)
    )
    return {
        "facts": 100 * float(np.mean(judged)),
        "unnamed": _unnamed_way(first, drawn, changes(first, second)),
        "mpje": float((now - true).norm(dim=-1).mean()) * _MILLIMETRES,
        "mpje_unchanged": float((was - true).norm(dim=-1).mean()) * _MILLIMETRES,
    }


def edited(model: EditingModel, told: TextNumbers, texts: list[str], first: Pose) -> Float[Tensor, "pairs 22 3 3"]:
    """One changed pose for each original and instruction."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(_SEED)
    numbers = (*told.asked(texts), first.rotations)
    parts = zip(*(one.to(device).split(_AT_ONCE) for one in numbers), strict=True)
    return torch.cat([model.draw(*part, 1, generator)[:, 0].cpu() for part in parts])


def _unnamed_way(first: Pose, drawn: Float[Tensor, "pairs 22 3 3"], told: list[list[Change]]) -> float:
    """Mean way of the joints of limbs that no change names, mm."""
    free = torch.tensor([[limb not in named for limb in _LIMBS] for named in map(named_limbs, told)])
    ways = torch.stack([_way(first.matrices(), drawn, *limb) for limb in _LIMBS.values()], dim=1)
    return float(ways[free].mean()) * _MILLIMETRES if bool(free.any()) else 0.0


def _way(
    before: Float[Tensor, "pairs 22 3 3"], after: Float[Tensor, "pairs 22 3 3"], frame: int, joints: tuple[int, ...]
) -> Float[Tensor, " pairs"]:
    """Mean way of joints seen from a joint's own frame, metres."""
    placed = [_seen_from(one, frame)[:, list(joints)] for one in (before, after)]
    return (placed[1] - placed[0]).norm(dim=-1).mean(-1)


def _seen_from(matrices: Float[Tensor, "pairs 22 3 3"], frame: int) -> Float[Tensor, "pairs 22 3"]:
    from poseloom.pose.skeleton import rest_offsets

    turns, places = forward_kinematics(matrices, rest_offsets()[:BODY_JOINTS], PARENTS[:BODY_JOINTS])
    return (places - places[:, frame : frame + 1]) @ turns[:, frame]
