"""The benchmark's SMPLify has terms of its own (golden case smplify-terms)."""

import pytest
import torch

from poseloom.fitting.smplify import PoseMixture, SmplifyState, without_ignored
from poseloom.fitting.smplify_benchmark import BenchmarkSmplify, fit_benchmark
from poseloom.pose.rotations import rotvec_to_rotmat

NUMBERS = 69


@pytest.fixture(scope="module")
def case(golden):
    return {name: torch.as_tensor(value) for name, value in golden("mesh-recovery/smplify-terms")[1].items()}


@pytest.fixture(scope="module")
def smplify():
    eye = torch.eye(NUMBERS, dtype=torch.float64)
    return BenchmarkSmplify(PoseMixture.of(torch.zeros(1, NUMBERS), eye[None], torch.ones(1)))


def test_terms_are_the_originals(case, smplify):
    confidence = without_ignored(case["conf"])
    found = smplify.reprojection(case["projected"], case["keypoints2d"], confidence)
    assert torch.allclose(found, case["bench_keypoint"], atol=1e-9, rtol=0.002)
    pose = case["pose_aa"][:, 3:]
    assert torch.allclose(smplify.bend_weight * smplify.bends(pose), case["bench_joint_prior"], rtol=0.002)
    assert torch.allclose(smplify.shape_weight * case["betas"].square(), case["bench_shape_prior"], rtol=0.002)


def test_a_fit_comes_nearer_to_its_keypoints(smplify):
    points = torch.randn(1, 49, 3, generator=torch.Generator().manual_seed(0)) * 0.4

    def joints_of(pose, betas):
        turned = points @ rotvec_to_rotmat(pose[:, :3]).mT
        return turned + betas[:, :1, None]

    place = torch.tensor([[0.9, 0.0, 0.0]])
    still = SmplifyState(torch.zeros(1, 3), torch.zeros(1, NUMBERS), torch.zeros(1, 10), place)
    wanted = torch.tensor([[0.8, 0.1, -0.1]])
    from poseloom.pose.weak_perspective import weak_to_translation

    pixels = smplify.project(joints_of(torch.full((1, 72), 0.2), torch.zeros(1, 10)), weak_to_translation(wanted))
    sure = torch.ones(1, 49)
    fitted = fit_benchmark(smplify, joints_of, still, pixels, sure, steps=30)

    def error(state):
        joints = joints_of(torch.cat([state.root, state.body_pose], -1), state.betas)
        seen = smplify.project(joints, weak_to_translation(state.place))
        return smplify.reprojection(seen, pixels, sure).sum()

    assert error(fitted) < 0.1 * error(still)
