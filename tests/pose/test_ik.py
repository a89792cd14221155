"""Laws of inverse kinematics: what can be reached is, ranges hold, pins stay, small steps turn little."""

import math

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import JOINT_INDEX, Pose, stance
from poseloom.pose.contact import ContactFigure
from poseloom.pose.ik import HANDLES, Reached, reach
from poseloom.pose.ranges import degrees_over
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.skeleton import rest_offsets

STEP = 0.01


def place(pose: Pose, joint: str) -> np.ndarray:
    at = ContactFigure.of(pose.matrices()).positions[JOINT_INDEX[joint]]
    return (at + (torch.zeros(3) if pose.translation is None else pose.translation)).numpy().astype(float)


def widest_turn(before: Pose, after: Pose) -> float:
    relative = rotvec_to_rotmat(before.rotations[:22]).mT @ rotvec_to_rotmat(after.rotations[:22])
    trace = relative.diagonal(dim1=-2, dim2=-1).sum(-1)
    return float(((trace - 1) / 2).clamp(-1, 1).acos().rad2deg().max())


def walk(pose: Pose, joint: str, way: tuple[float, float, float], steps: int = 15, **options: object) -> list[Reached]:
    target, found = place(pose, joint), []
    for _ in range(steps):
        target = target + STEP * np.array(way)
        found.append(reach(pose, {joint: target}, **options))  # type: ignore[arg-type]
        pose = found[-1].pose
    return found


WALKS = [
    ("left_wrist", (0.3, 0.9, 0.3)),
    ("right_wrist", (-0.2, 0.8, 0.5)),
    ("left_elbow", (0.5, 0.2, 0.1)),
    ("right_ankle", (0.0, 0.9, 0.4)),
    ("left_knee", (0.2, 0.5, 0.8)),
    ("pelvis", (0.0, -1.0, 0.0)),
    ("spine3", (0.0, -0.8, 0.4)),
    ("head", (0.7, -0.2, 0.5)),
]


@pytest.mark.parametrize(("joint", "way"), WALKS, ids=[joint for joint, _ in WALKS])
def test_a_walk_keeps_the_ranges_and_the_feet_and_turns_little(joint, way):
    start = stance("stand")
    found = walk(start, joint, way)
    feet = [foot for foot in ("left_ankle", "right_ankle") if foot != joint and not joint.startswith(foot[:5])]
    before = start
    for one in found:
        assert float(degrees_over(one.pose).max()) < 0.01
        assert widest_turn(before, one.pose) < 25
        before = one.pose
    for foot in feet:
        assert np.abs(place(before, foot) - place(start, foot)).max() < 1e-3
    assert np.linalg.norm(place(before, joint) - place(start, joint)) > 0.04


@pytest.mark.parametrize("joint", ["left_wrist", "right_wrist", "left_ankle", "right_elbow"])
def test_what_another_pose_reaches_is_reached_within_a_millimetre(joint):
    start, other = stance("stand"), stance("walking stride (left forward)")
    goal = place(other, joint) - place(other, "pelvis") + place(start, "pelvis")
    here = place(start, joint)
    pose = start
    for share in np.linspace(0, 1, 25)[1:]:
        found = reach(pose, {joint: here + share * (goal - here)}, floor=False)
        pose = found.pose
    assert found.misses[joint] < 1e-3
    assert np.abs(place(pose, joint) - goal).max() < 1e-3


def test_pelvis_and_hands_move_together_and_pins_hold_out_of_reach():
    start = stance("stand")
    high = place(start, "pelvis") + np.array([0, 0.6, 0])
    found = reach(start, {"pelvis": high}, pins=("left_ankle", "right_ankle"))
    assert found.misses["pelvis"] > 0.3  # legs are not that long
    assert max(found.misses["left_ankle"], found.misses["right_ankle"]) < 1e-3
    freed = reach(start, {"pelvis": high}, pins=())
    assert freed.misses == {"pelvis": pytest.approx(0, abs=1e-3)}
    assert place(freed.pose, "left_ankle")[1] == pytest.approx(place(start, "left_ankle")[1] + 0.6, abs=2e-3)


def test_a_pinned_hand_stays_while_the_hips_go_down():
    start = stance("stand")
    hand = place(start, "left_wrist")
    found = walk(start, "pelvis", (0.0, -1.0, 0.0), 12, pins=("left_ankle", "right_ankle", "left_wrist"))
    assert np.abs(place(found[-1].pose, "left_wrist") - hand).max() < 1e-3
    assert place(found[-1].pose, "pelvis")[1] < place(start, "pelvis")[1] - 0.1


def test_a_straight_knee_bends_when_the_foot_comes_nearer():
    start = stance("t-pose")
    up = place(start, "left_ankle") + np.array([0, 0.05, 0])
    found = reach(start, {"left_ankle": up})
    assert found.misses["left_ankle"] < 1e-3
    assert float(found.pose.rotations[JOINT_INDEX["left_knee"], 0]) > math.radians(20)


def test_feet_keep_their_direction_in_the_world():
    start = stance("stand")
    end = walk(start, "pelvis", (0.0, -1.0, 0.0), 15)[-1].pose
    before, after = (ContactFigure.of(pose.matrices()).rotations[JOINT_INDEX["left_ankle"]] for pose in (start, end))
    assert torch.allclose(before, after, atol=0.01)


def test_the_head_does_not_turn_while_it_is_dragged():
    start = stance("stand")
    end = walk(start, "head", (0.6, -0.2, 0.6), 15)[-1].pose
    before, after = (ContactFigure.of(pose.matrices()).rotations[JOINT_INDEX["head"]] for pose in (start, end))
    relative = before.mT @ after
    assert abs(math.degrees(math.atan2(float(relative[0, 2]), float(relative[2, 2])))) < 15


def test_nothing_goes_through_the_floor_or_through_the_trunk():
    start = stance("stand")
    sunk = walk(start, "left_ankle", (0.0, -0.7, 0.7), 15)[-1].pose
    assert float(ContactFigure.of(sunk.matrices()).lower_edges().min() + sunk.translation[1]) > -0.006
    through = walk(start, "left_wrist", (-0.7, 0.7, -0.1), 40)[-1].pose
    free = walk(start, "left_wrist", (-0.7, 0.7, -0.1), 40, apart=False)[-1].pose
    assert _depth(through) < _depth(start) + 0.006
    assert _depth(free) > _depth(through) + 0.01


def _depth(pose: Pose) -> float:
    from poseloom.pose.capsules import penetration

    return float(penetration(ContactFigure.of(pose.matrices())))


def test_what_is_not_dragged_is_the_same_to_the_bit():
    start = stance("stand")
    end = reach(start, {"left_wrist": place(start, "left_wrist") + np.array([0.05, 0.1, 0.1])}).pose
    others = [JOINT_INDEX[n] for n in ("left_hip", "right_shoulder", "right_elbow", "neck", "left_index2", "pelvis")]
    assert torch.equal(end.rotations[others], start.rotations[others])
    assert end.translation is start.translation


def test_longer_bones_reach_further():
    bare = Pose(stance("t-pose").rotations)
    far = place(bare, "left_wrist") * 1.5
    assert reach(bare, {"left_wrist": far}, offsets=rest_offsets() * 1.5).worst < 1e-4
    assert reach(bare, {"left_wrist": far}).worst > 0.02


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("targets", "pins", "words"),
    [
        ({"left_hand": (0, 0, 0)}, (), "unknown handle 'left_hand'"),
        ({"left_wrist": (0, 0, math.nan)}, (), "three finite numbers"),
        ({"left_wrist": (0, 0)}, (), "three finite numbers"),
        ({"left_wrist": (0, 0, 0)}, ("tail",), "unknown handle 'tail'"),
    ],
)
def test_mistakes_are_named(targets, pins, words):
    with pytest.raises(PoseloomError, match=words):
        reach(stance("stand"), targets, pins=pins)


def test_batches_are_refused_and_nothing_wanted_is_nothing_done():
    with pytest.raises(PoseloomError, match="single pose"):
        reach(Pose.identity(2), {})
    pose = stance("stand")
    assert torch.equal(reach(pose, {}).pose.rotations, pose.rotations)
    assert set(HANDLES) >= {"pelvis", "head", "left_wrist", "right_ankle"}
