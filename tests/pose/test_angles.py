"""The table of angles: the numbers of the movement angles, with definitions whose signs hold."""

import math

import pytest
import torch

import poseloom
from poseloom.pose import Clip, Pose
from poseloom.pose.angles import angle_definitions, angles_of
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.skeleton import rest_offsets


def posed(name: str, degrees: float) -> torch.Tensor:
    angles = torch.zeros(len(MOVEMENTS))
    angles[MOVEMENT_INDEX[name]] = math.radians(degrees)
    return to_matrices(angles)


@pytest.mark.parametrize("name", MOVEMENTS)
def test_each_angle_is_read_in_its_own_column_in_degrees(name):
    clip = Clip(Pose.from_matrices(torch.stack([posed(name, 0), posed(name, 20)])), 25.0)
    table = angles_of(clip)
    expected = torch.zeros(2, 57)
    expected[1, table.names.index(name)] = 20
    assert torch.allclose(table.degrees, expected, atol=1e-3)
    assert table.seconds.tolist() == [0, 0.04]
    assert table.column(name)[1] == pytest.approx(20, abs=1e-3)


def test_every_angle_has_a_definition_with_its_side():
    table = angle_definitions()
    assert tuple(table) == MOVEMENTS
    assert all(row.side in ("left", "right", "middle") and row.meaning and row.positive for row in table.values())
    assert table["left_knee_flexion"].clinical_range == (0, 150) or table["left_knee_flexion"].clinical_range[1] > 120
    assert table["left_hip_flexion"].joint == "hip"
    assert table["left_shoulder_twist"].clinical_range is None  # its limits are of another measure


FORWARD, UP, OUT, TO_RIGHT = 2, 1, 0, 0
DIRECTIONS = [
    ("root_flexion", "head", FORWARD, 1),
    ("root_side", "head", TO_RIGHT, -1),
    ("trunk_flexion", "head", FORWARD, 1),
    ("trunk_side", "head", TO_RIGHT, -1),
    ("left_hip_flexion", "left_knee", FORWARD, 1),
    ("left_hip_abduction", "left_knee", OUT, 1),
    ("right_hip_abduction", "right_knee", OUT, -1),
    ("left_knee_flexion", "left_ankle", FORWARD, -1),
    ("right_knee_sway", "right_ankle", OUT, -1),
    ("left_ankle_flexion", "left_foot", UP, -1),
    ("right_collar_protraction", "right_shoulder", FORWARD, 1),
    ("right_collar_elevation", "right_shoulder", UP, 1),
    ("right_shoulder_swing", "right_elbow", FORWARD, 1),
    ("left_shoulder_elevation", "left_elbow", UP, 1),
    ("right_elbow_flexion", "right_wrist", FORWARD, 1),
    ("right_elbow_sway", "right_wrist", UP, 1),
]


@pytest.mark.parametrize(("name", "joint", "axis", "sign"), DIRECTIONS)
def test_positive_angles_go_where_the_definitions_say(name, joint, axis, sign):
    places = [
        forward_kinematics(posed(name, degrees), rest_offsets()[:22], PARENTS[:22])[1][JOINT_INDEX[joint]]
        for degrees in (0, 20)
    ]
    assert sign * (places[1] - places[0])[axis] > 0.02


@pytest.mark.parametrize("side", ["left", "right"])
def test_outward_rotation_turns_the_toes_outward(side):
    foot = JOINT_INDEX[f"{side}_foot"]
    places = [
        forward_kinematics(posed(f"{side}_hip_rotation", degrees), rest_offsets()[:22], PARENTS[:22])[1][foot]
        for degrees in (0, 20)
    ]
    assert (places[1] - places[0])[0] * (1 if side == "left" else -1) > 0.02


def test_poses_are_taken_as_well():
    assert len(poseloom.angles(Pose.identity(3))) == 3
    assert len(poseloom.angles(Pose.identity())) == 1
