"""Named poses as training data: a share of the procedural rows, the others untouched, each still its entry."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data.sources.named_draws import draw_named
from poseloom.data.sources.procedural import Procedural
from poseloom.pose.contact import ContactFigure


def rows_of(named, seed=3):
    source = Procedural(1024, seed=seed, named=named)
    return source.read(source.units()[0]).pose


def test_a_share_of_the_rows_are_named_poses_and_the_others_stay():
    before, after = rows_of(0.0), rows_of(0.25)
    same = (before.rotations == after.rotations).flatten(1).all(1)
    assert 0.70 < same.double().mean() < 0.80
    assert torch.equal(before.translation[same], after.translation[same])


def test_no_named_poses_without_asking_for_them():
    assert "named" not in Procedural().options()
    assert Procedural(named=0.1).options()["named"] == 0.1


def test_drawn_poses_lie_on_the_floor_and_are_the_same_again():
    first, again = (draw_named(64, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first.rotations, again.rotations)
    lowest = ContactFigure.of(first.matrices()).lower_edges().amin(-1) + first.translation[:, 1]
    assert lowest.abs().max() < 1e-4


def test_a_share_is_from_0_to_1():
    with pytest.raises(PoseloomError, match="named: expected a share from 0 to 1, got 2"):
        Procedural(named=2)
