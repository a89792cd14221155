"""Losses of the text-pose models: golden formulas, and laws."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from released import case_of, close

from poseloom.nn.layers.gaussian import GaussianHead, divergence, gaussian
from poseloom.nn.losses import (
    PerTerm,
    ReconstructionTerms,
    bbc,
    caption_loss,
    evidence_bounds,
    free_bits,
    gaussian_nll,
    laplacian_nll,
    per_coefficient_bound,
    symmetric_bbc,
    weighted_reconstruction,
)
from poseloom.pose import rotations


@pytest.fixture(scope="module")
def losses():
    case, arrays = case_of("text-pose/pose_losses")
    terms = ReconstructionTerms(
        laplacian_nll(arrays["vertices"], arrays["vertices_rec"], arrays["log_scale_v2v"]),
        laplacian_nll(arrays["joints"], arrays["joints_rec"], arrays["log_scale_jts"]),
        gaussian_nll(
            rotations.rotvec_to_rotmat(arrays["pose"]).flatten(-2), arrays["pose_rec_rotmat"], arrays["log_scale_rot"]
        ),
    )
    pose, text = gaussian(arrays["q_mean"], arrays["q_std"]), gaussian(arrays["c_mean"], arrays["c_std"])
    return terms, pose, text, case["config"], lambda actual, key: close(actual, arrays[key], case)


def test_terms_golden(losses):
    terms, pose, text, _, check = losses
    for name, key in (("vertices", "v2v"), ("joints", "jts"), ("rotations", "rot")):
        check(terms.means()[name], key)
        check(evidence_bounds(terms, divergence(pose, text))[name], f"elbo_{key}")
    check(divergence(pose, text), "kl_q_c")
    check(divergence(pose), "kl_q_prior")
    check(divergence(text), "kl_c_prior")


def test_generator_loss_golden(losses):
    terms, pose, text, config, check = losses
    weight = config["generative_weights"]
    total = weighted_reconstruction(terms, PerTerm(weight["v2v"], weight["jts"], weight["rot"]))
    total += weight["kld"] * divergence(pose, text).mean()
    total += weight["kld"] * weight["kldnp_mul"] * divergence(pose).mean()
    total += weight["kld"] * weight["kldnt_mul"] * divergence(text).mean()
    check(total, "generative_loss")


def test_editor_loss_golden(losses):
    terms, pose, text, config, check = losses
    floor = config["editing_weights"]["kld_epsilon"]
    kl = divergence(pose, text)
    check(per_coefficient_bound(terms, free_bits(kl, floor), PerTerm()), "editing_train_loss")
    check(per_coefficient_bound(terms, kl, PerTerm()), "editing_val_loss")


@given(st.integers(1, 8), st.integers(0, 99))
def test_contrastive_losses(n, seed):
    scores = torch.randn(n, n, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(symmetric_bbc(scores), symmetric_bbc(scores.T))
    torch.testing.assert_close(symmetric_bbc(scores), (bbc(scores) + bbc(scores.T)) / 2)
    assert bbc(scores + 100 * torch.eye(n)) < 1e-3
    torch.testing.assert_close(bbc(torch.zeros(n, n)), torch.tensor(math.log(n)))


def test_likelihoods_are_those_of_torch():
    a, b, log_scale = torch.randn(3, 5), torch.randn(3, 5), torch.tensor([0.3])
    laplace = torch.distributions.Laplace(b, log_scale.exp())
    normal = torch.distributions.Normal(b, (0.5 * log_scale).exp())
    torch.testing.assert_close(laplacian_nll(a, b, log_scale), -laplace.log_prob(a))
    torch.testing.assert_close(gaussian_nll(a, b, log_scale), -normal.log_prob(a))


def test_divergence_of_equals_is_zero_and_gradients_are_finite():
    head = GaussianHead(6, 4)
    first = head(torch.randn(5, 6))
    torch.testing.assert_close(divergence(first, first), torch.zeros(5))
    (divergence(first) + divergence(first, head(torch.zeros(5, 6)))).sum().backward()
    assert all(value.grad.isfinite().all() for value in head.parameters())


def test_free_bits_can_be_off():
    kl = torch.tensor([1.0, 12.0])
    assert free_bits(kl, 10.0).tolist() == [10.0, 12.0]
    assert free_bits(kl, 0).tolist() == [1.0, 12.0]


def test_pads_do_not_count_in_the_caption_loss():
    logits, tokens = torch.randn(2, 6, 9), torch.tensor([[1, 5, 6, 2, 0, 0], [1, 5, 6, 7, 8, 2]])
    expected = torch.cat([logits[0, :3], logits[1, :5]]).log_softmax(-1)
    expected = -expected[torch.arange(8), torch.cat([tokens[0, 1:4], tokens[1, 1:6]])].mean()
    torch.testing.assert_close(caption_loss(logits, tokens), expected)
