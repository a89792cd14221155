"""Losses of the originals on the same tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from released import case_of, close, filled_state

from poseloom.tasks.transfer.losses import Perceptual, logits_are, masked_l1, pg2_judge, scores_are

CASE, ARRAYS = case_of("transfer/losses")


def test_losses_of_pg2():
    masked = masked_l1(ARRAYS["generated"], ARRAYS["target"], ARRAYS["mask"])
    close(masked, ARRAYS["mask_l1"], CASE)
    fooled = logits_are(ARRAYS["logit_fake"], 1.0)
    close(fooled, ARRAYS["g2_gan"], CASE)
    close(10 * masked + fooled, ARRAYS["g2_loss"], CASE)
    judged = pg2_judge(ARRAYS["logit_fake"], ARRAYS["logit_real"], ARRAYS["logit_condition"])
    close(judged, ARRAYS["d_loss"], CASE)


def test_perceptual_loss_of_patn():
    perceptual = Perceptual(filled_state(CASE))
    made = ARRAYS["generated"].clone().requires_grad_()
    target = ARRAYS["target"].clone().requires_grad_()
    value = perceptual(made, target)
    close(value, ARRAYS["perceptual"], CASE)
    close(10 * (made - target).abs().mean() + 10 * value, ARRAYS["patn_pair_l1"], CASE)
    value.backward()
    assert made.grad is not None and target.grad is None
    assert not any(one.requires_grad for one in perceptual.parameters())


def test_one_channel_of_a_mask_is_as_good_as_three():
    one = ARRAYS["mask"][:, :1]
    given = masked_l1(ARRAYS["generated"], ARRAYS["target"], one.expand(-1, 3, -1, -1))
    assert torch.equal(masked_l1(ARRAYS["generated"], ARRAYS["target"], one), given)


def test_least_squares():
    assert scores_are(torch.tensor([[0.0, 2.0]]), 1.0) == 1.0
