"""The 35 points that posecodes measure: 24 joints and 11 virtual points between them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES

HAND_LENGTH = 0.1367
"""Metres from the wrist to the stand-in for the middle finger, where only body joints are given (PoseScript)."""

_FINGERS = ("left_middle2", "right_middle2")
_MEANS = {
    "left_hand": ("left_wrist", "left_middle2"),
    "right_hand": ("right_wrist", "right_middle2"),
    "torso": ("pelvis", "neck", "spine3"),
    "left_thigh": ("left_hip", "left_knee"),
    "right_thigh": ("right_hip", "right_knee"),
    "left_shin": ("left_knee", "left_ankle"),
    "right_shin": ("right_knee", "right_ankle"),
    "left_upperarm": ("left_shoulder", "left_elbow"),
    "right_upperarm": ("right_shoulder", "right_elbow"),
    "left_forearm": ("left_elbow", "left_wrist"),
    "right_forearm": ("right_elbow", "right_wrist"),
}

POINT_NAMES: tuple[str, ...] = (*JOINT_NAMES[:BODY_JOINTS], *_FINGERS, *_MEANS)
"""Names of the 35 points: body joints, one joint of each middle finger, then the virtual points."""
POINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(POINT_NAMES)}

_NORM_FLOOR = 1e-12
_KEPT = [*range(BODY_JOINTS), *(JOINT_INDEX[name] for name in _FINGERS)]


def prepare(joints: Float[Tensor, "*batch joints 3"]) -> Float[Tensor, "*batch 35 3"]:
    """The measured points of poses.

    Args:
        joints: 22 body joints, or at least 52 joints of which the first 52 are in SMPL-H order; metres, y up,
            facing +z. Of 22 joints the hands are lengthened straight on from the forearms.

    Raises:
        PoseloomError: another number of joints.
    """
    check_joints(joints)
    batch = joints.shape[:-2]
    points = points_first(joints.reshape(-1, *joints.shape[-2:]).float())
    return points.permute(2, 1, 0).reshape(*batch, len(POINT_NAMES), 3)


def check_joints(joints: Tensor) -> None:
    """Refuse what is not (..., 22 or at least 52, 3)."""
    if not isinstance(joints, Tensor) or joints.ndim < 2 or joints.shape[-1] != 3:
        got = tuple(joints.shape) if isinstance(joints, Tensor) else type(joints).__name__
        raise PoseloomError(f"joints: expected a tensor (..., 22 or at least 52, 3), got {got}")
    if joints.shape[-2] != BODY_JOINTS and joints.shape[-2] < ALL_JOINTS:
        raise PoseloomError(
            f"joints: expected 22 or at least 52 joints, got {joints.shape[-2]}; give them in the order of "
            "poseloom.pose.joints.JOINT_NAMES"
        )


def points_first(joints: Float[Tensor, "poses joints 3"]) -> Float[Tensor, "3 35 poses"]:
    """`prepare` with coordinates and points in front, so that each is one run of memory over the poses."""
    points = joints.new_empty(3, len(POINT_NAMES), joints.shape[0])
    if joints.shape[1] == BODY_JOINTS:
        points[:, :BODY_JOINTS] = joints.permute(2, 1, 0)
        for side, finger in zip(("left", "right"), _FINGERS, strict=True):
            wrist = points[:, POINT_INDEX[f"{side}_wrist"]]
            forearm = wrist - points[:, POINT_INDEX[f"{side}_elbow"]]
            length = forearm.square().sum(0).sqrt_().clamp_min_(_NORM_FLOOR)
            points[:, POINT_INDEX[finger]] = wrist + HAND_LENGTH * forearm / length
    else:
        points[:, : len(_KEPT)] = joints[:, _KEPT].permute(2, 1, 0)
    for name, sources in _MEANS.items():
        total = points[:, POINT_INDEX[sources[0]]]
        for source in sources[1:]:
            total = total + points[:, POINT_INDEX[source]]
        torch.div(total, len(sources), out=points[:, POINT_INDEX[name]])
    return points
