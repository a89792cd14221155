import math

import torch

from poseloom.nn.pose.fact_classifier import ClaimClassifier, FactClassifier, doubt_of, toward
from poseloom.nn.pose.features import PoseTowerConfig
from poseloom.nn.pose.losses import claim_loss, fact_loss
from poseloom.pose.sampler import sample

SMALL = PoseTowerConfig(width=32, blocks=1, geometry=True, levels=2)
SURE = 20.0


def test_doubt_is_the_likelihood_of_what_is_claimed():
    wanted = torch.zeros(1, 3, 3)  # the third claim is none
    wanted[0, 0, :2] = 1  # one of two facts
    wanted[0, 1, 2] = -1  # not this one
    logits = torch.tensor([[SURE, -SURE, -SURE], [-SURE, -SURE, -SURE], [SURE, -SURE, SURE], [0, -SURE, -SURE]])
    least = -math.log(1e-3)
    torch.testing.assert_close(
        doubt_of(logits, wanted), torch.tensor([0, least, least, math.log(2)]), atol=1e-3, rtol=0
    )


def test_each_text_is_asked_of_its_own_poses():
    wanted = torch.eye(2)[:, None]
    logits = torch.tensor([[SURE, -SURE], [SURE, -SURE], [SURE, -SURE], [-SURE, SURE]])
    assert (doubt_of(logits, wanted) < 1).tolist() == [True, True, False, True]


def test_numbers_are_moved_down_the_slope_but_not_far():
    numbers = torch.tensor([[3.0, 4.0], [0.03, 0.04]])
    moved = toward(lambda point: (point**2).sum(-1), numbers, 0.5, 1)
    assert torch.allclose(moved[0], numbers[0] * 0.9)  # a length of 0.5 of 5
    assert torch.allclose(moved[1], numbers[1] * 0)  # a slope of 0.1 gives half of that
    assert toward(lambda point: (point**2).sum(-1), numbers, 0.5, 4)[0].norm() < 3.1
    assert not moved.requires_grad


def test_what_is_judged_is_learned():
    torch.manual_seed(0)
    poses = sample(64, seed=2).body().rotations
    facts = (poses[:, [16, 17, 4]].norm(dim=-1) > 0.6).float()
    judge = FactClassifier(3, SMALL)
    optimizer = torch.optim.Adam(judge.parameters(), 3e-3)
    seen = []
    for _ in range(40):
        loss = fact_loss(judge, poses, facts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(float(loss.detach()))
    assert seen[-1] < 0.5 * seen[0]


def test_claims_that_the_poses_do_not_tell_count_for_nothing():
    torch.manual_seed(0)
    poses = sample(8, seed=2).body().rotations
    judge, places = ClaimClassifier(5, SMALL).eval(), torch.tensor([[0, 4]] * 8)
    holds = torch.tensor([[1.0, float("nan")]] * 8)
    alone = claim_loss(judge, poses, poses.flip(0), places[:, :1], holds[:, :1])
    torch.testing.assert_close(claim_loss(judge, poses, poses.flip(0), places, holds), alone)
