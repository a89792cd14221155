import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.metrics import elbo_per_item, gaussian_kl, laplace_likelihood, normal_likelihood
from poseloom.pose.rotations import rotvec_to_rotmat


def test_published_bounds(golden):
    case, arrays = golden("text-pose/pose_losses")
    given = {name: torch.from_numpy(arrays[name]) for name in case["inputs"]}
    kl = gaussian_kl(given["q_mean"], given["q_std"], given["c_mean"], given["c_std"])
    assert np.allclose(kl, arrays["kl_q_c"], **case["tolerance"])
    zero, one = torch.zeros_like(kl)[:, None].expand(-1, 32), torch.ones(len(kl), 32)
    assert np.allclose(
        gaussian_kl(given["q_mean"], given["q_std"], zero, one), arrays["kl_q_prior"], **case["tolerance"]
    )

    matrices = rotvec_to_rotmat(given["pose"]).flatten(-2)
    views = {
        "elbo_v2v": (given["vertices_rec"], given["vertices"], given["log_scale_v2v"], laplace_likelihood),
        "elbo_jts": (given["joints_rec"], given["joints"], given["log_scale_jts"], laplace_likelihood),
        "elbo_rot": (given["pose_rec_rotmat"], matrices, given["log_scale_rot"], normal_likelihood),
    }
    for name, (reconstruction, data, scale, likelihood) in views.items():
        found = elbo_per_item(reconstruction, data, scale, kl, likelihood).mean()
        assert np.allclose(found, arrays[name], **case["tolerance"]), name


def test_a_perfect_reconstruction_leaves_the_scale_and_the_divergence():
    data = torch.randn(4, 52, 3)
    scale, kl = torch.tensor([-3.0]), torch.full((4,), 7.0)
    found = elbo_per_item(data, data, scale, kl, laplace_likelihood)
    assert torch.allclose(found, torch.tensor(3 - np.log(2) - 7 / 156).float())


def test_equal_distributions_do_not_diverge():
    mean, std = torch.randn(3, 32), torch.rand(3, 32) + 0.1
    assert torch.allclose(gaussian_kl(mean, std, mean, std), torch.zeros(3), atol=1e-5)


def test_shapes_must_belong_together():
    with pytest.raises(PoseloomError, match="do not belong together"):
        elbo_per_item(torch.zeros(2, 5), torch.zeros(2, 6), torch.zeros(1), torch.zeros(2), laplace_likelihood)
