"""From the paths of both hands to the poses of a body: clear of itself, with arms, girdle, head and fingers."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.hands import with_hand_shapes
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer.arms import SignerArms, resolve_arms, solve_arms
from poseloom.signer.clearance import TwoHands, kept_clear, slower_at_shoulders, smooth_over_time
from poseloom.signer.frames import SIDES, hand_axes
from poseloom.signer.girdle import Girdle, girdle_of, head_turn
from poseloom.signer.hand_spheres import hand_spheres
from poseloom.signer.stage import Stage
from poseloom.signer.tangles import Arms
from poseloom.signer.trunk import trunk_distance
from poseloom.signer.untangling import untangled

_KERNEL = (0.25, 0.5, 0.25)
"""Weights of neighbouring frames, which take the edge off every corner."""
_SPINE = ("spine1", "spine2", "spine3")
_NECK_SHARE = 0.5
_ROUNDS = 2
"""How often wrists are set anew to where their anchors stay, as the arm turns with them."""
_TAKES, _EVEN = 0.7, 1.0
"""Share of the way that they go each time; frames, standard deviation, over which it is evened out."""
_COARSE = 4
"""Frames between two that are thought of where arms are found for the first time."""
_GOES_ALONG, _FREES = 0.04, 0.08
"""Metres from the skin up to which a point goes with the chest, and on which it becomes free of it."""
_SAME = 1e-6
"""Radians within which two hand shapes are one."""


def pose_of(stages: list[Stage]) -> Pose:
    """52 joints for what both hands do in all stages."""
    points, rotations, angles, anchors, signs = (
        _smooth(torch.cat([getattr(stage, name) for stage in stages]))
        for name in ("points", "rotations", "angles", "anchors", "signing")
    )
    hands = rot.polar_rotmat(rotations)
    own = _own_spheres(angles)
    two = TwoHands(
        _turned(own, hands),
        torch.cat([stage.meetings for stage in stages]),
        torch.cat([stage.gives_way for stage in stages]),
        torch.cat([stage.friction for stage in stages]),
    )
    first = solve_arms(points, hands, stride=_COARSE)
    bound = torch.cat([stage.bounds for stage in stages])
    meant = points + _in_world(anchors, hands)
    points = slower_at_shoulders(kept_clear(points, two.with_forearms(first.elbow_points, first.geometry.wrist)))
    held = points + _in_world(anchors, hands)
    girdle = girdle_of(first.elbow_points, first.geometry.wrist, hands @ first.hands.transpose(-1, -2), signs)
    turned = rot.rotvec_to_rotmat(girdle.trunk).transpose(-1, -2)[:, None] @ hands
    held = _seen_from_chest(held, girdle.trunk)
    meant = torch.lerp(held, _seen_from_chest(meant, girdle.trunk), bound.amax(-1, keepdim=True))
    arms = solve_arms(held - _in_world(anchors, first.hands), turned, girdle.shoulders)
    points, direct = held - _in_world(anchors, first.hands), held - _in_world(anchors, turned)
    for _ in range(_ROUNDS):
        wanted = held - _in_world(anchors, arms.hands)
        points = direct + smooth_over_time(torch.lerp(points, wanted, _TAKES) - direct, _EVEN)
        arms = resolve_arms(points, turned, arms, girdle.shoulders)
    found = untangled(Arms(points, turned, arms.swivels, girdle.shoulders, anchors, meant, bound, own, two.meeting))
    if found.points is not points:
        points, arms = found.points, found.solved()
    return _assembled(points, arms, girdle, angles, signs)


def _seen_from_chest(points: Float[Tensor, "frames 2 3"], trunk: Float[Tensor, "frames 3"]) -> Tensor:
    """Points in front of the body in the axes of a chest that turns, so that they stay in the world where they are.

    Points at the skin go with it.
    """
    lower, middle, upper = (rest_offsets()[JOINT_INDEX[name]] for name in _SPINE)
    turns = [rot.rotvec_to_rotmat(trunk * share / len(_SPINE)) for share in (1, 2, 3)]
    chest = lower + turns[0] @ middle + turns[1] @ upper
    seen = (points - chest[:, None]) @ turns[2] + (lower + middle + upper)
    free = ((trunk_distance(points) - _GOES_ALONG) / _FREES).clamp(0, 1)[..., None]
    return points + free * (seen - points)


def _in_world(anchors: Float[Tensor, "frames 2 3"], hands: Float[Tensor, "frames 2 3 3"]) -> Tensor:
    """From the wrists to the anchors."""
    axes = torch.stack([hand_axes(hands[:, index], side) for index, side in enumerate(SIDES)], dim=1)
    return (axes @ anchors[..., None])[..., 0]


def _assembled(points: Tensor, arms: SignerArms, girdle: Girdle, angles: Tensor, signs: Tensor) -> Pose:
    body = torch.zeros(len(points), BODY_JOINTS, 3)
    body[:, [JOINT_INDEX[name] for name in _SPINE]] = girdle.trunk[:, None] / len(_SPINE)
    head = head_turn(points, signs)
    body[:, JOINT_INDEX["neck"]], body[:, JOINT_INDEX["head"]] = _NECK_SHARE * head, (1 - _NECK_SHARE) * head
    shoulder = girdle.collars.transpose(-1, -2) @ arms.shoulder
    local = torch.stack([girdle.collars, shoulder, arms.elbow, arms.wrist], dim=1)
    vectors = rot.rotmat_to_rotvec(local)
    for place, name in enumerate(("collar", "shoulder", "elbow", "wrist")):
        body[:, [JOINT_INDEX[f"{side}_{name}"] for side in SIDES]] = vectors[:, place]
    return Pose(with_hand_shapes(body, angles[:, 0], angles[:, 1]))


def _own_spheres(angles: Float[Tensor, "frames 2 5 4"]) -> Float[Tensor, "frames 2 spheres 3"]:
    """Of both hands in their own frames; worked out where the fingers move."""
    changes = (angles[1:] - angles[:-1]).abs().amax((1, 2, 3)) > _SAME
    first = torch.cat([torch.tensor([True]), changes])
    return hand_spheres(angles[first])[first.cumsum(0) - 1]


def _turned(own: Float[Tensor, "frames 2 spheres 3"], hands: Float[Tensor, "frames 2 3 3"]) -> Tensor:
    """From the wrists in the world's axes."""
    axes = torch.stack([hand_axes(hands[:, index], side) for index, side in enumerate(SIDES)], dim=1)
    return own @ axes.transpose(-1, -2)


def _smooth(values: Float[Tensor, "frames *own"]) -> Float[Tensor, "frames *own"]:
    before, after = torch.cat([values[:1], values[:-1]]), torch.cat([values[1:], values[-1:]])
    return _KERNEL[0] * before + _KERNEL[1] * values + _KERNEL[2] * after
