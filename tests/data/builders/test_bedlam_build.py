"""All seven steps as one build."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from bedlam_standin import write_bedlam

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, prepare
from poseloom.data.builders.bedlam import build_bedlam
from poseloom.data.executors import Processes
from poseloom.data.sources.bedlam import Bedlam
from poseloom.data.sources.bedlam_body import box_body
from poseloom.data.sources.bedlam_people import PeopleRules
from poseloom.data.sources.bedlam_script import BedlamFix, BedlamScript
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
        wanted += [people.id(number) for number in rows[chosen.numpy()]]
    assert table.column("id").to_pylist() == wanted
    number = int(people.numbers_of([table.id(7)])[0])
    one, other = table.row(7), people.row(number)
    assert one.images == other.images and one.camera == other.camera and one.keypoints == other.keypoints
    assert np.array_equal(table.array("rotations", [7]), people.array("rotations", [number]))


def test_every_row_has_three_captions(table):
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


def command(folder, out):
    options = [word for name, value in LOOSE.items() for word in (f"--{name}", str(value))]
    words = ["data", "prepare", "bedlam-fix", "--from", folder, "--out", out, *options, "--executor", "here"]
    return [sys.executable, "-m", "poseloom", *words]


def steps_of(path):
    """What is there of each step: people, selections, rows, texts, mined pairs, pairs."""
    patterns = (
        ".build/*/people/manifest.json",
        ".build/*/train.npz",
        "rows/*",
        "texts/*",
        ".build/*/pairs.npz",
        "pairs/*",
    )
    return tuple(any(path.glob(pattern)) for pattern in patterns)


@pytest.mark.slow
def test_a_build_killed_at_any_step_continues_to_the_same_bytes(folder, built, tmp_path, content):
    path, rng, met, kills = tmp_path / "t", random.Random(0), set(), 0
    for _ in range(60):
        with subprocess.Popen(command(folder, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            before = steps_of(path)
            while process.poll() is None and steps_of(path) == before:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.05))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
                met.add(steps_of(path))
        if process.returncode == 0:
            break
    assert process.returncode == 0 and kills >= 4 and len(met) >= 4
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
