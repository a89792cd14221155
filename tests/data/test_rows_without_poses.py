"""Tables of pictures: rows without poses are stored, read, told apart and passed over by what needs poses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from numbered import Numbered
from poseloom.base.errors import PoseloomError
from poseloom.data import describe_table, pair_table, prepare
from poseloom.data.export import export
from poseloom.data.inspection import summary
from poseloom.data.schema import Image, Layout, RowBlock, Text
from poseloom.data.table import Table
from poseloom.data.text_views import TextDataset
from poseloom.data.views import PairDataset, TableDataset, TableStream
from poseloom.pose import Pose
from poseloom.pose.sampler import sample


@dataclass(frozen=True)
class Pictures(Numbered):
    """Pictures of people, as a data set of re-identification has them: no poses at all."""

    name: str = "pictures"

    @property
    def layout(self):
        return Layout.of_pictures()

    def read(self, unit):
        return replace(super().read(unit), pose=None)


@dataclass(frozen=True)
class Mixed(Numbered):
    """Every third row has no pose."""

    name: str = "mixed"

    @property
    def layout(self):
        return Layout(52)

    def read(self, unit):
        numbers = list(unit.content)
        joints = [0 if number % 3 == 0 else 52 for number in numbers]
        poses = sample(self.first + self.rows, seed=3)[torch.tensor(numbers)]
        return replace(super().read(unit), pose=poses, joints=joints)


@pytest.fixture
def pictures(tmp_path):
    prepare(Pictures(30), tmp_path / "pictures")
    return Table.open(tmp_path / "pictures")


@pytest.fixture
def mixed(tmp_path):
    prepare(Mixed(30), tmp_path / "mixed")
    return Table.open(tmp_path / "mixed")


def test_a_table_of_pictures_has_everything_but_poses(pictures, tmp_path):
    row = pictures.row(7)
    assert row.pose is None and row.joints == 0 and row.images == (Image("7.jpg", 640, 480, (1, 0, 0, 0, 1, 0)),)
    assert pictures.pictures([3, 1]).paths == ["3.jpg", "1.jpg"] and pictures.cameras([1]).known.all()
    assert not list(pictures.path.rglob("*.npy")) and len(pictures.posed()) == 0
    assert summary(pictures).rows == 30 and summary(pictures).ranges == {}
    assert export(pictures, tmp_path / "x.parquet") == 30
    for ask in (lambda: pictures.pose(2), lambda: pictures.poses([2, 3]), lambda: pictures.poses([])):
        with pytest.raises(PoseloomError, match="no pose"):
            ask()
    with pytest.raises(PoseloomError, match="the rows have no rotations"):
        pictures.array("rotations")


def test_rows_with_and_without_poses_in_one_table(mixed):
    posed = [number for number in range(30) if number % 3]
    assert mixed.posed().tolist() == posed and mixed.posed([9, 8, 6, 1]).tolist() == [8, 1]
    assert mixed.row(3).pose is None and mixed.row(4).pose is not None
    assert torch.equal(mixed.poses([5, 4]).rotations[1], mixed.pose(4).rotations)
    with pytest.raises(PoseloomError, match="row 3 has no pose"):
        mixed.poses([1, 3])
    assert [one for numbers, pose in mixed.batches(7) for one in numbers.tolist()] == posed
    assert all(len(numbers) == len(pose) for numbers, pose in mixed.batches(7))


def test_views_for_training_leave_rows_without_poses_out(mixed):
    posed = set(mixed.posed().tolist())
    assert {one.row for one in TableDataset(mixed)} == posed == {one.row for one in TableStream(mixed)}
    assert {one.row for one in TextDataset(mixed, ["human"])} == {row for row in posed if mixed.texts(row)}


def test_builders_skip_them_and_say_how_many(mixed):
    part = describe_table(mixed.path)
    assert [problem for shard in part.shards for problem in shard.problems] == [
        f"{count} rows without a pose were not described" for count in (4, 3, 3)
    ]
    table = Table.open(mixed.path)
    added = [len(table.texts(row)) - row % 3 for row in range(30)]
    assert added == [int(row % 3 > 0) for row in range(30)]
    pair_table(mixed.path)
    pairs = Table.open(mixed.path).pairs
    ends = {end for pair in pairs for end in (pair.row_a, pair.row_b)}
    assert len(pairs) and not any(end % 3 == 0 for end in ends)
    assert all(table.id(pair.row_a) == pair.id_a and table.id(pair.row_b) == pair.id_b for pair in pairs)
    assert len(PairDataset(Table.open(mixed.path))) == len(pairs)


def test_blocks_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(PoseloomError, match="some rows have joints"):
        RowBlock("x", ["a"], [""], [0], [""], None, joints=[22], texts=[[Text("b")]])

    @dataclass(frozen=True)
    class Wrong(Pictures):
        def read(self, unit):
            return replace(super().read(unit), pose=Pose(torch.zeros(len(unit.content), 22, 3)))

    with pytest.raises(PoseloomError, match="do not fit a table of pictures"):
        prepare(Wrong(10), tmp_path / "wrong")
