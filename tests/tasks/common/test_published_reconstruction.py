"""Figures of pose generators on poses whose errors are known."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Laplace, Normal

from poseloom.nn.pose.decoder import JointRotations
from poseloom.pose.rotations import axis_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.tasks.common.reconstruction import GatheredSampleErrors, elbo, reconstruction_terms
from poseloom.tasks.common.surfaces import Wearer


@pytest.fixture(scope="module")
def wearer():
    return Wearer()


@pytest.fixture
def poses():
    return torch.randn(4, 52, 3, generator=torch.Generator().manual_seed(1)) * 0.3


def scales(v2v=0.3, jts=-0.2, rot=0.5):
    return SimpleNamespace(**{f"decsigma_{name}": torch.tensor([value]) for name, value in vars_of(v2v, jts, rot)})


def vars_of(v2v, jts, rot):
    return (("v2v", v2v), ("jts", jts), ("rot", rot))


def elsewhere(poses):
    return poses + 0.1 * torch.randn(poses.shape, generator=torch.Generator().manual_seed(2))


def test_likelihoods_are_those_of_the_distributions(wearer, poses):
    model, made = scales(), elsewhere(poses)
    terms = reconstruction_terms(model, wearer, poses, JointRotations(rotvec_to_rotmat(made)))
    true, worn = wearer(poses), wearer(rotmat_to_rotvec(rotvec_to_rotmat(made)))
    close = {"atol": 1e-4, "rtol": 1e-4}
    torch.testing.assert_close(terms.vertices, -Laplace(worn.vertices, math.exp(0.3)).log_prob(true.vertices), **close)
    torch.testing.assert_close(terms.joints, -Laplace(worn.joints, math.exp(-0.2)).log_prob(true.joints), **close)
    rotations = -Normal(rotvec_to_rotmat(made), math.exp(0.25)).log_prob(rotvec_to_rotmat(poses))
    torch.testing.assert_close(terms.rotations, rotations.flatten(-2), **close)


def test_the_bound_of_a_perfect_reconstruction_is_that_of_the_scales(wearer, poses):
    kl = torch.tensor([0.0, 3.0, 6.0, 9.0])
    found = elbo(scales(), wearer, poses, JointRotations(rotvec_to_rotmat(poses)), kl)
    vertices = wearer(poses).vertices[0].numel()
    expected = {
        "elbo_vert": -math.log(2) - 0.3 - kl / vertices,
        "elbo_jts": -math.log(2) + 0.2 - kl / 156,
        "elbo_rot": -0.5 * (math.log(2 * math.pi) + 0.5) - kl / 468,
    }
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, atol=2e-5, rtol=0)


def test_a_worse_reconstruction_has_a_lower_bound(wearer, poses):
    none = torch.zeros(4)
    right = elbo(scales(), wearer, poses, JointRotations(rotvec_to_rotmat(poses)), none)
    wrong = elbo(scales(), wearer, poses, JointRotations(rotvec_to_rotmat(elsewhere(poses))), none)
    assert all((wrong[name] < right[name]).all() for name in right)


def test_errors_of_samples_that_are_right_or_turned(wearer, poses):
    """Of four samples one is the pose itself; of the others one joint is turned by 90, 90 and 180 degrees."""
    samples = poses[:, None].repeat(1, 4, 1, 1)
    for place, angle in ((1, math.pi / 2), (2, math.pi / 2), (3, math.pi)):
        turned = rotvec_to_rotmat(poses[:, 16]) @ axis_to_rotmat(torch.tensor(angle), "Z")
        samples[:, place, 16] = rotmat_to_rotvec(turned)
    errors = GatheredSampleErrors(wearer, best=2)
    errors.add(poses[:3], samples[:3])
    errors.add(poses[3:], samples[3:])
    found = errors.figures()
    assert found["geodesic_top1"] == pytest.approx(0, abs=1e-2)
    assert found["geodesic"] == pytest.approx(360 / 4 / 52, abs=1e-2)
    assert found["geodesic_best2"] == pytest.approx(90 / 2 / 52, abs=1e-2)
    true, worn = wearer(poses), wearer(samples.flatten(0, 1))
    way = (worn.joints.unflatten(0, (4, 4)) - true.joints[:, None]).norm(dim=-1).mean(-1).mean()
    assert found["mpjpe"] == pytest.approx(1000 * float(way), rel=1e-4)
    assert (
        found["mpjpe_top1"] < 1e-2 < found["mpjpe_best2"] < found["mpjpe"] and found["mpvpe"] > found["mpvpe_best2"] > 0
    )


def test_a_body_is_worn_by_any_number_of_poses_with_gradients(wearer, poses):
    several = poses.repeat(200, 1, 1).requires_grad_()
    worn = wearer(several)
    torch.testing.assert_close(worn.vertices[:4], wearer(poses).vertices, atol=1e-5, rtol=0)
    worn.joints.sum().backward()
    assert several.grad.abs().sum() > 0
