import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table
from poseloom.data.manifest import Manifest, write_manifest
from poseloom.data.schema import NOWHERE, Camera, Image, Keypoints, Layout, Origin, Text


def test_a_row_has_everything_that_was_written(table):
    row = table.row(37)
    assert (row.number, row.id, row.split, row.joints) == (37, "row 37", "train", 22)
    assert row.origin == Origin("numbered", "file 7", 37)
    assert row.pose.rotations.shape == (22, 3) and torch.allclose(row.pose.rotations, torch.tensor(0.0037))
    assert row.pose.translation.tolist() == [37.0] * 3
    assert row.pose.shape.tolist() == [37.0] * 2 and row.pose.shape_model == "smplh"
    assert row.texts == (Text("text 0 of 37"),)
    assert row.images == (Image("37.jpg", 640, 480, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),)
    assert row.keypoints == (Keypoints("coco", (1.0, 2.0), (0.5,)),)
    assert row.camera == Camera((500.0, 500.0), (320.0, 240.0))
    assert table.row(36).camera is None and table.row(36).keypoints == ()


def test_poses_come_in_the_given_order_across_shards(table):
    numbers = [99, 3, 3, 50, 0, 11]
    assert table.poses(numbers).translation[:, 0].tolist() == numbers
    assert table.array("shape", np.array(numbers))[:, 1].tolist() == numbers
    assert table.poses(slice(5, 25, 10)).translation[:, 0].tolist() == [5, 15]
    assert len(table.poses()) == len(table) == 100
    assert len(table.poses([])) == 0


def test_single_and_bulk_reads_agree(table):
    bulk = table.poses()
    for number in (0, 9, 10, 99):
        assert torch.equal(table.pose(number).rotations, bulk.rotations[number])
        assert table.id(number) == table.row(number).id and table.split(number) == table.row(number).split


def test_texts_by_place(table):
    assert [table.text_count(number) for number in range(4)] == [0, 1, 2, 0]
    assert table.words(2, 1) == "text 1 of 2" == table.texts(2)[1].text
    with pytest.raises(IndexError, match="row 3 has no text 0"):
        table.words(3, 0)


def test_batches_cover_all_rows(table):
    parts = list(table.batches(33))
    assert [len(numbers) for numbers, _ in parts] == [33, 33, 33, 1]
    assert torch.cat([pose.translation[:, 0] for _, pose in parts]).tolist() == list(range(100))


def test_ids_and_splits_are_found(table):
    assert table.numbers_of(["row 12", "nobody", "row 0"]).tolist() == [12, NOWHERE, 0]
    assert table.rows_of("test").tolist() == list(range(0, 100, 4))
    assert table.rows_of("nothing").size == 0


@pytest.mark.parametrize("number", [-1, 100])
def test_a_row_that_is_not_there(table, number):
    for read in (table.row, table.pose, table.texts, lambda one: table.poses([0, one])):
        with pytest.raises(IndexError, match=f"row {number} is out of range.*100 rows"):
            read(number)


def test_an_array_that_the_rows_lack(table):
    with pytest.raises(PoseloomError, match="no face; they have rotations, translation, shape"):
        table.array("face")


def test_a_pickled_table_opens_itself_again(table):
    assert pickle.loads(pickle.dumps(table)).row(42).id == "row 42"
    assert len(pickle.dumps(table)) < 1000


def test_an_empty_table(tmp_path):
    write_manifest(tmp_path, Manifest(Layout(22)))
    table = Table.open(tmp_path)
    assert len(table) == 0 and list(table) == [] and len(table.pairs) == 0
    assert table.poses().rotations.shape == (0, 22, 3)
    assert table.rows_of("train").size == 0 and table.intact_rows().size == 0
    assert table.numbers_of(["a"]).tolist() == [NOWHERE]


def test_builds_add_texts_and_pairs(described):
    table = Table.open(described)
    row = table.row(1050)
    assert row.texts[0].kind == "automatic" and row.texts[0].source == "describe" and row.texts[0].text.endswith(".")
    pair = table.pairs[len(table.pairs) - 1]
    assert table.id(pair.row_a) == pair.id_a and table.id(pair.row_b) == pair.id_b
    assert pair.texts[0].source == "instruct" and pair.split == table.split(pair.row_a) == table.split(pair.row_b)
    assert sum(map(len, table.pairs.batches())) == len(table.pairs) > 1000


def test_maps_that_were_let_go_are_made_again(described):
    table = Table.open(described)
    before, pose = table.row(1050).texts, table.pose(3)
    table.release()
    assert table.row(1050).texts == before and torch.equal(table.pose(3).rotations, pose.rotations)


def test_many_files_are_not_kept_open(table):
    table.poses()
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("this system does not list open files")
    assert not any(str(table.path) in str(one.resolve()) for one in handles.iterdir())
