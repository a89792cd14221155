"""The one-euro filter: laws and small cases."""

from __future__ import annotations

import math

import pytest
import torch

from poseloom.tasks.keypoints.smoothing import OneEuro, Smoother, alpha


def test_what_rests_stays():
    smooth = Smoother(OneEuro(0.05, 80), 25)
    value = torch.rand(5, 3)
    for _ in range(4):
        torch.testing.assert_close(smooth(value), value)


def test_the_second_value_by_hand():
    smooth = Smoother(OneEuro(0.5, 2.0, 1.0), 10)
    smooth(torch.tensor([0.0]))
    speed = 1 / (1 + 10 / (2 * math.pi)) * (4.0 * 0.25 * 10)
    cutoff = 0.5 + 2 * speed
    share = 1 / (1 + 10 / (2 * math.pi * cutoff))
    assert smooth(torch.tensor([4.0]), 0.25).item() == pytest.approx(4 * share, rel=1e-6)


def test_noise_shrinks_and_a_fast_move_is_followed():
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(200, 1, generator=random)
    smooth = Smoother(OneEuro(0.05, 80), 25)
    calm = torch.stack([smooth(one, 1 / 300) for one in noise])
    assert calm.diff(dim=0).abs().mean() < 0.5 * noise.diff(dim=0).abs().mean()
    smooth = Smoother(OneEuro(0.05, 80), 25)
    moved = [smooth(torch.tensor([x]), 1 / 300).item() for x in [0.0] * 5 + [100.0] * 3]
    assert moved[-1] > 90


def test_points_that_were_not_there_start_anew():
    smooth = Smoother(OneEuro(0.05, 1.0), 25)
    first = smooth(torch.tensor([torch.nan, 0.0]))
    assert first.isnan().tolist() == [True, False]
    assert smooth(torch.tensor([7.0, 0.0])).tolist() == [7.0, 0.0]
    assert smooth(torch.tensor([torch.nan, 0.0])).isnan().tolist() == [True, False]


def test_a_higher_cutoff_takes_more_of_the_new():
    shares = alpha(torch.tensor([0.1, 1.0, 10.0, 1e6]), 25)
    assert (shares.diff() > 0).all() and shares[-1] > 0.999
