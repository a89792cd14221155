"""People who were never drawn: other poses, with the errors that the landmarks of drawn people have.

Drawing a person and looking for the landmarks takes a tenth of a second. Here a pose of somebody else takes over, from
a drawn person who holds the body much alike before the camera, by how far each landmark was from where it should be,
what was seen, and where the region lay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.keypoints.body import POINTS
from poseloom.tasks.lifting.batch import LiftingBatch, carried_joints
from poseloom.tasks.lifting.drawing import HIGHEST, LEVEL, LEVEL_MEAN, LEVEL_SPREAD, LOWEST
from poseloom.tasks.lifting.poses import varied_poses
from poseloom.tasks.mesh_recovery.body_landmarks import body_places

_ROLL = math.radians(4.5)
_ALIKE = 6
"""Of so many people who are most alike, one lends the errors."""
_COMPARED = 30_000
"""Drawn people that are compared with a pose; others for each run of poses."""
_AT_ONCE = 512
_LEAST_SEEN = 0.05
_SMALLER, _LARGER = 0.6, 1.6
"""Size in the region beside that of the person who lends."""
_SAME_PLACE = {1: 2, 3: 2, 4: 5, 6: 5}
"""Corners of the eyes, which lie where the eyes do."""
_HIPS = [23, 24]
_SEED = 1_000_003


@dataclass(frozen=True, eq=False)
class _Errors:
    """What drawn people lend.

    Args:
        joints: from the pelvis, by which they are compared.
        numbers: as the lifter sees them, eight for each landmark.
        turn: sine and cosine of the regions' turns.
        flat: error of x, y and z in the region.
        world: error in space.
        scale, shift: from metres to the region.
        reach: metres from the hips to the farthest landmark across the region.
    """

    joints: Float[Tensor, "people 66"]
    numbers: Float[Tensor, "people 33 8"]
    turn: Float[Tensor, "people 2"]
    flat: Float[Tensor, "people 33 3"]
    world: Float[Tensor, "people 33 3"]
    scale: Float[Tensor, " people"]
    shift: Float[Tensor, "people 2"]
    reach: Float[Tensor, " people"]


def lent_people(
    drawn: LiftingBatch, count: int, captured: Float[Tensor, "poses 22 3"] | None = None, seed: int = 0
) -> LiftingBatch:
    """People in poses of their own with the errors of drawn people.

    Args:
        drawn: people who were drawn and looked at; they lend in the mirror as well.
        count: how many are made.
        captured: body poses of motion capture to draw from, beside sampled ones.
        seed: the same seed makes the same people.
    """
    generator = torch.Generator().manual_seed(seed)
    mirrored = drawn.mirrored(torch.ones(len(drawn), dtype=torch.bool))
    errors = _errors_of(LiftingBatch.joined([drawn, mirrored]))
    poses = varied_poses(count, _SEED + seed, captured)[:, :BODY_JOINTS]
    local = rot.rotvec_to_rotmat(poses)
    local = torch.cat([(_views(count, generator) @ local[:, 0])[:, None], local[:, 1:]], dim=1)
    return LiftingBatch.joined([_lent(errors, some, generator) for some in local.split(_AT_ONCE)])


def _views(count: int, generator: torch.Generator) -> Float[Tensor, "count 3 3"]:
    """From the world to the axes of regions: from all sides and heights, as `draw_person` looks at people."""
    azimuth = torch.rand(count, generator=generator) * 2 * math.pi
    level = LEVEL_MEAN + LEVEL_SPREAD * torch.randn(count, generator=generator)
    any_height = LOWEST + (HIGHEST - LOWEST) * torch.rand(count, generator=generator)
    elevation = torch.where(torch.rand(count, generator=generator) < LEVEL, level, any_height).deg2rad()
    roll = _ROLL * torch.randn(count, generator=generator)
    turned = rot.axis_to_rotmat(elevation, "X") @ rot.axis_to_rotmat(azimuth, "Y")
    return rot.axis_to_rotmat(roll, "Z") @ turned


def _errors_of(drawn: LiftingBatch) -> _Errors:
    """How far landmarks are from where a body of average size has them, best laid over each other."""
    numbers = drawn.numbers[:, :-2].unflatten(1, (POINTS, 8))
    true = torch.cat([landmarks_of(some) for some in drawn.local.split(_AT_ONCE)])
    seen = numbers[..., 3].clamp_min(_LEAST_SEEN) * numbers[..., 7].clamp_min(_LEAST_SEEN)
    share = (seen / seen.sum(1, keepdim=True))[..., None]
    flat, across = numbers[..., :2], true[..., :2]
    means = [(share * values).sum(1, keepdim=True) for values in (across, flat)]
    own, there = across - means[0], flat - means[1]
    scale = (share * own * there).sum((1, 2)) / (share * own.square()).sum((1, 2))
    shift = means[1][:, 0] - scale[:, None] * means[0][:, 0]
    return _Errors(
        drawn.joints.flatten(1),
        numbers,
        drawn.numbers[:, -2:],
        numbers[..., :3] - _in_region(true, scale, shift),
        numbers[..., 4:7] - 2 * true,
        scale,
        shift,
        _reach(true),
    )


def _lent(errors: _Errors, local: Float[Tensor, "n 22 3 3"], generator: torch.Generator) -> LiftingBatch:
    joints, true = carried_joints(local), landmarks_of(local)
    lender = _alike(errors, joints.flatten(1), generator)
    scale = errors.scale[lender] * (errors.reach[lender] / _reach(true)).clamp(_SMALLER, _LARGER)
    numbers = errors.numbers[lender].clone()
    numbers[..., :3] = _in_region(true, scale, errors.shift[lender]) + errors.flat[lender]
    numbers[..., 4:7] = 2 * true + errors.world[lender]
    return LiftingBatch(torch.cat([numbers.flatten(1), errors.turn[lender]], dim=1), local, joints)


def _alike(errors: _Errors, joints: Float[Tensor, "n 66"], generator: torch.Generator) -> Int[Tensor, " n"]:
    """For each pose a drawn person whose joints lie near."""
    some = torch.randperm(len(errors.joints), generator=generator)[:_COMPARED]
    kept = min(_ALIKE, len(some))
    nearest = torch.cdist(joints, errors.joints[some]).topk(kept, largest=False).indices
    return some[nearest.gather(1, torch.randint(kept, (len(joints), 1), generator=generator))[:, 0]]


def landmarks_of(local: Float[Tensor, "n 22 3 3"]) -> Float[Tensor, "n 33 3"]:
    """Where the landmarks of the average body are, metres from the middle of the hips."""
    offsets = rest_offsets()[:BODY_JOINTS].to(local)
    turned, joints = forward_kinematics(local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    places = body_places()
    beside = turned[:, places.joint] @ places.offset.to(local)[..., None]
    points = local.new_zeros(len(local), POINTS, 3)
    points[:, list(places.rows)] = joints[:, places.joint] + beside[..., 0]
    points[:, list(_SAME_PLACE)] = points[:, list(_SAME_PLACE.values())]
    return points - points[:, _HIPS].mean(1, keepdim=True)


def _in_region(
    points: Float[Tensor, "n 33 3"], scale: Float[Tensor, " n"], shift: Float[Tensor, "n 2"]
) -> Float[Tensor, "n 33 3"]:
    moved = scale[:, None, None] * points
    return torch.cat([moved[..., :2] + shift[:, None], moved[..., 2:]], dim=-1)


def _reach(points: Float[Tensor, "n 33 3"]) -> Float[Tensor, " n"]:
    return points[..., :2].norm(dim=-1).amax(1)
