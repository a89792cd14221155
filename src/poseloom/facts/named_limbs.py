"""Which limbs an instruction names, and pairs of poses in which the others stay."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Bool
from torch import Tensor

from poseloom.language import Change, changes
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.limbs import LIMBS
from poseloom.pose.types import Pose

NAMED_LIMBS = {name.replace("_", " "): joints for name, joints in LIMBS.items() if name != "trunk"}
"""Limb, as instructions name it -> the joints that move it."""
_TRUNK = (0, *LIMBS["trunk"])
_SIDES = ("left", "right")
_ARMS, _OF_ARMS = frozenset(("arm", "elbow", "forearm", "hand")), frozenset(("put", "hold", "hands", "arms"))
"""Nouns and kinds of changes that move the arms; then the same of the legs, and kinds that move the trunk."""
_LEGS, _OF_LEGS = frozenset(("leg", "knee", "shin", "foot")), frozenset(("step", "foot"))
_OF_TRUNK = frozenset(("posture", "turn", "lean", "twist"))


def named_limbs(told: Iterable[Change]) -> set[str]:
    """The limbs that move in some changes. A new posture moves them all."""
    named: set[str] = set()
    for change in told:
        kind = change.name.partition(".")[0]
        sides = (change.side,) if change.side in _SIDES else _SIDES
        if kind == "posture":
            named |= set(NAMED_LIMBS)
        if kind == "head":
            named.add("head")
        if kind in _OF_ARMS or change.noun in _ARMS:
            named |= {f"{side} arm" for side in sides}
        if kind in _OF_LEGS or change.noun in _LEGS:
            named |= {f"{side} leg" for side in sides}
    return named


def settled(first: Pose, second: Pose) -> Pose:
    """The second poses with what the changes between both do not name left as it was in the first ones.

    Args:
        first, second: body poses, as many of the one as of the other.
    """
    moves = torch.stack([_moves(told) for told in changes(first, second)])
    return Pose(torch.where(moves[..., None], second.rotations, first.rotations))


def _moves(told: list[Change]) -> Bool[Tensor, " joints"]:
    """The joints that some changes move."""
    joints = [joint for limb in named_limbs(told) for joint in NAMED_LIMBS[limb]]
    if any(change.name.partition(".")[0] in _OF_TRUNK for change in told):
        joints += _TRUNK
    moves = torch.zeros(BODY_JOINTS, dtype=torch.bool)
    moves[joints] = True
    return moves
