"""Poses for the tests of words: base stances, and single joints turned by hand."""

from __future__ import annotations

import math

import pytest
import torch

from poseloom.pose import Pose
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.rotations import euler_to_rotmat, rotmat_to_rotvec


def turned(**joints: tuple[str, tuple[float, ...]]) -> Pose:
    """Standing with hanging arms, then each named joint set to (axes, degrees), such as ("ZX", (40, 10))."""
    rotations = torch.zeros(BODY_JOINTS, 3)
    given = {"left_shoulder": ("Z", (-75,)), "right_shoulder": ("Z", (75,)), **joints}
    for name, (axes, degrees) in given.items():
        angles = torch.tensor([math.radians(one) for one in degrees])
        rotations[JOINT_INDEX[name]] = rotmat_to_rotvec(euler_to_rotmat(angles, axes))
    return Pose(rotations)


@pytest.fixture(scope="session")
def build():
    """build(left_knee=("X", (90,))) -> Pose."""
    return turned


@pytest.fixture(scope="session")
def real_poses(shared_data):
    """Real poses far from each other; skipped where the data are absent."""
    import numpy as np

    arrays = np.load(shared_data("mocap") / "val.npz")
    chosen = arrays["fps_order"][:400]
    return Pose(torch.from_numpy(arrays["pose"][chosen].astype(np.float32)))
