import json
from dataclasses import dataclass

import pytest
import torch

from killed import killed
from poseloom.base.errors import PoseloomError
from poseloom.data import Table, Text, prepare
from poseloom.data.build import Unit
from poseloom.data.builders.convert_body import convert_body, joint_distances
from poseloom.data.executors import Processes
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.source import NamedPair, PairBlock
from poseloom.pose import Pose, sample
from smpl_standins import write_smplh, write_smplx


@dataclass(frozen=True)
class Few:
    """Twelve poses in three shards, with texts and pairs."""

    name: str = "few"
    layout = Layout(52)

    def options(self):
        return {}

    def units(self):
        return [Unit(f"{place:05d}", 4, place) for place in range(3)]

    def read(self, unit):
        ids = [f"{unit.name}:{place}" for place in range(4)]
        texts = [[Text(f"this is {one}", source="people")] for one in ids]
        return RowBlock("few", ids, ["film"] * 4, list(range(4)), ["train"] * 4, sample(4, unit.content), texts=texts)

    def pair_units(self):
        return [Unit("00000", 2, None)]

    def read_pairs(self, unit):
        ends = (("00000:1", "00002:3"), ("00001:0", "00001:2"))
        return PairBlock([NamedPair(f"{a}>{b}", a, b, False, "train", (Text("move", seed=3),)) for a, b in ends])


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Folder of the table to be converted."""
    path = tmp_path_factory.mktemp("few") / "table"
    prepare(Few(), path)
    return path


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    return write_smplh(folder / "smplh.npz"), write_smplx(folder / "smplx.npz", stretch=(1.01, 0.99, 1.01))


@pytest.fixture(scope="module")
def converted(described, bodies, tmp_path_factory):
    out = tmp_path_factory.mktemp("converted") / "table"
    convert_body(described, *bodies, out)
    return out


def test_rows_keep_everything_but_the_body(described, converted, bodies):
    before, after = Table.open(described), Table.open(converted)
    assert len(before) == len(after) and after.layout.shape_model == "smplx" and after.layout.shape == 10
    for number in (0, 11):
        one, other = before.row(number), after.row(number)
        assert (one.id, one.origin, one.split, one.texts) == (other.id, other.origin, other.split, other.texts)
        assert not torch.equal(one.pose.rotations, other.pose.rotations)
    apart = joint_distances(described, bodies[0], converted, bodies[1])
    assert len(apart) == 12 and apart.mean() < 0.002 and apart.max() < 0.012


def test_pairs_lead_from_and_to_the_same_rows(described, converted):
    before, after = Table.open(described), Table.open(converted)
    assert len(before.pairs) == len(after.pairs) > 0
    assert list(before.pairs) == list(after.pairs)


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_where_the_work_is_done(described, converted, bodies, tmp_path, content):
    convert_body(described, *bodies, tmp_path / "t", Processes(2))
    assert content(tmp_path / "t") == content(converted)


def test_a_conversion_that_was_killed_continues_to_the_same_bytes(described, converted, bodies, tmp_path, content):
    out = tmp_path / "t"
    words = ["--from-body", bodies[0], "--to-body", bodies[1], "--out", out, "--executor", "here"]
    assert killed(out, "after:rows/*/00000", "data", "convert-body", described, *words)
    kept = []
    convert_body(described, *bodies, out, report=lambda progress: kept.append(progress.kept))
    assert kept[0] == 1 and content(out) == content(converted)


def test_the_command_tells_how_near_the_bodies_are(described, bodies, converted, tmp_path, data, content):
    words = ["--from-body", bodies[0], "--to-body", bodies[1], "--out", tmp_path / "t", "--executor", "here"]
    status, out, err = data("convert-body", described, *words, "--json")
    told = json.loads(out)
    assert (status, err) == (0, "") and told["rows"] == 12 and told["problems"] == []
    assert 0 < told["joints"]["mean_mm"] < 2
    status, out, _ = data("convert-body", described, *words)
    assert status == 0 and "mm apart" in out
    status, _, err = data("convert-body", described, *words[:1], tmp_path / "none.npz", *words[2:])
    assert status == 2 and "none.npz: does not exist" in err


def test_shapes_of_another_body_are_refused(table, bodies, tmp_path):
    with pytest.raises(PoseloomError, match=r"holds shapes of smplh, not of smplx as smplx\.npz"):
        convert_body(table.path, bodies[1], bodies[0], tmp_path / "t")


def test_each_shape_is_fitted_and_body_rows_stay_body_rows(table, bodies, tmp_path):
    convert_body(table.path, *bodies, tmp_path / "t")
    after = Table.open(tmp_path / "t")
    assert after.layout.joints == 22 and len(after) == len(table)
    assert not torch.equal(after.pose(0).shape, after.pose(90).shape)
    assert isinstance(after.pose(3), Pose) and after.row(3).joints == 22


def test_rows_can_be_converted_there_and_back(described, converted, bodies, tmp_path):
    rows = Table.open(described)
    convert_body(converted, bodies[1], bodies[0], tmp_path / "back")
    back = Table.open(tmp_path / "back")
    apart = joint_distances(described, bodies[0], tmp_path / "back", bodies[0])
    assert back.layout.shape_model == "smplh" and len(back) == len(rows) and apart.mean() < 0.002


def test_a_converted_table_is_not_built_upon_by_another_source(converted):
    from poseloom.data.sources.procedural import Procedural

    with pytest.raises(PoseloomError, match="already holds"):
        prepare(Procedural(1024), converted)
