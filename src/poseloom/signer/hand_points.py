"""Points of a hand in its own frame: joints, finger tips, and the sites that the notation names.

The frame of a hand has its origin at the wrist and the axes (fingers, palm, thumb): along the straight fingers, out of
the palm, towards the thumb's side. It is the same for both hands, whose bones mirror each other.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.hands import HAND_JOINTS, finger_rotations
from poseloom.pose.joints import FINGERS, JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets

TIP_LENGTHS = {"index": 0.031, "middle": 0.028, "pinky": 0.034, "ring": 0.024, "thumb": 0.033}
"""Metres from a finger's last joint to its tip, measured on the free body's fine mesh."""
FINGER_RADIUS = 0.008
"""Metres, half the thickness of a finger near its tip."""

_FIRST = JOINT_INDEX["right_index1"]
_TO_HAND_FRAME = torch.tensor([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
"""From the axes of the T-pose to those of the right hand: fingers along -X, palm down, thumb to the front."""


@lru_cache(maxsize=1)
def _tree() -> tuple[Tensor, tuple[int, ...], Tensor]:
    """Offsets of wrist, finger joints and tips, their parents, and which rows are tips."""
    wrist = JOINT_INDEX["right_wrist"]
    offsets = [torch.zeros(3), *rest_offsets()[_FIRST : _FIRST + HAND_JOINTS]]
    own = [PARENTS[_FIRST + joint] for joint in range(HAND_JOINTS)]
    parents = [-1, *(0 if parent == wrist else parent - _FIRST + 1 for parent in own)]
    for place, finger in enumerate(FINGERS):
        offsets.append(torch.tensor([-TIP_LENGTHS[finger], 0.0, 0.0]))
        parents.append(place * 3 + 3)
    return torch.stack(offsets), tuple(parents), torch.arange(HAND_JOINTS + 1, HAND_JOINTS + 1 + len(FINGERS))


def hand_points(
    angles: Float[Tensor, "*batch 5 4"],
) -> tuple[Float[Tensor, "*batch 5 4 3"], Float[Tensor, "*batch 5 3 3"]]:
    """Where the fingers are.

    Args:
        angles: how the hand is bent, radians, as `poseloom.pose.hands` defines them.

    Returns:
        Joints 1 to 3 and tip of every finger (order of `joints.FINGERS`), metres in the hand's frame; and for each
        finger its last bone's frame: columns along the finger, out of its pad, towards the thumb's side.
    """
    offsets, parents, tips = _tree()
    local = rot.rotvec_to_rotmat(finger_rotations(angles, "right"))
    eye = torch.eye(3, dtype=angles.dtype).expand(*angles.shape[:-2], 1, 3, 3)
    ends = eye.expand(*angles.shape[:-2], len(FINGERS), 3, 3)
    turned, points = forward_kinematics(torch.cat([eye, local, ends], dim=-3), offsets.to(angles), parents)
    change = _TO_HAND_FRAME.to(angles)
    points = points @ change.T
    joints = points[..., 1 : HAND_JOINTS + 1, :].unflatten(-2, (len(FINGERS), 3))
    frames = change @ turned[..., tips, :, :] @ change.T
    return torch.cat([joints, points[..., tips, None, :]], dim=-2), frames
