"""Flips, scales and turns are those of the original training code; points, poses and pixels move together."""

import math

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.images.augment import Geometry, GeometryLaw
from poseloom.images.augment.geometry import flipped_smpl, rotated_smpl
from poseloom.images.crop import cut_out
from poseloom.pose import Pose
from poseloom.pose.rotations import rotvec_to_rotmat


@pytest.fixture
def case(golden):
    case, arrays = golden("mesh-recovery/crop-and-flip")
    tolerance = case["tolerance"]

    def close(found, name):
        expected = torch.from_numpy(arrays[name])
        torch.testing.assert_close(found, expected, atol=tolerance["atol"], rtol=tolerance["rtol"])

    return {name: torch.from_numpy(array) for name, array in arrays.items()}, close


def geometry(flip=False, scale=1.0, degrees=0.0):
    return Geometry(
        torch.tensor([flip]), torch.tensor([scale]), torch.tensor([math.radians(degrees)]), torch.tensor([math.nan])
    )


WIDTH = torch.tensor([400.0])


def test_matrices_and_points_of_the_golden_case(case):
    arrays, close = case
    for drawn, matrix, moved in (
        (geometry(), "matrix_plain", "keypoints2d_plain"),
        (geometry(scale=1.1, degrees=25), "matrix_rot25_scale1_1", "keypoints2d_rot"),
    ):
        found = drawn.matrices(arrays["bbox_xywh"][None], WIDTH, (224, 224))
        close(found[0], matrix)
        points = drawn.pixels(arrays["keypoints2d"][None], found, "smpl_54")[0]
        unsure = arrays["keypoints2d"][:, 2] == 0  # the original leaves those where they are
        close(torch.where(unsure[:, None], arrays["keypoints2d"], points), moved)


def test_three_dimensional_points_of_the_golden_case(case):
    arrays, close = case
    turned = geometry(degrees=25).metres(arrays["keypoints3d"][None], "smpl_54")[0]
    close(turned[:, :3], "keypoints3d_rot25")
    close(geometry(flip=True).metres(arrays["keypoints3d"][None], "smpl_54")[0], "keypoints3d_flip")


def test_poses_of_the_golden_case(case):
    arrays, close = case
    close(flipped_smpl(arrays["pose"]), "pose_flip")
    close(rotated_smpl(arrays["pose"], torch.tensor(math.radians(25))), "pose_rot25")


def test_flipped_points_and_middles_of_the_golden_case(case):
    """Flipped before it is cut out: the flipped middle is the middle of the crop, and points are those of the flip."""
    arrays, _ = case
    drawn = geometry(flip=True)
    matrix = drawn.matrices(arrays["bbox_xywh"][None], WIDTH, (224, 224))
    found = drawn.pixels(arrays["keypoints2d"][None], matrix, "smpl_54")[0]
    flipped = arrays["keypoints2d_flip"]
    scale = 224 / arrays["bbox_xywh"][2:].max()
    expected = (flipped[:, :2] - arrays["center_flip"]) * scale + 112
    torch.testing.assert_close(found[:, :2], expected, atol=1e-2, rtol=1e-4)
    torch.testing.assert_close(found[:, 2], flipped[:, 2])


@pytest.mark.parametrize(("flip", "scale", "degrees"), [(False, 1.0, 30.0), (True, 0.8, -50.0), (True, 1.2, 0.0)])
def test_a_dot_in_the_picture_is_at_its_point_in_the_crop(flip, scale, degrees):
    picture = torch.zeros(3, 120, 100)
    x, y = 61, 45
    picture[:, y - 1 : y + 2, x - 1 : x + 2] = 1
    drawn = geometry(flip, scale, degrees)
    matrix = drawn.matrices(torch.tensor([[30.0, 20, 50, 60]]), torch.tensor([100.0]), (96, 96))
    crop = cut_out(picture, matrix[0], (96, 96), rule="indices")[0]
    rows, columns = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    seen = torch.stack([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
    points = torch.zeros(1, 17, 3)
    points[0, :] = torch.tensor([x, y, 1.0])
    found = drawn.pixels(points, matrix, "coco")[0, 0, :2]
    torch.testing.assert_close(seen, found, atol=0.2, rtol=0)


def test_a_pose_of_a_row_moves_as_its_points_in_the_camera():
    """The row's world is the camera's turned upright: both ways lead to the same directions."""
    generator = torch.Generator().manual_seed(2)
    rotations = torch.randn(2, 22, 3, generator=generator) * 0.5
    upright = torch.diag(torch.tensor([1.0, -1, -1]))
    drawn = Geometry(torch.tensor([False, True]), torch.ones(2), torch.tensor([0.5, -0.4]), torch.full((2,), math.nan))
    found = drawn.pose(Pose(rotations))
    camera = torch.nn.functional.pad(rotations.flatten(1), (0, 6))
    root = upright @ rotvec_to_rotmat(rotations[:, 0])
    from poseloom.pose.rotations import rotmat_to_rotvec

    camera[:, :3] = rotmat_to_rotvec(root)
    moved = torch.where(drawn.flip[:, None], flipped_smpl(camera), camera)
    moved = rotated_smpl(moved, drawn.rotation)
    expected = upright @ rotvec_to_rotmat(moved[:, :3])
    torch.testing.assert_close(rotvec_to_rotmat(found.rotations[:, 0]), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.rotations[:, 1:].flatten(1), moved[:, 3:66], atol=1e-6, rtol=0)


def test_draws_keep_the_law():
    law = GeometryLaw(zoom=0.3)
    drawn = law.draw(torch.arange(20_000), 3)
    assert drawn.flip.float().mean() == pytest.approx(0.5, abs=0.02)
    assert drawn.scale.min() == 0.75 and drawn.scale.max() == 1.25
    within = drawn.scale[(drawn.scale > 0.75) & (drawn.scale < 1.25)]
    assert len(within) / 20_000 == pytest.approx(0.683, abs=0.02)  # one standard deviation
    turned = drawn.rotation[drawn.rotation != 0]
    assert len(turned) / 20_000 == pytest.approx(0.6, abs=0.02)
    assert turned.abs().max() == pytest.approx(math.radians(60)) and math.degrees(turned.std()) == pytest.approx(
        29, abs=1
    )
    assert (~drawn.zoom.isnan()).float().mean() == pytest.approx(0.3, abs=0.02)
    again = law.draw(torch.tensor([17, 4]), 3)
    assert again.scale.tolist() == [drawn.scale[17], drawn.scale[4]]
    with pytest.raises(PoseloomError, match="GeometryLaw"):
        GeometryLaw(flip=2.0)


def test_a_smaller_square_lies_in_the_larger_one():
    drawn = Geometry(torch.zeros(3).bool(), torch.ones(3), torch.zeros(3), torch.tensor([0.0, 0.5, 1.0]))
    box = torch.tensor([[10.0, 20, 60, 100]]).repeat(3, 1)
    matrices = drawn.matrices(box, torch.full((3,), 200.0), (60, 60))
    for matrix, top in zip(matrices, (20, 40, 60), strict=True):
        expected = torch.tensor([[1.0, 0, -10], [0, 1, -top]])
        torch.testing.assert_close(matrix, expected, atol=1e-4, rtol=0)
