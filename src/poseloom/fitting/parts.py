"""A body with fingers is fitted in parts: trunk and limbs first, where the knuckles tell the wrists, then each hand.

All 52 joints at once would cost ten times as much; nothing of the fingers but the knuckles moves the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.fitting.chain import BodyState, Chain
from poseloom.fitting.levenberg_marquardt import solve
from poseloom.fitting.terms import NearRotations, RotationPrior, SpacePoints, Term
from poseloom.fitting.weights import FitWeights
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS

_KNUCKLE_WEIGHT = 0.5
"""Of a knuckle among the points of the body: detectors mean the skin, and hands differ in size."""
_HELD = 10.0
"""Weight that keeps a wrist as the body's fit left it."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a body's joints, and the points on them."""

    chain: Chain
    points: SpacePoints


def body_part(chain: Chain, points: SpacePoints) -> Part:
    """The 22 joints of trunk and limbs; knuckles are points fixed to the wrists."""
    owner = chain.joint.tolist()
    kept = [i for i, joint in enumerate(owner) if joint < BODY_JOINTS or PARENTS[joint] < BODY_JOINTS]
    is_knuckle = [owner[i] >= BODY_JOINTS for i in kept]
    joint = torch.tensor([PARENTS[owner[i]] if k else owner[i] for i, k in zip(kept, is_knuckle, strict=True)])
    fixed = [chain.offsets[owner[i]] if k else chain.point_offsets[i] for i, k in zip(kept, is_knuckle, strict=True)]
    factor = points.weight.new_tensor([_KNUCKLE_WEIGHT if k else 1.0 for k in is_knuckle])
    part = Chain(PARENTS[:BODY_JOINTS], chain.offsets[:BODY_JOINTS], joint, torch.stack(fixed))
    return Part(part, SpacePoints(points.target[:, kept], points.weight[:, kept] * factor[:, None], points.robust))


def with_hands(chain: Chain, points: SpacePoints, state: BodyState, weights: FitWeights) -> BodyState:
    """The state with the fingers fitted, each hand on its wrist."""
    local = state.local.clone()
    posed = chain.posed(state)
    for side in ("left", "right"):
        wrist = JOINT_INDEX[f"{side}_wrist"]
        fingers = [i for i in range(BODY_JOINTS, len(JOINT_NAMES)) if JOINT_NAMES[i].startswith(side)]
        joints = [wrist, *fingers]
        part = _hand_part(chain, points, joints)
        if part is None:
            continue
        own = torch.cat([posed.rotations[:, wrist : wrist + 1], local[:, fingers]], dim=1)
        hand = BodyState(own, posed.positions[:, wrist])
        for _ in range(weights.rounds - 1):
            hand = solve(part.chain, _hand_terms(part.points, hand, weights), hand, weights.iterations)
        local[:, fingers] = hand.local[:, 1:]
    return BodyState(local, state.root)


def neighbours(local: Float[Tensor, "frames joints 3 3"]) -> Float[Tensor, "frames joints 3 3"]:
    """The rotation in the middle of the frames before and after; at both ends that of the one neighbour."""
    before = torch.cat([local[1:2], local[:-1]])
    after = torch.cat([local[1:], local[-2:-1]])
    between = rot.to_axis_angle(before.mT @ after)
    return before @ rot.to_matrix(between / 2)


def _hand_part(chain: Chain, points: SpacePoints, joints: list[int]) -> Part | None:
    """The wrist as root, and its fingers; None where too few of them are seen."""
    owner = chain.joint.tolist()
    kept = [i for i, joint in enumerate(owner) if joint in joints]
    if len(kept) < len(joints) // 2:
        return None
    place = {joint: index for index, joint in enumerate(joints)}
    parents = (-1, *(place[PARENTS[joint]] for joint in joints[1:]))
    offsets = chain.offsets[joints].clone()
    offsets[0] = 0
    part = Chain(parents, offsets, torch.tensor([place[owner[i]] for i in kept]), chain.point_offsets[kept])
    return Part(part, SpacePoints(points.target[:, kept], points.weight[:, kept], points.robust))


def _hand_terms(points: SpacePoints, hand: BodyState, weights: FitWeights) -> list[Term]:
    joints = hand.local.shape[1]
    free = torch.full((joints, 3), weights.prior, dtype=torch.float64)
    free[0] = 0
    held = torch.zeros(joints, 3, dtype=torch.float64)
    held[0] = _HELD
    toward = hand.local
    if len(hand.root) > 1 and weights.smooth:
        held[1:] = weights.smooth
        toward = torch.cat([hand.local[:, :1], neighbours(hand.local)[:, 1:]], dim=1)
    return [points, RotationPrior(free), NearRotations(toward, held)]
