"""All seven steps as one build."""

import json
import shutil

import numpy as np
import pytest
from bedlam_standin import write_bedlam

from killed import killed
from poseloom.base.errors import PoseloomError
from poseloom.data import Table, prepare
from poseloom.data.builders.bedlam import build_bedlam
from poseloom.data.builders.bedlam_script import BedlamFix, BedlamScript
from poseloom.data.executors import Processes
from poseloom.data.manifest import MANIFEST
from poseloom.data.sources.bedlam import Bedlam
from poseloom.data.sources.bedlam_body import box_body
from poseloom.data.sources.bedlam_people import PeopleRules
from poseloom.pose import farthest_points

SIZES = {"train": 40, "val": 20}
LOOSE = {**SIZES, "within": 2, "across": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bedlam(tmp_path_factory.mktemp("bedlam"))


@pytest.fixture(scope="module")
def built(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "table"
    prepare(BedlamFix(folder, **LOOSE), path)
    return path


@pytest.fixture(scope="module")
def table(built):
    return Table.open(built)


def test_the_chosen_are_the_farthest_points_of_those_who_are_seen(folder, table, tmp_path):
    prepare(Bedlam(folder, rules=PeopleRules()), tmp_path / "people")
    people = Table.open(tmp_path / "people")
    body = box_body(folder / "smplx" / "SMPLX_NEUTRAL.npz", folder)
    wanted = []
    for split, count in SIZES.items():
        rows = people.rows_of(split)
        chosen = farthest_points(body.canonical(people.poses(rows)), count)
        wanted += [people.id(number) for number in rows[chosen.numpy()].tolist()]
    assert table.column("id").to_pylist() == wanted
    number = int(people.numbers_of([table.id(7)])[0])
    one, other = table.row(7), people.row(number)
    assert one.images == other.images and one.camera == other.camera and one.keypoints == other.keypoints
    assert np.array_equal(table.array("rotations", [7]), people.array("rotations", [number]))


def test_every_row_has_three_descriptions(table):
    sources = ["captions-embroider-plain", "captions-embroider-simplified", "captions-embroider-ripple"]
    for row in table:
        assert [text.source for text in row.texts] == sources
        assert all(len(text.text) > 20 and text.kind == "automatic" for text in row.texts)


def test_pairs_have_three_instructions_and_stay_in_their_split(table):
    assert len(table.pairs) > 10
    for pair in table.pairs:
        first, second = table.row(pair.row_a), table.row(pair.row_b)
        assert first.split == second.split == pair.split and len(pair.texts) == 3
        assert [text.source for text in pair.texts][1] == "instructions-embroider-simplified"
        apart = second.origin.frame - first.origin.frame
        same = first.origin.file == second.origin.file
        assert pair.in_sequence == same and (not same or 0 < apart < 15)


def test_mined_pairs_follow_the_features_that_are_given(folder, tmp_path):
    plan = BedlamFix(folder, **LOOSE)
    build_bedlam(plan, tmp_path / "t", embedder=Alike())
    assert len(Table.open(tmp_path / "t").pairs) == 0 and plan.pairs_in(tmp_path / "t") is None


class Alike:
    """Features of which no two are similar without being too similar."""

    name = "alike"
    dimensions = 2

    def __call__(self, pose):
        return np.tile(np.array([[1.0, 0.0]], np.float32), (len(pose), 1))


def test_script_is_the_first_five_steps_and_fix_goes_on_from_there(folder, built, tmp_path, content):
    path = tmp_path / "t"
    prepare(BedlamScript(folder, **SIZES), path)
    assert len(Table.open(path).pairs) == 0 and Table.open(path).text_count(0) == 3
    before = content(path)
    prepare(BedlamFix(folder, **LOOSE), path)
    assert content(path) == content(built)
    assert all(content(path)[name] == value for name, value in before.items() if name != "manifest.json")
    assert [one.name for one in (path / ".build").iterdir()] == ["lock"]


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_where_the_work_is_done(folder, built, tmp_path, content):
    prepare(BedlamFix(folder, **LOOSE), tmp_path / "t", Processes(2))
    assert content(tmp_path / "t") == content(built)


def test_a_build_of_other_rows_is_refused_and_a_lost_shard_is_made_again(folder, built, tmp_path, content):
    path = shutil.copytree(built, tmp_path / "t")
    with pytest.raises(PoseloomError, match="already holds 60 other rows"):
        prepare(BedlamScript(folder, train=5, val=5), path)
    shard = next((path / "rows").glob("*/00001"))
    shutil.rmtree(shard)
    prepare(BedlamFix(folder, **LOOSE), path)
    assert content(path) == content(built)


def test_numbers_that_leave_nobody_are_told(folder, tmp_path):
    with pytest.raises(PoseloomError, match="no rows could be made; nothing meets the options"):
        prepare(BedlamScript(folder, pixels=5000), tmp_path / "t")
    with pytest.raises(PoseloomError, match="train: expected 0 or more"):
        BedlamScript(folder, train=-1)


STEPS = (
    ".build/*/people/manifest.json",
    ".build/*/train.npz",
    "rows/*/00000",
    MANIFEST,
    "texts/*/*/00000",
    MANIFEST,
    ".build/*/pairs.npz",
    "pairs/*/00000",
    MANIFEST,
)
"""What is made, in this order: people, selections, rows, texts, mined pairs, pairs."""


@pytest.mark.slow
def test_a_build_killed_around_each_step_continues_to_the_same_bytes(folder, built, tmp_path, content):
    path, options = tmp_path / "t", [word for name, value in LOOSE.items() for word in (f"--{name}", value)]
    words = ["data", "prepare", "bedlam-fix", "--from", folder, "--out", path, *options, "--executor", "here"]
    for step in STEPS:
        there = len(list(path.glob(step))) if step != MANIFEST else -1
        assert killed(path, f"before:{step}", *words), step
        assert step == MANIFEST or len(list(path.glob(step))) == there
        assert killed(path, f"after:{step}", *words), step
        assert list(path.glob(step))
    assert content(path) == content(built)
    assert not killed(path, "line:1000", *words)
    assert content(path) == content(built)


def test_the_command_line_builds_it_and_tells_rows_and_pairs(folder, built, tmp_path, data, content):
    options = [word for name, value in LOOSE.items() for word in (f"--{name}", value)]
    words = ["--from", folder, "--out", tmp_path / "t", *options, "--executor", "here"]
    status, out, err = data("prepare", "bedlam-fix", *words, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["rows"] == 60 and told["pairs"] == len(Table.open(built).pairs)
    assert content(tmp_path / "t") == content(built)
    status, _, err = data("prepare", "bedlam", "--from", tmp_path, "--out", tmp_path / "u")
    assert status == 2 and "holds no csv/SCENE/be_seq.csv; get the ground truth of the scenes at bedlam" in err
