"""Pairs of pictures of a person: pictures, maps and masks of both, mirrored each by itself."""

import picture_releases as releases
import pytest
import torch
from PIL import Image

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.transfer_views import TransferPairs, TransferPlan
from poseloom.images.pose_maps import gaussian_maps, pose_mask


@pytest.fixture
def market(tmp_path):
    folder = releases.market(tmp_path / "market")
    for number, path in enumerate(sorted((folder / "bounding_box_train").iterdir())):
        picture = Image.new("RGB", (64, 128), (20 * number, 0, 0))
        picture.paste((255, 255, 255), (0, 0, 32, 128))
        picture.save(path, quality=100, subsampling=0)
    prepare(open_source("market1501", {"folder": folder}), tmp_path / "t")
    return Table.open(tmp_path / "t"), folder


def test_a_pair_has_both_pictures_with_maps_and_masks(market):
    table, folder = market
    batch = TransferPairs(table, folder).__getitems__([0, 1])
    assert batch.condition.paths == batch.target.paths[::-1]
    assert batch.condition.paths[0] == "bounding_box_train/0002_c1s1_000451_03.jpg"
    joints = batch.condition.joints[0]
    assert joints[3].tolist() == [15, 6] and joints[16].tolist() == [-1, -1]
    torch.testing.assert_close(batch.condition.maps[0], gaussian_maps(joints, (128, 64)))
    assert torch.equal(batch.condition.masks[0, 0], pose_mask(joints, (128, 64)))
    assert torch.equal(batch.condition.joints[0], batch.target.joints[1])
    assert batch.condition.pictures.min() >= -1 and batch.condition.pictures[:, :, :, :28].min() > 0.95


def test_flips_mirror_picture_map_and_mask_together_and_each_side_by_itself(market):
    table, folder = market
    plain = TransferPairs(table, folder).__getitems__([0] * 1)
    seen = set()
    view = TransferPairs(table, folder, TransferPlan(flip=0.5))
    for epoch in range(24):
        view.set_epoch(epoch)
        batch = view[0]
        flips = []
        for side in ("condition", "target"):
            own, other = getattr(batch, side), getattr(plain, side)
            flipped = bool(own.pictures[0, 0, 64, 5] < 0)
            flips.append(flipped)
            for name in ("pictures", "maps", "masks"):
                expected = getattr(other, name).flip(-1) if flipped else getattr(other, name)
                assert torch.equal(getattr(own, name), expected)
        seen.add(tuple(flips))
    assert len(seen) == 4
    swapped = TransferPairs(table, folder, TransferPlan(flip=1.0, swap_sides=True))[0].condition.maps
    torch.testing.assert_close(swapped[:, 2], plain.condition.maps[:, 5].flip(-1))


def test_pictures_of_another_size_take_their_joints_along(market):
    table, folder = market
    batch = TransferPairs(table, folder, TransferPlan((256, 64), maps="point"))[0].condition
    assert batch.pictures.shape == (1, 3, 256, 64) and batch.joints[0, 3].tolist() == [30, 6]
    assert batch.maps[0, 3, 30, 6] == 1 and batch.maps[0, 16].sum() == 0


def test_mistakes_are_told(market, tmp_path):
    table, folder = market
    with pytest.raises(PoseloomError, match="has no pairs of pictures in split 'test'"):
        TransferPairs(table, folder, split="test")
    with pytest.raises(PoseloomError, match="expected flip from 0 to 1"):
        TransferPlan(flip=2)
    with pytest.raises(PoseloomError, match="does not exist"):
        TransferPairs(table, tmp_path / "nowhere")[0]
