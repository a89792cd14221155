import pytest
import torch

from poseloom.nn.pose.features import SIXD
from poseloom.nn.pose.flow import FlowConfig, OriginalPose, PoseFlow
from poseloom.nn.pose.losses import flow_losses
from poseloom.pose.sampler import sample

SMALL = FlowConfig(width=32, blocks=2, time_samples=2)


@pytest.fixture(scope="module")
def poses():
    return sample(12, seed=4).body().without_heading()


def flow(poses, **options):
    torch.manual_seed(1)
    made = PoseFlow(6, SMALL, **options)
    made.measure(poses.rotations)
    return made.eval()


def moving(poses, joints=slice(None)):
    moves = torch.zeros(len(poses), 22, dtype=torch.bool)
    moves[:, joints] = True
    return OriginalPose(poses.rotations, moves)


def test_numbers_and_rotations_are_the_same_thing(poses):
    made = flow(poses)
    assert made.is_measured and not PoseFlow(6, SMALL).is_measured
    numbers = made.normalised(poses.rotations)
    assert numbers.shape == (12, SIXD)
    torch.testing.assert_close(made.matrices(numbers), poses.matrices(), atol=1e-5, rtol=0)


def test_drawn_rotations_are_rotations_and_the_seed_chooses_them(poses):
    made, condition = flow(poses), torch.randn(5, 6)
    a, b, c = (made.sample(condition, 4, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert a.shape == (5, 22, 3, 3)
    torch.testing.assert_close(a @ a.mT, torch.eye(3).expand_as(a), atol=1e-5, rtol=0)
    assert torch.equal(a, b) and not torch.allclose(a, c)


def test_a_network_that_says_nothing_leaves_the_original_pose(poses):
    made = flow(poses, from_origin=True)
    torch.nn.init.zeros_(made.leave.weight)
    torch.nn.init.zeros_(made.leave.bias)
    drawn = made.sample(torch.randn(12, 6), 5, torch.Generator().manual_seed(0), moving(poses))
    torch.testing.assert_close(drawn, poses.matrices(), atol=1e-5, rtol=0)


def test_joints_that_stay_are_kept_exactly(poses):
    made = flow(poses, from_origin=True)
    drawn = made.sample(torch.randn(12, 6), 5, torch.Generator().manual_seed(0), moving(poses, [16, 18]))
    kept = [joint for joint in range(22) if joint not in (16, 18)]
    torch.testing.assert_close(drawn[:, kept], poses.matrices()[:, kept], atol=1e-5, rtol=0)
    assert not torch.allclose(drawn[:, [16, 18]], poses.matrices()[:, [16, 18]], atol=1e-2)


def test_ends_of_later_steps_are_nudged(poses):
    made, seen = flow(poses), []
    made.sample(torch.randn(12, 6), 6, guided=lambda end: seen.append(end) or end)
    assert len(seen) == 3


@pytest.mark.parametrize("from_origin", [False, True])
def test_losses_fall_and_time_and_condition_come_to_count(poses, from_origin):
    made = flow(poses, from_origin=from_origin).train()
    optimizer, condition = torch.optim.Adam(made.parameters(), 3e-3), torch.randn(12, 6)
    origin = OriginalPose(poses.rotations.flip(0), torch.ones(12, 22, dtype=torch.bool)) if from_origin else None
    seen = []
    for _ in range(60):
        losses = flow_losses(made, poses.rotations, condition, origin)
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        seen.append(float(losses["total"].detach()))
    assert all(one.grad.isfinite().all() for one in made.parameters() if one.grad is not None)
    assert sum(seen[-10:]) < 0.8 * sum(seen[:10])
    numbers, time = torch.randn(12, SIXD), torch.full((12,), 0.2)
    start = made.start(origin)
    said = made(numbers, time, condition, start)
    assert (said - made(numbers, time + 0.5, condition, start)).abs().max() > 1e-3
    assert (said - made(numbers, time, -condition, start)).abs().max() > 1e-3
