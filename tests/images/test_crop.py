"""Matrices of crops are those of the original training code, and lead back; pixels come from where the matrix says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.images.crop import (
    Region,
    composed,
    cut_out,
    flip_matrix,
    inverse,
    letterbox_matrix,
    resize_matrix,
    transformed,
)
from poseloom.pose import keypoints
from poseloom.pose.camera import Camera


@pytest.fixture
def case(golden) -> tuple[dict, dict[str, torch.Tensor]]:
    case, arrays = golden("mesh-recovery/crop-and-flip")
    return case, {name: torch.from_numpy(array) for name, array in arrays.items()}


def close(case, found, expected):
    torch.testing.assert_close(found, expected, atol=case["tolerance"]["atol"], rtol=case["tolerance"]["rtol"])


def test_crops_are_those_of_the_original(case):
    facts, arrays = case
    plain = Region.of_box(arrays["bbox_xywh"])
    turned = Region.of_box(arrays["bbox_xywh"], enlarged=1.1, rotation=math.radians(25))
    points = arrays["keypoints2d"]
    confident = points[:, 2] > 0
    for region, matrix, moved in (
        (plain, "matrix_plain", "keypoints2d_plain"),
        (turned, "matrix_rot25_scale1_1", "keypoints2d_rot"),
    ):
        close(facts, region.matrix((224, 224)), arrays[matrix])
        found = points.clone()
        found[confident, :2] = transformed(region.matrix((224, 224)), points[confident, :2])
        close(facts, found, arrays[moved])


def test_flips_are_those_of_the_original(case):
    """The original counts pixels by their index: the centre of the first is at 0."""
    facts, arrays = case
    width = facts["config"]["img_width"]
    convention = facts["config"]["convention"]
    flipped = arrays["keypoints2d"].clone()
    flipped[:, :2] = transformed(flip_matrix(width), flipped[:, :2] + 0.5) - 0.5
    places = torch.arange(len(flipped))
    for left, right in keypoints.flip_pairs(convention):
        places[left], places[right] = right, left
    close(facts, flipped[places], arrays["keypoints2d_flip"])
    centre = Region.of_box(arrays["bbox_xywh"]).centre
    close(facts, transformed(flip_matrix(width), centre[None] + 0.5)[0] - 0.5, arrays["center_flip"])


regions = st.builds(
    lambda x, y, w, h, r: Region(torch.tensor([x, y]), torch.tensor([w, h]), torch.tensor(r)),
    *(st.floats(-300, 300) for _ in range(2)),
    *(st.floats(5, 900) for _ in range(2)),
    st.floats(-4, 4),
)


@settings(max_examples=60, deadline=None)
@given(regions, st.booleans(), st.tuples(st.integers(8, 400), st.integers(8, 400)))
def test_to_the_crop_and_back_is_the_identity(region, flip, size):
    points = torch.rand(7, 2, generator=torch.Generator().manual_seed(0)) * 200
    matrix = region.matrix(size, flip=flip)
    torch.testing.assert_close(transformed(inverse(matrix), transformed(matrix, points)), points, atol=0.05, rtol=1e-3)
    unit = torch.rand(7, 2, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(region.from_picture(region.to_picture(unit)), unit, atol=1e-3, rtol=1e-3)


@settings(max_examples=40, deadline=None)
@given(regions)
def test_a_region_maps_as_the_landmark_networks_define_it(region):
    u, v = 0.3, 0.9
    (cx, cy), (w, h), r = region.centre.tolist(), region.extent.tolist(), region.rotation.item()
    x, y = (u - 0.5) * w, (v - 0.5) * h
    expected = [cx + math.cos(r) * x - math.sin(r) * y, cy + math.sin(r) * x + math.cos(r) * y]
    found = region.to_picture(torch.tensor([[u, v]]))[0]
    torch.testing.assert_close(found, torch.tensor(expected), atol=0.05, rtol=1e-3)


def test_ways_to_name_a_region():
    box = torch.tensor([[10.0, 20.0, 30.0, 50.0]])
    assert Region.of_box(box, square=False).box.tolist() == box.tolist()
    square = Region.of_box(box, enlarged=1.2)
    torch.testing.assert_close(square.box, torch.tensor([[-5.0, 15.0, 60.0, 60.0]]))
    same = Region.of_scale(torch.tensor([[25.0, 45.0]]), torch.tensor([0.3]))
    torch.testing.assert_close(same.matrix((64, 64)), square.matrix((64, 64)))
    around = Region.around(torch.tensor([[[0.0, 0.0], [10.0, 40.0]]]), enlarged=1.0)
    assert around.box.tolist() == [[-15, 0, 40, 40]]


def ramp(height: int = 40, width: int = 60) -> torch.Tensor:
    """Two channels: each pixel's own x and y, of its centre."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x, y])


def test_pixels_come_from_where_the_matrix_says():
    region = Region(torch.tensor([31.0, 19.0]), torch.tensor([16.0, 12.0]), torch.tensor(0.4))
    matrix = region.matrix((24, 32))
    crop = cut_out(ramp(), matrix, (24, 32))
    grid = ramp(24, 32).permute(1, 2, 0).reshape(-1, 2)
    torch.testing.assert_close(
        crop.permute(1, 2, 0).reshape(-1, 2), transformed(inverse(matrix), grid), atol=1e-3, rtol=0
    )


def test_the_index_rule_is_that_of_opencv():
    """Crop pixel i is read at picture index M^-1 i: of a crop of half the size, pixel i is pixel 2i itself."""
    crop = cut_out(ramp(), torch.tensor([[0.5, 0, 0], [0, 0.5, 0]]), (20, 30), rule="indices")
    torch.testing.assert_close(crop, ramp()[:, ::2, ::2], atol=1e-4, rtol=0)
    centres = cut_out(ramp(), torch.tensor([[0.5, 0, 0], [0, 0.5, 0]]), (20, 30))
    torch.testing.assert_close(centres, ramp()[:, ::2, ::2] + 0.5, atol=1e-4, rtol=0)


def test_a_whole_picture_at_its_own_size_is_itself_and_a_flip_is_a_flip():
    picture = torch.rand(3, 9, 14, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(cut_out(picture, resize_matrix((9, 14), (9, 14)), (9, 14)), picture)
    torch.testing.assert_close(cut_out(picture, flip_matrix(14), (9, 14)), picture.flip(-1))
    region = Region.of_box(torch.tensor([0.0, 0.0, 14.0, 9.0]), square=False)
    torch.testing.assert_close(cut_out(picture, region.matrix((9, 14), flip=True), (9, 14)), picture.flip(-1))


def test_what_is_outside_of_the_picture():
    picture = torch.full((1, 4, 4), 0.5)
    matrix = torch.tensor([[1.0, 0, 4], [0, 1, 4]])
    assert cut_out(picture, matrix, (12, 12))[0, 0, 0] == 0
    assert cut_out(picture, matrix, (12, 12), outside=1.0)[0, 0, 0] == 1
    assert cut_out(picture, matrix, (12, 12), outside="edge")[0, 0, 0] == 0.5
    assert cut_out(picture, matrix, (12, 12), outside=1.0)[0, 5, 5] == 0.5


def test_a_letterbox_keeps_the_shape():
    matrix = letterbox_matrix((100, 50), (224, 224))
    corners = transformed(matrix, torch.tensor([[0.0, 0.0], [50.0, 100.0]]))
    torch.testing.assert_close(corners, torch.tensor([[56.0, 0.0], [168.0, 224.0]]))


def test_shrinking_first_averages_what_plain_sampling_skips():
    stripes = (torch.arange(64) % 2).float().expand(1, 64, 64)
    matrix = resize_matrix((64, 64), (8, 8))
    plain, averaged = (cut_out(stripes, matrix, (8, 8), shrink_first=first) for first in (False, True))
    torch.testing.assert_close(averaged, torch.full((1, 8, 8), 0.5))
    corner = cut_out(stripes, matrix @ torch.eye(3) + torch.tensor([[0, 0, 0.05], [0, 0, 0]]), (8, 8))
    assert (corner - 0.5).abs().max() > 0.3 and plain.shape == averaged.shape
    smooth = cut_out(ramp(65, 63), resize_matrix((65, 63), (13, 9)), (13, 9), shrink_first=True)
    torch.testing.assert_close(
        smooth, cut_out(ramp(65, 63), resize_matrix((65, 63), (13, 9)), (13, 9)), atol=0.6, rtol=0
    )


def test_batches_of_pictures_and_of_regions():
    pictures = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(3))
    matrices = Region.of_box(torch.tensor([[2.0, 3.0, 9.0, 9.0], [5.0, 1.0, 12.0, 14.0]])).matrix((8, 8))
    each = cut_out(pictures, matrices, (8, 8))
    torch.testing.assert_close(each[1], cut_out(pictures[1], matrices[1], (8, 8)))
    many = cut_out(pictures[0], matrices, (8, 8))
    assert many.shape == (2, 3, 8, 8)
    torch.testing.assert_close(many[0], each[0])
    grid = cut_out(pictures[:, None], matrices[None], (8, 8))
    assert grid.shape == (2, 2, 3, 8, 8)
    torch.testing.assert_close(grid[1, 0], cut_out(pictures[1], matrices[0], (8, 8)))


def test_the_camera_goes_with_the_crop():
    camera = Camera.pinhole(90.0, (40, 60), translation=torch.tensor([0.1, 0.0, 4.0]))
    points = torch.randn(9, 3, generator=torch.Generator().manual_seed(4)) * 0.4
    matrix = Region(torch.tensor([30.0, 20.0]), torch.tensor([20.0, 20.0]), torch.tensor(0.3)).matrix((64, 64))
    seen = camera.transformed(matrix, (64, 64)).project(points)[:, :2]
    torch.testing.assert_close(seen, transformed(matrix, camera.project(points)[:, :2]), atol=1e-3, rtol=1e-4)


def test_composition_and_mistakes():
    first, second = letterbox_matrix((100, 50), (64, 64)), flip_matrix(64)
    points = torch.rand(5, 2) * 50
    torch.testing.assert_close(
        transformed(composed(second, first), points), transformed(second, transformed(first, points))
    )
    with pytest.raises(PoseloomError, match="no inverse"):
        inverse(torch.zeros(2, 3))


def test_gradients_reach_the_picture():
    picture = torch.rand(1, 8, 8, requires_grad=True)
    cut_out(picture, letterbox_matrix((8, 8), (4, 4)), (4, 4)).sum().backward()
    assert (picture.grad > 0).sum() >= 16


def test_a_flipped_crop_is_the_crop_with_its_sides_exchanged():
    region = Region.of_box(torch.tensor([10.0, 20.0, 30.0, 40.0]), rotation=0.3)
    points = torch.tensor([[12.0, 25.0], [31.0, 58.0]])
    plain, flipped = (transformed(region.matrix((8, 12), flip=flip), points) for flip in (False, True))
    torch.testing.assert_close(flipped, torch.stack([12 - plain[:, 0], plain[:, 1]], dim=-1))


def test_a_crop_of_a_picture_that_is_shrunk_first_lies_where_its_region_is():
    ramp = (torch.arange(64) + 0.5).expand(1, 64, 64)
    matrix = Region.of_box(torch.tensor([8.0, 16.0, 32.0, 32.0])).matrix((4, 4))
    cut = cut_out(ramp, matrix, (4, 4), shrink_first=True)
    torch.testing.assert_close(cut, torch.tensor([12.0, 20.0, 28.0, 36.0]).expand(1, 4, 4), rtol=0, atol=1e-3)
