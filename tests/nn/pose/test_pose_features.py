import pytest
import torch

from poseloom.nn.pose.features import (
    FEATURES,
    SIXD,
    PairTower,
    PoseFeatures,
    PoseTower,
    PoseTowerConfig,
    joint_positions,
    soft_steps,
)
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets

SMALL = PoseTowerConfig(width=32, blocks=1)


def test_features_are_rotations_and_joints_without_the_pelvis():
    poses = sample(6, seed=2)
    found = PoseFeatures().eval()(poses.rotations)
    assert found.shape == (6, FEATURES)
    joints = joint_positions(poses.body().matrices(), rest_offsets()[:22])
    assert torch.equal(joints[:, 0], torch.zeros(6, 3))
    torch.testing.assert_close(found[:, SIXD:], joints[:, 1:].flatten(1), atol=1e-4, rtol=1e-4)


def test_hands_are_not_looked_at():
    poses, tower = sample(4, seed=3), PoseTower(5, SMALL).eval()
    torch.testing.assert_close(tower(poses.rotations), tower(poses.body().rotations))


def test_features_of_a_training_batch_have_unit_size():
    features = PoseFeatures().train()(sample(400, seed=5).body().rotations)
    moving = features.std(0) > 0.1
    torch.testing.assert_close(features[:, moving].mean(0), torch.zeros(int(moving.sum())), atol=1e-3, rtol=0)
    assert (features[:, moving].std(0) - 1).abs().max() < 0.3


def test_a_pair_has_an_order():
    a, b = sample(3, seed=6).rotations, sample(3, seed=7).rotations
    tower = PairTower(5, SMALL).eval()
    assert tower(a, b).shape == (3, 5)
    assert (tower(a, b) - tower(b, a)).abs().max() > 1e-3


def test_levels_are_steps_between_minus_one_and_one():
    steps = soft_steps(torch.tensor([[-9.0, 0.0, 9.0]]), 5).unflatten(-1, (3, 5))[0]
    assert torch.allclose(steps[0], -torch.ones(5), atol=1e-3) and torch.allclose(steps[2], torch.ones(5), atol=1e-3)
    assert steps[1, 2] == 0 and steps[1, 1] > 0.9 and steps[1, 3] < -0.9
    assert soft_steps(torch.zeros(2, 3), 0).shape == (2, 0)


@pytest.mark.parametrize("levels", [0, 3])
def test_towers_see_levels(levels):
    config = PoseTowerConfig(width=16, blocks=1, geometry=True, levels=levels)
    poses = torch.rand(4, 22, 3)
    assert PoseTower(6, config)(poses).shape == PairTower(6, config)(poses, poses).shape == (4, 6)
