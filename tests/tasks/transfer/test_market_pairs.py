"""Pairs of a data set of the papers: maps and masks of the release's joints, other sizes told or refused, people."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data" / "sources"))

import picture_releases as releases
from paired_people import unpaired_table

from poseloom.base.errors import FileError
from poseloom.data import open_source, prepare
from poseloom.images.pose_maps import gaussian_maps, pose_mask
from poseloom.tasks.transfer.pairs import PairData, PairPictures


@pytest.fixture
def market(tmp_path):
    """read(...) -> the training pairs of a release with two pictures, white on the left."""
    folder = releases.market(tmp_path / "market")
    for number, path in enumerate(sorted((folder / "bounding_box_train").iterdir())):
        picture = Image.new("RGB", (64, 128), (20 * number, 0, 0))
        picture.paste((255, 255, 255), (0, 0, 32, 128))
        picture.save(path, quality=100, subsampling=0)
    prepare(open_source("market1501", {"folder": folder}), tmp_path / "t")
    return lambda **more: PairPictures(PairData(table=str(tmp_path / "t"), images=str(folder), **more), "train")


def test_a_pair_has_both_pictures_with_maps_and_masks(market):
    pairs = market()
    batch = pairs.batch(pairs.__getitems__([0, 1]))
    assert batch.source_names == batch.target_names[::-1]
    assert batch.source_names[0] == "bounding_box_train/0002_c1s1_000451_03.jpg"
    joints = batch.inputs.source_keypoints[0]
    assert joints[3].tolist() == [15, 6] and joints[16].tolist() == [-1, -1]
    torch.testing.assert_close(batch.inputs.both_maps("gaussian")[0, :18], gaussian_maps(joints, (128, 64)))
    assert torch.equal(batch.target_mask[1, 0] > 0, pose_mask(joints, (128, 64)))
    assert batch.inputs.source.min() >= -1 and batch.inputs.source[:, :, :, :28].min() > 0.95
    assert batch.people.tolist() == [0, 0] and pairs.people == 1


def test_pictures_of_another_size_are_told_once_and_take_their_joints_along(market, caplog):
    pairs = market(height=256)
    with caplog.at_level(logging.WARNING):
        batch = pairs.batch(pairs.__getitems__([0, 1]))
    (told,) = caplog.messages
    assert "has 64 x 128 pixels, the generator 64 x 256; pictures of this size are resized" in told
    assert batch.inputs.source.shape == (2, 3, 256, 64)
    assert batch.inputs.source_keypoints[0, 3].tolist() == [30.5, 6]


def test_pictures_of_another_size_are_refused_on_demand(market):
    with pytest.raises(FileError, match=r"64 x 128 pixels, the generator 64 x 256.*data\.other_sizes"):
        market(height=256, other_sizes="refuse").__getitems__([0])
    assert len(market(other_sizes="refuse").__getitems__([0])) == 1
    assert len(market(height=256, frame="person", other_sizes="refuse").__getitems__([0])) == 1


def test_a_frame_around_both_poses_is_the_same_of_both_pictures(market):
    pairs, alone = market(frame="pair"), market(frame="person")
    first, second = pairs.__getitems__([0])[0]
    one, two = alone.__getitems__([0])[0]
    there = (first.keypoints >= 0).all(1) & (one.keypoints >= 0).all(1)
    assert not torch.equal(first.keypoints[there], one.keypoints[there]) or not torch.equal(
        second.keypoints, two.keypoints
    )
    limits = torch.tensor([127.5, 63.5])
    assert all(bool((own.keypoints <= limits).all()) for own in (first, second))


def test_pairs_of_missing_pictures_are_told(tmp_path):
    folder = releases.market(tmp_path / "market")
    (folder / "bounding_box_train" / "0002_c1s2_000452_01.jpg").unlink()
    prepare(open_source("market1501", {"folder": folder}), tmp_path / "t")
    with pytest.raises(FileError, match=r"2 pairs in split 'train', all of missing pictures.*build the table again"):
        PairPictures(PairData(table=str(tmp_path / "t"), images=str(folder)), "train")


def test_of_people_in_one_split_every_tenth_is_held_out(tmp_path):
    table = unpaired_table(tmp_path / "many", 23)

    def shown(split):
        pairs = PairPictures(PairData(str(table), str(tmp_path / "many" / "pictures")), split)
        return {name.partition("_")[0] for batch in pairs.batches(8) for name in batch.source_names}, len(pairs)

    held_out, trained = shown("val"), shown("train")
    assert len(held_out[0]) == 2 and len(trained[0]) == 21 and not held_out[0] & trained[0]
    assert held_out[1] == 4 and trained[1] == 42, "both ways"
    few = unpaired_table(tmp_path / "few", 4)
    with pytest.raises(FileError, match=r"no pairs in split 'val'.*train"):
        PairPictures(PairData(str(few), str(tmp_path / "few" / "pictures")), "val")
