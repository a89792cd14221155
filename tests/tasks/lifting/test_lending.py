"""People who were never drawn: their poses are their own, their landmarks' errors those of somebody who was drawn."""

from __future__ import annotations

import math

import pytest
import torch

from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.lifting.batch import LiftingBatch, carried_joints
from poseloom.tasks.lifting.drawing import _Draw, _figure
from poseloom.tasks.lifting.lending import _views, landmarks_of, lent_people
from poseloom.tasks.lifting.objective import LiftingLearner, PairData

SCALE, SHIFT = 0.8, (0.05, -0.1)


def drawn_people(count=40, error=0.0, seed=3):
    """People whose landmarks are where they should be, or off by an error that is the same for all landmarks of one."""
    local = rot.rotvec_to_rotmat(sample(count, seed).rotations[:, :BODY_JOINTS])
    true = landmarks_of(local)
    numbers = torch.ones(count, 33, 8)
    numbers[..., :3] = SCALE * true
    numbers[..., :2] += torch.tensor(SHIFT)
    off = error * (1 + torch.arange(count))
    numbers[..., 4:7] = 2 * true + off[:, None, None]
    turn = torch.tensor([0.0, 1.0]).expand(count, 2)
    return LiftingBatch(torch.cat([numbers.flatten(1), turn], dim=1), local, carried_joints(local))


def numbers_of(people):
    return people.numbers[:, :-2].unflatten(1, (33, 8))


def test_landmarks_lie_on_the_joints_they_show():
    local = drawn_people().local
    points, joints = landmarks_of(local), carried_joints(local)
    knees = joints[:, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]]
    hips = joints[:, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]].mean(1, keepdim=True)
    assert float((points[:, [25, 26]] - (knees - hips)).norm(dim=-1).max()) < 0.06
    upright = landmarks_of(torch.eye(3).expand(1, BODY_JOINTS, 3, 3))[0]
    nose_before_ears = upright[0] - upright[[7, 8]].mean(0)
    assert float(nose_before_ears[2]) > 0.05 and float(upright[11, 0]) > 0 > float(upright[12, 0])


def test_people_without_errors_lend_none():
    lent = lent_people(drawn_people(), 100, seed=1)
    numbers, true = numbers_of(lent), landmarks_of(lent.local)
    assert torch.allclose(numbers[..., 4:7], 2 * true, atol=0.01)
    assert torch.allclose(lent.joints, carried_joints(lent.local), atol=1e-5)
    flat = numbers[..., :2], true[..., :2]
    wide = [(points - points.mean(1, keepdim=True)).norm(dim=(1, 2)) for points in flat]
    moved = flat[0] - (wide[0] / wide[1])[:, None, None] * flat[1]
    assert float((moved - moved[:, :1]).abs().max()) < 0.02
    assert float((moved[:, 0, 1] - SHIFT[1]).abs().max()) < 0.02
    assert set((moved[:, 0, 0] / SHIFT[0]).round().tolist()) == {-1.0, 1.0}, "mirrored people lend as well"


def test_errors_are_those_of_one_drawn_person_each():
    lent = lent_people(drawn_people(error=0.1), 100, seed=1)
    off = numbers_of(lent)[..., 4:7] - 2 * landmarks_of(lent.local)
    assert float((off - off[:, :1]).abs().max()) < 0.01, "of one person for all landmarks"
    amount = off[:, 0, 1] / 0.1
    lender = amount.round()
    assert torch.allclose(amount, lender, atol=0.2)
    assert float(lender.min()) >= 1 and float(lender.max()) <= 40
    assert len(set(lender.tolist())) > 10


def test_who_lends_holds_the_body_alike():
    drawn = drawn_people(error=0.01)
    lent = lent_people(drawn, 200, seed=1)
    off = numbers_of(lent)[:, 0, 5] - 2 * landmarks_of(lent.local)[:, 0, 1]
    lender = (off / 0.01).round().long() - 1
    both = torch.stack([drawn.joints, drawn.mirrored(torch.ones(40, dtype=torch.bool)).joints])
    apart = (both[:, lender] - lent.joints).square().sum((-1, -2)).amin(0).sqrt()
    any_apart = torch.cdist(lent.joints.flatten(1), both.flatten(0, 1).flatten(1))
    assert float(apart.mean()) < 0.8 * float(any_apart.mean())
    assert bool((apart <= any_apart.sort(dim=1).values[:, 5] + 1e-3).all())


def test_people_are_seen_from_all_sides_and_stand_upright_in_the_mean():
    lent = lent_people(drawn_people(), 400, seed=2)
    facing = lent.local[:, 0] @ torch.tensor([0.0, 0.0, 1.0])
    azimuth = torch.atan2(facing[:, 0], facing[:, 2])
    quarters = torch.histc(azimuth, 4, -math.pi, math.pi)
    assert float(quarters.min()) > 60
    above = (lent.local[:, 0] @ torch.tensor([0.0, 1.0, 0.0])).mean(0)
    assert float(above[1]) > 0.5 and float(above[2]) > 0, "cameras look down more than up"


def test_the_same_seed_makes_the_same_people():
    drawn = drawn_people(error=0.01)
    one, same, other = (lent_people(drawn, 30, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(one.numbers, same.numbers) and torch.equal(one.local, same.local)
    assert not torch.allclose(one.local, other.local)


@pytest.mark.parametrize("lent", [0.0, 0.5, 1.0])
def test_batches_have_the_share_that_was_asked_for(lent):
    _, recipe = open_recipe("lifting/tiny", [("data.pairs", "x")])
    learner = LiftingLearner(recipe)
    drawn = drawn_people()
    learner.__dict__["_every"] = (drawn, drawn)
    others = drawn_people(seed=9)
    others.local[:] = 7.0
    learner.__dict__["_lent"] = others
    batch = learner._drawn(PairData(pairs="x", lent=lent), 1, 20)
    assert len(batch) == 20
    assert int((batch.local == 7.0).all(-1).all(-1).all(-1).sum()) == round(20 * lent)


def test_people_are_lent_to_as_they_are_drawn_mostly_from_above():
    """Seen from above, what is up leans towards the camera (+Z)."""
    lent = _views(4000, torch.Generator().manual_seed(1))[:, 2, 1]
    standing = stance("stand", grounded=False).rotations
    drawn = torch.stack([_figure(standing, _Draw(seed), seed, 16).person.rotations[0] for seed in range(40)])
    up = rot.rotvec_to_rotmat(drawn)[:, 2, 1]
    spread = float(up.std()) / len(up) ** 0.5
    assert 0.1 < float(lent.mean()) < 0.25 and abs(float(up.mean() - lent.mean())) < 3 * spread < 0.2
