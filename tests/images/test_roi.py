"""Regions that may be turned: to the picture and back, and pixels that come from where the region says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.images.roi import Roi, crops, roi_of_points

some = st.floats(-500, 500)


def roi(x=0.0, y=0.0, side=1.0, turn=0.0) -> Roi:
    return Roi(torch.tensor([[x, y]]), torch.tensor([side]), torch.tensor([turn]))


@given(some, some, st.floats(1, 1000), st.floats(-4, 4))
def test_to_the_picture_and_back_is_the_identity(x, y, side, turn):
    points = torch.rand(1, 7, 2)
    region = roi(x, y, side, turn)
    torch.testing.assert_close(region.to_crop(region.to_picture(points)), points, atol=2e-3, rtol=0)


def test_a_region_that_is_turned_by_a_quarter_has_its_x_axis_downwards():
    corner = roi(100.0, 50.0, 20.0, math.pi / 2).to_picture(torch.tensor([[[1.0, 0.5]]]))
    torch.testing.assert_close(corner, torch.tensor([[[100.0, 60.0]]]))


@given(some, some, st.floats(0.1, 300), st.floats(-3, 3), st.sampled_from([math.pi / 2, -math.pi / 2, 0.0]))
def test_the_point_of_a_region_lies_in_the_wanted_direction(x, y, reach, angle, target):
    centre = torch.tensor([[x, y]])
    point = centre + reach * torch.tensor([[math.cos(angle), math.sin(angle)]])
    region = roi_of_points(centre, point, target, 1.0)
    seen = region.to_crop(point[:, None])[0, 0] - 0.5
    wanted = 0.5 * torch.tensor([math.cos(target), -math.sin(target)])
    torch.testing.assert_close(seen, wanted, atol=5e-3, rtol=0)
    assert region.side.item() == pytest.approx(2 * reach, rel=1e-2, abs=1e-3)


def test_crop_pixels_are_read_by_index():
    """Crop pixel i shows the picture at i / size: the same size gives the same pixels."""
    picture = torch.rand(3, 16, 16)
    same = Roi(torch.tensor([[8.0, 8.0]]), torch.tensor([16.0]), torch.tensor([0.0]))
    torch.testing.assert_close(crops(picture, same, 16)[0], picture, atol=1e-5, rtol=0)
    torch.testing.assert_close(crops(picture, same, 8)[0], picture[:, ::2, ::2], atol=1e-5, rtol=0)


def test_a_quarter_turn_of_the_region_turns_the_crop_back():
    picture = torch.rand(1, 16, 16).expand(3, -1, -1)
    turned = crops(picture, Roi(torch.tensor([[8.0, 8.0]]), torch.tensor([16.0]), torch.tensor([math.pi / 2])), 16)
    torch.testing.assert_close(turned[0, 0, 3, 1:], picture[0, 1:, 13], atol=1e-4, rtol=0)


def test_beyond_the_border_is_the_edge_or_a_value():
    picture = torch.full((3, 8, 8), 0.7)
    outside = Roi(torch.tensor([[-20.0, 4.0]]), torch.tensor([8.0]), torch.tensor([0.0]))
    assert crops(picture, outside, 4).unique().tolist() == pytest.approx([0.7])
    assert crops(picture, outside, 4, 0.0).unique().tolist() == [0.0]


def test_strong_reduction_averages_first():
    """Stripes of one pixel are grey from afar, not black or white."""
    picture = (torch.arange(1024) % 2).float().expand(3, 1024, 1024)
    whole = crops(picture, Roi.whole(picture), 16)
    assert (whole[0, :, 2:-2, 2:-2] - 0.5).abs().max() < 1e-3


def test_regions_of_several_sizes_stand_in_their_order():
    picture = torch.rand(3, 64, 64)
    both = Roi(torch.tensor([[32.0, 32.0], [10.0, 12.0]]), torch.tensor([640.0, 8.0]), torch.zeros(2))
    apart = [crops(picture, both[k : k + 1], 8) for k in range(2)]
    torch.testing.assert_close(crops(picture, both, 8), torch.cat(apart))
    assert torch.equal(Roi.joined([both[:1], both[1:]]).side, both.side)
