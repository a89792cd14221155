import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.pose import Pose, ground
from poseloom.pose import rotations as rot
from poseloom.pose.capsules import penetration, segment_distance
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.settle import flatten_feet, gaps, off_balance, plant_feet, settle
from poseloom.pose.stances import settled_angles, stances, support

SEEDS = st.integers(0, 10_000)


def test_points_lie_on_both_sides():
    points = floor_points()
    left, right = (points.row(f"{side}_heel") for side in ("left", "right"))
    torch.testing.assert_close(points.centres[left] * torch.tensor([-1.0, 1, 1]), points.centres[right])
    assert len(points.names) == len(set(points.names))


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_grounding_puts_the_lowest_point_on_the_floor_and_keeps_the_place(seed):
    generator = torch.Generator().manual_seed(seed)
    pose = Pose(torch.randn(2, 3, 22, 3, generator=generator), torch.randn(2, 3, 3, generator=generator))
    placed = ground(pose)
    edges = ContactFigure.of(placed.matrices()).lower_edges() + placed.translation[..., 1:2]
    torch.testing.assert_close(edges.amin(-1), torch.zeros(2, 3), atol=1e-5, rtol=0)
    assert torch.equal(placed.translation[..., [0, 2]], pose.translation[..., [0, 2]])
    assert torch.equal(placed.rotations, pose.rotations)
    assert ground(Pose(pose.rotations)).translation.shape == (2, 3, 3)


def test_turning_a_figure_is_turning_its_root():
    local = rot.rotvec_to_rotmat(torch.randn(4, 22, 3))
    turn = rot.rotvec_to_rotmat(torch.randn(4, 3))
    turned = ContactFigure.of(local).turned(turn)
    local = torch.cat([(turn @ local[:, 0])[:, None], local[:, 1:]], dim=1)
    expected = ContactFigure.of(local)
    torch.testing.assert_close(turned.points, expected.points, atol=1e-5, rtol=0)
    torch.testing.assert_close(turned.rotations, expected.rotations, atol=1e-5, rtol=0)


def standing(count, seed):
    """Quiet standing with bent legs and tilted feet, and its support."""
    angles = settled_angles()[:1].repeat(count, 1)
    generator = torch.Generator().manual_seed(seed)
    for name in MOVEMENTS:
        if name.endswith(("knee_flexion", "hip_flexion")):
            angles[:, MOVEMENT_INDEX[name]] += torch.rand(count, generator=generator) * 0.5
    return angles, support([stances()["stand"]] * count)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_planted_feet_are_at_one_height(seed):
    angles, carried = standing(30, seed)
    both, soles = torch.ones(30, dtype=torch.bool), torch.ones(30, 2, dtype=torch.bool)
    planted = flatten_feet(plant_feet(angles, both, soles), soles, ~soles)
    assert gaps(ContactFigure.of(to_matrices(planted)), carried).max() < 0.01
    left_alone = plant_feet(angles, ~both, soles)
    assert torch.equal(left_alone, angles)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_planted_feet_are_at_one_height_where_legs_may_stretch(seed):
    angles, carried = standing(30, seed)
    both, soles = torch.ones(30, dtype=torch.bool), torch.ones(30, 2, dtype=torch.bool)
    planted = flatten_feet(plant_feet(angles, both, soles, stretch=True), soles, ~soles)
    assert gaps(ContactFigure.of(to_matrices(planted)), carried).max() < 0.01


def test_a_bent_leg_stretches_to_the_floor_before_a_straight_one_bends():
    angles = settled_angles()[:1].clone()
    for name, degree in (("left_hip_flexion", 70.0), ("left_knee_flexion", 90.0)):
        angles[:, MOVEMENT_INDEX[name]] = math.radians(degree)
    for name, degree in (("right_hip_flexion", -28.0), ("right_knee_flexion", 4.0)):
        angles[:, MOVEMENT_INDEX[name]] = math.radians(degree)
    both, soles = torch.ones(1, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    knees = [MOVEMENT_INDEX[f"{side}_knee_flexion"] for side in ("left", "right")]
    bent, stretched = (plant_feet(angles, both, soles, stretch)[0, knees].rad2deg() for stretch in (False, True))
    assert bent[1] > 30 and torch.isclose(bent[0], torch.tensor(90.0))
    assert stretched[1] < 10 and stretched[0] < 80


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_settled_bodies_keep_their_weight_over_their_feet(seed):
    angles, carried = standing(30, seed)
    settled = settle(angles, carried)
    figure = ContactFigure.of(to_matrices(settled))
    assert gaps(figure, carried).max() < 0.05
    assert (off_balance(figure, carried).norm(dim=-1) < carried.slack + 0.05).all()


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_segment_distance_is_the_smallest_over_both_segments(seed):
    p0, p1, q0, q1 = torch.randn(4, 8, 3, generator=torch.Generator().manual_seed(seed))
    steps = torch.linspace(0, 1, 101)
    p = p0[:, None] + steps[:, None] * (p1 - p0)[:, None]
    q = q0[:, None] + steps[:, None] * (q1 - q0)[:, None]
    brute = torch.cdist(p, q).amin((-1, -2))
    exact = segment_distance(p0, p1, q0, q1)
    assert (exact <= brute + 1e-5).all() and (exact >= brute - 0.03).all()


def test_parallel_and_pointlike_segments_are_no_special_case():
    a = torch.tensor([[0.0, 0, 0], [0.0, 0, 0]])
    b = torch.tensor([[1.0, 0, 0], [0.0, 0, 0]])
    c, d = a + torch.tensor([0.0, 0.5, 0]), b + torch.tensor([0.0, 0.5, 0])
    torch.testing.assert_close(segment_distance(a, b, c, d), torch.tensor([0.5, 0.5]))


def test_an_arm_through_the_trunk_overlaps_and_the_t_pose_does_not():
    angles = torch.zeros(2, len(MOVEMENTS))
    angles[1, MOVEMENT_INDEX["left_shoulder_elevation"]] = -0.7
    angles[1, MOVEMENT_INDEX["left_shoulder_swing"]] = 3.1
    overlap = penetration(ContactFigure.of(to_matrices(angles)))
    assert overlap[0] == 0 and overlap[1] > 0.03
