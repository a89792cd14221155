"""Poses by hand and a body that knows nothing of bones."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from poseloom.body import Mesh, PosedBody, default_body
from poseloom.pose import JOINT_INDEX, Pose, stack


def turned(**joints: tuple[float, float, float]) -> Pose:
    """The T-pose with some joints' axis-angle vectors in degrees."""
    rotations = torch.zeros(52, 3)
    for name, degrees in joints.items():
        rotations[JOINT_INDEX[name]] = torch.tensor(degrees) * math.pi / 180
    return Pose(rotations)


ARMS_DOWN = {"left_shoulder": (0.0, 0.0, -74.0), "right_shoulder": (0.0, 0.0, 74.0)}


@pytest.fixture(scope="session")
def poses() -> Pose:
    """T-pose, standing, on the back, on the left side, hands overhead with bent knees."""
    return stack(
        [
            turned(),
            turned(**ARMS_DOWN),
            turned(pelvis=(-90, 0, 0), **ARMS_DOWN),
            turned(pelvis=(0, 0, -90), **ARMS_DOWN),
            turned(
                left_shoulder=(0, 0, 80),
                right_shoulder=(0, 0, -80),
                left_hip=(-90, 0, 0),
                right_hip=(-90, 0, 0),
                left_knee=(90, 0, 0),
                right_knee=(90, 0, 0),
            ),
        ]
    )


@pytest.fixture(scope="session")
def crossed_arms() -> Pose:
    """Standing, the arms crossed before the chest."""
    shoulders = {"left_shoulder": (0, -60, -50), "right_shoulder": (0, 60, 50)}
    return turned(**shoulders, left_elbow=(0, -90, 0), right_elbow=(0, 90, 0))


class PlainBody:
    """The free body's preview mesh behind the bare protocol, without bone names."""

    shape_model = "smpl"

    def __init__(self) -> None:
        self._body = default_body("preview")
        self.faces = self._body.faces

    def joints(self, pose: Pose) -> torch.Tensor:
        return self._body.joints(pose)[..., :22, :]

    def shaped(self, shape=None):
        return self._body.shaped(shape)

    def posed(self, pose: Pose) -> PosedBody:
        posed = self._body.posed(pose)
        return dataclasses.replace(posed, joints=posed.joints[..., :22, :])

    def mesh(self, pose: Pose) -> Mesh:
        return self._body.mesh(pose)

    def skeleton(self, shape=None):
        return self._body.skeleton(shape)


@pytest.fixture(scope="session")
def plain_body() -> PlainBody:
    return PlainBody()


@pytest.fixture(scope="session")
def preview():
    return default_body("preview")
