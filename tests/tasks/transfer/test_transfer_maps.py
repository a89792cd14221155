"""Maps and masks of keypoints equal the originals', pixel for pixel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from released import case_of, close

from poseloom.base.errors import PoseloomError
from poseloom.tasks.transfer.maps import SIDES, MapKind, mirrored_keypoints, pose_maps, seen_joints
from poseloom.tasks.transfer.masks import evaluation_mask, published_mask, training_mask
from poseloom.tasks.transfer.models.dpig import crops_of

STRIDE = {"pose_market": 4, "pose_small": 1, "pose_fashion_offset40": 16}


@pytest.fixture(params=list(STRIDE))
def drawn(request):
    """(case, its tensors, keypoints, size, stride); those of DeepFashion moved 40 columns, missing ones left alone."""
    case, arrays = case_of(f"transfer/{request.param}")
    shift = torch.tensor([float(case["config"]["y_offset"]), float(case["config"]["x_offset"])])
    points = arrays["keypoints"]
    moved = torch.where(seen_joints(points)[..., None], points + shift, points)
    return case, arrays, moved, tuple(case["config"]["image_size"]), STRIDE[request.param]


def test_gaussians(drawn):
    case, arrays, keypoints, size, stride = drawn
    maps = pose_maps(keypoints, size, MapKind.GAUSSIAN).movedim(1, -1)
    close(maps[:, ::stride, ::stride], arrays["map_strided"], case)
    close(maps.sum((1, 2)), arrays["map_sum"], case)


def test_masks(drawn):
    _, arrays, keypoints, size, _ = drawn
    assert torch.equal(training_mask(keypoints, size)[:, 0].byte(), arrays["mask"])
    if "eval_mask" in arrays:
        assert torch.equal(evaluation_mask(keypoints, size)[:, 0].byte(), arrays["eval_mask"])
        assert torch.equal(published_mask(keypoints, size)[:, 0].byte(), arrays["pg2_mask"])
        discs = pose_maps(keypoints, size, "disc").movedim(1, -1)
        assert torch.equal(discs, 2 * arrays["pg2_disc_map"].float() - 1)


def test_crops_reach_from_corner_to_corner():
    features = torch.arange(12.0).view(1, 1, 3, 4)
    crop = crops_of(features, torch.tensor([[[0.0, 0.0, 2.0, 3.0]]]), side=2)
    assert crop[0, 0, 0].tolist() == [[0.0, 3.0], [8.0, 11.0]]
    shrunk = crops_of(features, torch.tensor([[[0.0, 0.0, 2.0, 3.0]]]), side=2, published=True)
    assert shrunk[0, 0, 0, 1, 1] == pytest.approx(4 * 2 * 2 / 3 + 3 * 3 / 4)


def test_points_are_single_pixels_and_missing_joints_are_nothing():
    keypoints = torch.full((1, 18, 2), -1.0)
    keypoints[0, 3] = torch.tensor([5.0, 2.0])
    points = pose_maps(keypoints, (12, 8), "point")
    assert points.sum() == 1 and points[0, 3, 5, 2] == 1
    assert pose_maps(keypoints, (12, 8), "gaussian")[0, 4].abs().max() == 0
    assert torch.equal(pose_maps(keypoints, (12, 8), "disc")[0, 4], -torch.ones(12, 8))
    with pytest.raises(PoseloomError, match="'blob' is unknown"):
        pose_maps(keypoints, (12, 8), "blob")


def test_skeletons_are_pictures_with_a_colour_for_each_joint():
    keypoints = torch.full((1, 18, 2), -1.0)
    keypoints[0, 0], keypoints[0, 4] = torch.tensor([20.0, 20.0]), torch.tensor([60.0, 40.0])
    picture = pose_maps(keypoints, (128, 64), "skeleton")
    assert picture.shape == (1, 3, 128, 64)
    assert picture[0, :, 20, 20].tolist() == [1.0, -1.0, -1.0]  # nose: red
    assert picture[0, :, 60, 40].tolist() == pytest.approx([2 * 170 / 255 - 1, 1.0, -1.0])  # right wrist
    assert picture[0, :, 100, 5].tolist() == [-1.0, -1.0, -1.0]


def test_a_mirror_twice_is_nothing_and_exchanges_sides():
    _, arrays = case_of("transfer/pose_market")
    keypoints = arrays["keypoints"]
    once = mirrored_keypoints(keypoints, 64)
    assert torch.equal(mirrored_keypoints(once, 64), keypoints)
    seen = seen_joints(keypoints)
    assert torch.equal(seen_joints(once), seen[:, list(SIDES)])
    assert once[0, 2, 1] == 63 - keypoints[0, 5, 1]  # the right shoulder is the mirrored left one
    kept = mirrored_keypoints(keypoints, 64, exchanged=False)
    assert kept[0, 2, 1] == 63 - keypoints[0, 2, 1]
