"""How models see a user's pose: without heading; the published ones with Z up and hands, as PoseScript prepares poses.

A published model was trained on AMASS poses: Z up, the turn about Z taken from the root, 52 joints of SMPL-H.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import about_axis, to_axis_angle, to_matrix
from poseloom.pose.types import Pose, heading


def flat(pose: Pose) -> Pose:
    """The rotations of poses with one leading axis, detached, as 32-bit numbers on the CPU.

    Raises:
        PoseloomError: it is no pose.
    """
    if not isinstance(pose, Pose):
        remedy = "give its .poses" if hasattr(pose, "poses") else "poseloom.load reads one from a file"
        raise PoseloomError(f"expected a Pose, got {type(pose).__name__}; {remedy}")
    return Pose(pose.rotations.detach().to("cpu", torch.float32)).reshape(-1)


def one_pose(pose: Pose) -> Pose:
    """The pose itself, without leading axes.

    Raises:
        PoseloomError: there are several poses, or none.
    """
    if flat(pose).batch_shape != (1,):
        raise PoseloomError(f"expected one pose, got a batch of {tuple(pose.batch_shape)}; choose one")
    return pose.detach().to("cpu", torch.float32).reshape()


def pairs(first: Pose, second: Pose) -> tuple[Pose, Pose]:
    """Pairs with one leading axis, both poses turned so that the first has no heading: the turn between them stays.

    Raises:
        PoseloomError: another number of second poses than of first ones.
    """
    from poseloom.tasks.common.pair_examples import together

    before, after = flat(first), flat(second)
    if len(before) != len(after):
        raise PoseloomError(f"pairs: expected as many second poses as first ones, got {len(before)} and {len(after)}")
    if before.joints != after.joints:
        before, after = before.with_hands(), after.with_hands()
    return together(before, after)


def published(pose: Pose, joints: int) -> Float[Tensor, "*batch joints 3"]:
    """Rotations as a published model takes them; the pose has no heading. Hands that were not given are flat."""
    rotations = pose.turned(_y_up_to_z_up()).with_hands().rotations
    return rotations[..., :joints, :]


def from_published(rotations: Float[Tensor, "*batch joints 3"]) -> Pose:
    """A published model's pose in our axes."""
    return Pose(rotations.detach()).turned(_y_up_to_z_up().T)


def put_back(changed: Pose, original: Pose) -> Pose:
    """Changed poses without heading, placed as the original: heading, translation, shape and face are the original's.

    Args:
        changed: with one leading axis; the hands are the original's where it has none of its own.
        original: a single pose.
    """
    turn = about_axis(heading(original.rotations[0]), "Y")
    root = to_axis_angle(turn @ to_matrix(changed.rotations[:, 0]))
    rotations = torch.cat([root[:, None], changed.rotations[:, 1:]], dim=1)[:, : original.joints]
    if rotations.shape[1] < original.joints:
        hands = original.rotations[BODY_JOINTS:].expand(len(changed), -1, -1).to(rotations)
        rotations = torch.cat([rotations, hands], dim=1)
    repeated = original.reshape(1)[torch.zeros(len(changed), dtype=torch.long)]
    return replace(repeated, rotations=rotations)


def _y_up_to_z_up() -> Tensor:
    from poseloom.formats.amass import Z_UP_TO_Y_UP

    return torch.tensor(Z_UP_TO_Y_UP).T
