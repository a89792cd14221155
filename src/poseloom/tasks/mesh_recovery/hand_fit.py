"""Fingers fitted to the 21 points of each hand, on wrists that the body's fit has turned by their knuckles."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.fitting.chain import BodyState, Chain
from poseloom.fitting.levenberg_marquardt import solve
from poseloom.fitting.parts import neighbours
from poseloom.fitting.terms import NearRotations, RotationPrior, SpacePoints, Term
from poseloom.pose import rotations as rot
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.stances import stance
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.mesh_recovery.body_landmarks import HAND_JOINTS, HAND_ROWS

_PRIOR, _FLEXION = 0.02, 0.004
"""Metres a radian: pull of a finger's joint to straight, and about the axis that bends it (local z)."""
_WRIST = 0.02
"""Pull that holds a wrist where the body's fit left it."""
_SMOOTH = 0.01
_ROBUST = 0.04
_STEPS, _ROUNDS = 5, 2
_TIP = 0.023
"""Metres from the last joint of a finger to its tip, average hand."""


@lru_cache(maxsize=1)
def knuckles() -> MappingProxyType[str, int]:
    """Joints of the palm, which move with the wrist alone, and their rows among the 21 points."""
    rows = dict(zip(HAND_JOINTS, HAND_ROWS, strict=True))
    return MappingProxyType({name: rows[name] for name in ("index1", "middle1", "ring1", "pinky1")})


def fit_fingers(
    people: Keypoints, body: BodyState, chain: Chain, in_time: bool = False
) -> Float[Tensor, "people 30 3 3"]:
    """Local rotations of both hands' fingers; half open where no hand was found. The body's wrists are turned along.

    Args:
        people: with hands.
        body: fitted; the local rotations of its wrists are changed in place.
        chain: the body's joints, and the points fixed to them.
        in_time: the rows are the frames of one person.
    """
    relaxed = rot.rotvec_to_rotmat(stance("stand", grounded=False).rotations[BODY_JOINTS:].double())
    fingers = relaxed[None].expand(len(people), -1, -1, -1).clone()
    if people.hands_world is None:
        return fingers
    posed = chain.posed(body)
    for number, side in enumerate(("left", "right")):
        world = people.hands_world[:, number].double()
        here = torch.isfinite(world).all(-1).all(-1)
        if not bool(here.any()):
            continue
        wrist = JOINT_INDEX[f"{side}_wrist"]
        own = [i for i in range(BODY_JOINTS, ALL_JOINTS) if JOINT_NAMES[i].startswith(side)]
        hand = _fitted(world[here], posed.rotations[here, wrist], side, own, fingers[here], in_time)
        fingers[here.nonzero(), torch.tensor(own)[None] - BODY_JOINTS] = hand[:, 1:]
        above = posed.rotations[here, PARENTS[wrist]]
        body.local[here, wrist] = above.mT @ hand[:, 0]
    return fingers


def _fitted(
    world: Float[Tensor, "hands 21 3"],
    wrist: Float[Tensor, "hands 3 3"],
    side: str,
    own: list[int],
    start: Float[Tensor, "hands 30 3 3"],
    in_time: bool,
) -> Float[Tensor, "hands 16 3 3"]:
    """Global rotation of the wrist, and local ones of the fingers in the order of `own`."""
    chain, rows = _hand_chain(side, own)
    local = torch.cat([wrist[:, None], start[:, [joint - BODY_JOINTS for joint in own]]], dim=1)
    state = BodyState(local, torch.zeros(len(world), 3, dtype=torch.float64))
    there = (world - world[:, :1])[:, rows]
    weight = torch.ones_like(there)
    prior = torch.full((len(own) + 1, 3), _PRIOR, dtype=torch.float64)
    prior[:, 2] = _FLEXION
    prior[0] = 0
    held = torch.zeros(len(own) + 1, 3, dtype=torch.float64)
    held[0] = _WRIST
    for _ in range(_ROUNDS):
        points = chain.posed(state).points - state.root[:, None]
        size = (points * there).sum((-1, -2)) / points.square().sum((-1, -2))
        target = there / size.clamp(0.4, 2.0)[:, None, None]
        terms: list[Term] = [SpacePoints(target, weight, _ROBUST), RotationPrior(prior), NearRotations(local, held)]
        if in_time and len(world) > 1:
            smooth = torch.full((len(own) + 1, 3), _SMOOTH, dtype=torch.float64)
            terms.append(NearRotations(smoothed(state.local), smooth))
        state = solve(chain, terms, state, _STEPS)
    return state.local


def smoothed(local: Float[Tensor, "frames joints 3 3"]) -> Float[Tensor, "frames joints 3 3"]:
    """Rotations half way to the mean of the frames before and after: all the way, odd and even frames would swing."""
    return local @ rot.rotvec_to_rotmat(rot.rotmat_to_rotvec(local.mT @ neighbours(local)) / 2)


@lru_cache(maxsize=2)
def _hand_chain_of(side: str, own: tuple[int, ...]) -> tuple[Chain, tuple[int, ...]]:
    wrist = JOINT_INDEX[f"{side}_wrist"]
    joints = [wrist, *own]
    place = {joint: index for index, joint in enumerate(joints)}
    offsets = rest_offsets()[joints].double()
    offsets[0] = 0
    parents = (-1, *(place[PARENTS[joint]] for joint in own))
    joint = [place[JOINT_INDEX[f"{side}_{name}"]] for name in HAND_JOINTS]
    rows = list(HAND_ROWS)
    fixed = [torch.zeros(3, dtype=torch.float64) for _ in joint]
    for finger in range(5):
        last = joint[3 * finger + 2]
        joint.append(last)
        fixed.append(offsets[last] / offsets[last].norm() * _TIP)
        rows.append(4 * finger + 4)
    joint.append(0)
    fixed.append(torch.zeros(3, dtype=torch.float64))
    rows.append(0)
    return Chain(parents, offsets, torch.tensor(joint), torch.stack(fixed)), tuple(rows)


def _hand_chain(side: str, own: list[int]) -> tuple[Chain, list[int]]:
    chain, rows = _hand_chain_of(side, tuple(own))
    return chain, list(rows)
