"""Limbs carried by joints alone, and the generator that starts from them."""

from __future__ import annotations

import pytest
import torch

from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, TransferInputs
from poseloom.tasks.transfer.models.limb_warp import PARTS, limb_warp
from poseloom.tasks.transfer.models.warped import WarpedConfig, WarpedGenerator, carried_picture

SIZE = (128, 64)
FRONT = torch.tensor(
    [(18, 32), (30, 32), (30, 24), (46, 20), (60, 19), (30, 40), (46, 44), (60, 45), (62, 27), (86, 26), (110, 26),
     (62, 37), (86, 38), (110, 38), (16, 30), (16, 34), (17, 28), (17, 36)], dtype=torch.float32
)  # fmt: skip
"""Somebody who faces the camera, arms down; row and column."""
FOREARM = (3, 4)


def pixels():
    y, x = (torch.arange(side) + 0.5 for side in SIZE)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def in_pixels(places):
    return (places + 1) / 2 * torch.tensor([64.0, 128.0])


def moved(**joints):
    pose = FRONT.clone()
    for name, place in joints.items():
        pose[int(name[1:])] = torch.tensor(place, dtype=torch.float32)
    return pose


def test_the_same_pose_keeps_every_pixel():
    warp = limb_warp(FRONT[None], FRONT[None], SIZE)
    torch.testing.assert_close(in_pixels(warp.places)[0], pixels(), atol=1e-3, rtol=0)
    picture = torch.rand(1, 3, *SIZE) * 2 - 1
    torch.testing.assert_close(carried_picture(picture, warp), picture, atol=1e-3, rtol=0)


def test_a_person_who_moves_aside_takes_all_along():
    aside = FRONT + torch.tensor([0.0, 9.0])
    warp = limb_warp(FRONT[None], aside[None], SIZE)
    near = warp.parts[0].amax(0) > 0.5
    torch.testing.assert_close(
        in_pixels(warp.places)[0][near], pixels()[near] - torch.tensor([9.0, 0.0]), atol=1e-3, rtol=0
    )


def test_a_raised_forearm_is_the_same_forearm():
    """Its middle comes from the middle of the source's, its wrist from the wrist; the trunk stays."""
    up = moved(j4=(32.0, 19.0))
    warp = limb_warp(FRONT[None], up[None], SIZE)
    places = in_pixels(warp.places)[0]
    for share in (0.5, 1.0):
        row, column = (up[3] + share * (up[4] - up[3])).round().long().tolist()
        expected = FRONT[3] + share * (FRONT[4] - FRONT[3])
        torch.testing.assert_close(places[row, column], expected.flip(0) + 0.5, atol=1.5, rtol=0)
    torch.testing.assert_close(places[45, 32], torch.tensor([32.5, 45.5]), atol=1e-3, rtol=0)


def test_somebody_seen_from_behind_is_a_mirrored_trunk():
    back = FRONT.clone()
    swap = [2, 3, 4, 5, 6, 7], [5, 6, 7, 2, 3, 4]
    back[swap[0]], back[[8, 9, 10, 11, 12, 13]] = FRONT[swap[1]], FRONT[[11, 12, 13, 8, 9, 10]]
    warp = limb_warp(FRONT[None], back[None], SIZE)
    assert warp.facing[0, 0] * warp.facing[0, 1] < 0
    left, right = in_pixels(warp.places)[0, 45, [29, 35], 0].tolist()
    assert left > 32.5 > right  # what was on one side is on the other


def test_a_missing_limb_comes_from_the_other_side():
    one_armed = moved(j6=(-1.0, -1.0), j7=(-1.0, -1.0))
    warp = limb_warp(one_armed[None], FRONT[None], SIZE)
    row, column = ((FRONT[6] + FRONT[7]) / 2).long().tolist()
    expected = (FRONT[3] + FRONT[4]) / 2
    torch.testing.assert_close(in_pixels(warp.places)[0, row, column], expected.flip(0) + 0.5, atol=1.5, rtol=0)


def test_what_is_far_from_everybody_stays_and_what_nobody_knows_is_no_number_less():
    warp = limb_warp(FRONT[None], moved(j4=(32.0, 8.0))[None], SIZE)
    torch.testing.assert_close(in_pixels(warp.places)[0, 120, 2], torch.tensor([2.5, 120.5]), atol=1e-3, rtol=0)
    nobody = torch.full((1, 18, 2), -1.0)
    for source, target in ((nobody, FRONT[None]), (FRONT[None], nobody), (nobody, nobody)):
        warp = limb_warp(source, target, SIZE)
        assert all(bool(one.isfinite().all()) for one in (warp.places, warp.parts, warp.own, warp.found, warp.facing))
    assert warp.parts.shape == (1, PARTS, *SIZE) and float(warp.parts.max()) == 0


def test_a_batch_is_its_people_one_by_one():
    sources, targets = torch.stack([FRONT, FRONT + 3]), torch.stack([moved(j4=(32.0, 19.0)), FRONT])
    both = limb_warp(sources, targets, SIZE)
    alone = limb_warp(sources[1:], targets[1:], SIZE)
    torch.testing.assert_close(both.places[1:], alone.places)
    torch.testing.assert_close(both.found[1:], alone.found)


SIZES = ((1, (128, 64)), (4, (512, 256)))


@pytest.mark.parametrize("size", [(128, 64), (64, 48)])
def test_the_generator_starts_from_what_the_joints_carry(size):
    torch.manual_seed(0)
    model = WarpedGenerator(WarpedConfig(8, 3, 24, 1, 8)).eval()
    inputs = TransferInputs(torch.rand(2, 3, *size) * 2 - 1, FRONT.expand(2, 18, 2), FRONT.expand(2, 18, 2))
    with torch.no_grad():
        made = model.generate(inputs)
        model.paint.weight.zero_()
        model.paint.bias.copy_(torch.tensor([0.0, 0, 0, -50, 50, -50]))  # all of what was carried
        carried = model.generate(inputs)[FINAL]
    assert made[FINAL].shape == (2, 3, *size) and float(made[FINAL].abs().max()) <= 1
    torch.testing.assert_close(carried, made[COARSE], atol=1e-4, rtol=0)


def test_the_default_generator_is_small():
    assert sum(one.numel() for one in WarpedGenerator().parameters()) < 5_000_000


def test_a_photo_keeps_its_detail_where_nothing_moves():
    """Put together over a larger picture of the same frame, colours come from that picture."""
    torch.manual_seed(0)
    model = WarpedGenerator(WarpedConfig(8, 3, 24, 1, 8)).eval()
    large = torch.rand(1, 3, 512, 256) * 2 - 1
    inputs = TransferInputs(torch.nn.functional.avg_pool2d(large, 4), FRONT[None], FRONT[None])
    with torch.no_grad():
        model.paint.weight.zero_()
        model.paint.bias.copy_(torch.tensor([0.0, 0, 0, 50, -50, -50]))  # all of the source as it is
        layers = model.layers(inputs)
        places = [limb_warp(FRONT[None] * scale, FRONT[None] * scale, size).places for scale, size in SIZES]
        torch.testing.assert_close(layers.over(large, places[1]), large, atol=1e-4, rtol=0)
        torch.testing.assert_close(layers.over(inputs.source, places[0]), model.generate(inputs)[FINAL])


def test_high_pictures_are_looked_at_small_and_put_together_large():
    torch.manual_seed(0)
    model = WarpedGenerator(WarpedConfig(8, 3, 24, 1, 8)).eval()
    weights = {name: one.clone() for name, one in model.state_dict().items()}
    high = TransferInputs(torch.rand(1, 3, 256, 176) * 2 - 1, FRONT[None] * 2, moved(j4=(32.0, 8.0))[None] * 2)
    low = high.reduced(128)
    assert low.size == (128, 88) and high.reduced(256) is high
    there = (high.source_keypoints >= 0).all(-1)
    torch.testing.assert_close(low.source_keypoints[there], (high.source_keypoints[there] + 0.5) / 2 - 0.5)
    assert torch.equal((low.target_keypoints < 0), (high.target_keypoints < 0))
    with torch.no_grad():
        made = model.generate(high)
        assert made[FINAL].shape == made[COARSE].shape == high.source.shape
        model.paint.weight.zero_()
        model.paint.bias.copy_(torch.tensor([0.0, 0, 0, -50, 50, -50]))  # all of what was carried, with sharp edges
        torch.testing.assert_close(model.generate(high)[FINAL], made[COARSE], atol=1e-4, rtol=0)
        own = WarpedGenerator(WarpedConfig(8, 3, 24, 1, 8, looks_at=256)).eval()
        own.load_state_dict(weights)
        assert (own.generate(high)[FINAL] - made[FINAL]).abs().mean() > 1e-3


def test_a_photo_comes_back_with_its_stripes_and_without_a_box():
    """Stripes of 8 pixels are lost at the generator's own size; the photo, taken as it is, keeps them."""
    from copy import deepcopy

    from poseloom.checkpoints.registry import load_model

    model = deepcopy(load_model("transfer"))
    model.module.paint.weight.zero_()
    model.module.paint.bias.copy_(torch.tensor([0.0, 0, 0, 50, -50, -50]))
    stripes = ((torch.arange(768) // 4) % 2).float() * 0.8 + 0.1
    photo = stripes.expand(3, 640, 768).contiguous()
    target = moved(j4=(32.0, 8.0))
    made = model.transfer(photo, FRONT * 4 + 60, target * 4 + 60)
    x, _, width, height = (int(side) for side in made.box)
    assert 0 < x < x + width < 768 and height > 300  # the frame's sides lie in the photo
    assert (made.picture - photo).abs().mean() < 0.02 and (made.picture - photo).abs().max() < 0.3


def test_the_shipped_generator_beats_the_joints_alone_and_keeps_the_place():
    """A drawn person in another pose before the same camera: nearer to the truth than copying."""
    from poseloom.checkpoints.registry import load_model
    from poseloom.metrics.ssim import ssim
    from poseloom.pose import Pose
    from poseloom.render.people import random_person
    from poseloom.render.people.snapshot import Taste, standing_points, take
    from poseloom.tasks.transfer.pairs import batch_of, framed_person
    from poseloom.tasks.transfer.pictures import as_bytes

    rest, arms = torch.zeros(52, 3), torch.zeros(52, 3)
    rest[16, 2], rest[17, 2] = -1.2, 1.2  # arms down
    arms[16, 2], arms[17, 2] = 0.9, -0.9  # arms up
    look, taste = random_person(5), Taste((192, 96), "preview", plain=True)
    poses = [Pose(rest), Pose(arms)]
    room = torch.cat([standing_points(look, pose, "preview") for pose in poses])
    shots = [take(3, [(look, pose)], taste, 0.3, room) for pose in poses]
    both = [shot_joints(shot) for shot in shots]
    around = torch.cat(both)
    people = [
        framed_person(shot.picture, joints, SIZE, "pair", "", around) for shot, joints in zip(shots, both, strict=True)
    ]
    batch = batch_of([(people[0], people[1])], SIZE)
    with torch.no_grad():
        made = load_model("transfer").module.generate(batch.inputs)
    pictures = {"copy": batch.inputs.source, "joints": made[COARSE], "made": made[FINAL]}
    scores = {name: ssim(as_bytes(batch.target), as_bytes(one)).item() for name, one in pictures.items()}
    assert scores["made"] > scores["copy"] + 0.05, scores
    assert scores["made"] > scores["joints"] + 0.02, scores
    figures = load_model("transfer").card.figures
    assert figures["mask_ssim"] > figures["copy_mask_ssim"] + 0.05 > figures["coarse_mask_ssim"]


def shot_joints(shot):
    """OpenPose's 18 joints of the person of a snapshot."""
    from poseloom.pose.keypoints import mapping, names
    from poseloom.render.people.points import CONVENTION, seen_points

    _, points, _, _ = seen_points(shot.people[0].figure, shot.camera, shot.drawn, 1)
    found = torch.full((len(names("openpose_25")), 2), -1.0)
    pairs = mapping(CONVENTION, "openpose_25", approximate=True)
    found[list(pairs.target)] = points[list(pairs.source), :2].flip(-1)
    smaller = mapping("openpose_25", "openpose_18")
    joints = torch.full((18, 2), -1.0)
    joints[list(smaller.target)] = found[list(smaller.source)]
    return joints
