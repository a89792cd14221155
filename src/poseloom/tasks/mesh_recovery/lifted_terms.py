"""What a lifter adds to the fit: where it starts, the depth of the landmarks, and how far rotations are to be moved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.fitting.terms import NearRotations, SpacePoints, Term
from poseloom.pose import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.body_landmarks import body_places

_HIPS = (JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"])


@dataclass(frozen=True)
class LiftedWeights:
    """How much the lifter counts beside the points of the picture.

    Args:
        turn: metres that a rotation is worth which is moved by the error that the lifter foresees.
        depth: of the landmarks' depth, as the lifter has it.
        flat: the same of their x and y.
        error: metres of foreseen error from which on a joint counts less.
        upright: shoulders above the hips in depth, for those who face the camera.
        robust: metres from which on a depth is an outlier.
    """

    turn: float = 0.1
    depth: float = 1.0
    flat: float = 0.1
    error: float = 0.06
    upright: float = 0.3
    robust: float = 0.3


def lifted_state(lifted: Lifted) -> tuple[Float[Tensor, "people 22 3 3"], Float[Tensor, "people 3"]]:
    """Rotations and place of the pelvis with the middle of the hips at the origin, where a fit starts."""
    local = lifted.local.double()
    offsets = rest_offsets()[:BODY_JOINTS].double()
    joints = forward_kinematics(local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))[1]
    return local, -joints[:, _HIPS].mean(1)


def lifted_points(lifted: Lifted) -> Float[Tensor, "people points 3"]:
    """The landmarks as the lifter has them, from the middle of the hips, metres on the average body."""
    places = body_places()
    offsets = rest_offsets()[:BODY_JOINTS].double()
    turned, _ = forward_kinematics(lifted.local.double(), offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    joints = lifted.joints.double()
    carried = (turned[:, places.joint] @ places.offset[..., None]).squeeze(-1)
    return joints[:, places.joint] + carried - joints[:, _HIPS].mean(1, keepdim=True)


def lifted_terms(
    lifted: Lifted, weight: Float[Tensor, "people points"], free: Bool[Tensor, "people 22"], weights: LiftedWeights
) -> list[Term]:
    """Depth of the landmarks, and rotations near to those of the lifter.

    Args:
        lifted: what the lifter says.
        weight: weight of each landmark; beyond them the chain's points are free.
        free: joints whose rotations the lifter does not hold.
        weights: weights of the energies.
    """
    points = lifted_points(lifted)
    sure = (weights.error / lifted.place_error.double()).clamp(max=1.0)[:, body_places().joint]
    each = points.new_tensor([weights.flat, weights.flat, weights.depth])
    more = weight.shape[1] - points.shape[1]
    target = torch.nn.functional.pad(points, (0, 0, 0, more))
    sure = torch.nn.functional.pad(sure, (0, more))
    held = weights.turn / lifted.turn_error.double() * ~free
    return [
        SpacePoints(target, (weight * sure)[..., None] * each, weights.robust),
        NearRotations(lifted.local.double(), held[..., None].expand(-1, -1, 3)),
    ]
