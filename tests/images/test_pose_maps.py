"""Pose maps and masks are those of the original code bases, bit for bit."""

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.images.pose_maps import (
    PG2_MASK,
    TRAINING_MASK,
    body_boxes,
    closed_gaps,
    disc_maps,
    gaussian_maps,
    moved,
    point_maps,
    pose_maps,
    pose_mask,
    score_mask,
)

CASES = ("pose_market", "pose_small", "pose_fashion_offset40")


@pytest.fixture(params=CASES)
def case(request, golden):
    facts, arrays = golden(f"transfer/{request.param}")
    config = facts["config"]
    joints = torch.from_numpy(arrays["keypoints"])
    return tuple(config["image_size"]), moved(joints, config["y_offset"], config["x_offset"]), arrays


def test_gaussian_maps_of_the_golden_cases(case):
    size, joints, arrays = case
    maps = gaussian_maps(joints, size).permute(0, 2, 3, 1).numpy()
    step = size[0] // arrays["map_strided"].shape[1]
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps[:, ::step, ::step], arrays["map_strided"])
    np.testing.assert_allclose(maps.sum((1, 2), dtype=np.float64), arrays["map_sum"], rtol=1e-5, atol=1e-6)


def test_masks_of_the_golden_cases(case):
    size, joints, arrays = case
    for rule, name in ((TRAINING_MASK, "mask"), (PG2_MASK, "pg2_mask")):
        if name in arrays:
            found = torch.stack([pose_mask(one, size, rule) for one in joints]).numpy()
            np.testing.assert_array_equal(found, arrays[name].astype(bool))


def test_discs_of_the_golden_cases(case):
    size, joints, arrays = case
    if "pg2_disc_map" not in arrays:
        pytest.skip("the case has no discs")
    found = disc_maps(joints, size).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(found, arrays["pg2_disc_map"])


def test_masks_of_scores_and_boxes_of_parts_of_the_golden_cases(case):
    size, joints, arrays = case
    if "eval_mask" in arrays:
        found = torch.stack([score_mask(one, size) for one in joints]).numpy()
        np.testing.assert_array_equal(found, arrays["eval_mask"].astype(bool))
    if "dpig_boxes" in arrays:
        boxes, seen = body_boxes(joints, size)
        np.testing.assert_array_equal(boxes.numpy(), arrays["dpig_boxes"])
        np.testing.assert_array_equal(seen.numpy(), arrays["dpig_box_visible"].astype(bool))


def test_point_maps_are_gaussians_cut_to_whole_numbers():
    joints = torch.randint(0, 30, (4, 18, 2), generator=torch.Generator().manual_seed(0))
    joints[:, 3] = torch.tensor([-1, 5])
    assert torch.equal(point_maps(joints, (30, 30)), gaussian_maps(joints, (30, 30)).floor())
    assert point_maps(joints, (30, 30)).sum((-2, -1)).eq(1).sum() == 4 * 17


def test_missing_joints_stay_missing_wherever_the_picture_is_put():
    joints = torch.full((18, 2), -1)
    joints[2] = torch.tensor([3, 4])
    shifted = moved(joints, 10, 40)
    assert shifted[2].tolist() == [13, 44] and (shifted[[0, 1, 17]] == -1).all()
    assert gaussian_maps(shifted, (64, 64)).flatten(-2).sum(-1).nonzero().flatten().tolist() == [2]


def test_nobody_has_an_empty_mask():
    assert not pose_mask(torch.full((18, 2), -1), (20, 10)).any()


def test_closing_fills_what_is_narrower_than_the_square():
    mask = torch.zeros(20, 20, dtype=torch.bool)
    mask[5:15, 4:8] = True
    mask[5:15, 11:15] = True
    assert closed_gaps(mask, 5)[10, 8:11].all() and not closed_gaps(mask, 3)[10, 8:11].any()
    assert (closed_gaps(mask, 5) | ~mask).all()


@pytest.mark.wrong_types
def test_wrong_kinds_and_counts_are_told():
    with pytest.raises(PoseloomError, match="unknown kind 'blob'"):
        pose_maps(torch.zeros(18, 2), (8, 8), "blob")
    with pytest.raises(PoseloomError, match=r"expected joints \(\.\.\., 18, 2\)"):
        pose_maps(torch.zeros(17, 2), (8, 8))
