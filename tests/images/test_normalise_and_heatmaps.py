"""Number ranges go there and back; peaks of heat maps are the points that they were made from."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.images.heatmaps import argmax_points, gaussian_heatmaps, soft_argmax
from poseloom.images.normalise import CLIP, EFFICIENTNET_LITE, IMAGENET, SIGNED, UNIT, normalisation_of


@pytest.mark.parametrize("family", [UNIT, SIGNED, IMAGENET, CLIP, EFFICIENTNET_LITE])
def test_undo_is_the_inverse(family):
    picture = torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(family.undo(family.apply(picture)), picture)


def test_known_values():
    grey = torch.full((3, 1, 1), 127 / 255)
    assert EFFICIENTNET_LITE.apply(grey).abs().max() < 1e-6
    assert SIGNED.apply(torch.zeros(3, 1, 1)).flatten().tolist() == [-1, -1, -1]
    red = torch.tensor([123.675, 116.28, 103.53])[:, None, None] / 255
    assert IMAGENET.apply(red).abs().max() < 1e-5
    torch.testing.assert_close(IMAGENET.apply(red + 1 / 255)[0, 0, 0], torch.tensor(1 / 58.395))


POINTS = torch.tensor([[[10.5, 7.5], [3.5, 20.5]], [[30.5, 1.5], [16.5, 12.5]]])


def test_the_highest_pixel_is_the_point():
    maps = gaussian_heatmaps(POINTS, (24, 32))
    assert maps.shape == (2, 2, 24, 32)
    found, height = argmax_points(maps)
    torch.testing.assert_close(found, POINTS)
    torch.testing.assert_close(height, torch.ones(2, 2))
    assert maps[0, 0, 7, 12].item() == pytest.approx(torch.exp(torch.tensor(-0.5)).item())  # one sigma aside


def test_a_quarter_of_a_pixel_towards_the_higher_neighbour():
    maps = gaussian_heatmaps(POINTS + torch.tensor([0.3, -0.2]), (24, 32))
    torch.testing.assert_close(argmax_points(maps)[0], POINTS + torch.tensor([0.25, -0.25]))
    torch.testing.assert_close(argmax_points(maps, refine=False)[0], POINTS)
    corner = gaussian_heatmaps(torch.tensor([[0.2, 23.9]]), (24, 32))
    assert argmax_points(corner)[0].tolist() == [[0.5, 23.5]]


def test_the_mean_place_is_finer_than_a_pixel():
    points = POINTS[:, 1:] + torch.tensor([0.31, -0.17])
    logits = gaussian_heatmaps(points, (24, 32), sigma=1.0).clamp_min(1e-12).log()
    logits.requires_grad_()
    found = soft_argmax(logits)
    torch.testing.assert_close(found, points, atol=0.02, rtol=0)
    found.sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_every_family_of_networks_has_its_normalisation():
    assert normalisation_of("HMR") is IMAGENET and normalisation_of("pg2") is SIGNED
    with pytest.raises(PoseloomError, match="did you mean 'hrnet'"):
        normalisation_of("hrnett")
