import shutil
from collections import Counter

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.sources.catalogue import CATALOGUE, FOLDER
from poseloom.data.sources.procedural import Procedural
from poseloom.data.splits import split_of
from poseloom.formats.bvh_write import write_bvh
from poseloom.formats.registry import read
from poseloom.pose import Clip, Pose, within_ranges


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Folder with two good BVH files and a broken one, one of them in a subfolder."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "01").mkdir()
    for name, frames in (("01/01_01.bvh", 60), ("walk.bvh", 31)):
        rotations = torch.zeros(frames, 22, 3)
        rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, frames)
        write_bvh(Clip(Pose(rotations, torch.zeros(frames, 3)), 30.0, "clip"), folder / name)
    (folder / "broken.bvh").write_text("HIERARCHY\nROOT hip\n{")
    (folder / "readme.txt").write_text("not a motion")
    return folder


def cmu(folder, **options):
    return open_source("cmu", {FOLDER: folder, **options})


def test_the_catalogue_says_all_that_a_user_needs():
    for info in CATALOGUE:
        assert info.title and info.download and info.licence and info.size
        assert set(info.required) <= set(info.options)


def test_a_row_of_a_seed_is_the_same_pose_in_any_table(tmp_path):
    prepare(open_source("procedural", {"rows": 1030, "seed": 5}), tmp_path / "a")
    prepare(Procedural(1100, seed=5, shard_rows=1024), tmp_path / "b")
    first, second = (Table.open(tmp_path / name) for name in "ab")
    rows = range(1030)
    assert torch.equal(first.poses(rows).rotations, second.poses(rows).rotations)
    assert torch.equal(first.poses(rows).translation, second.poses(rows).translation)
    assert first.id(1029) == second.id(1029) == "procedural/5/1029"
    assert within_ranges(first.poses(rows)).all()


def test_another_seed_draws_other_poses(tmp_path):
    for seed in (1, 2):
        prepare(open_source("procedural", {"rows": 10, "seed": seed}), tmp_path, append=True)
    poses = Table.open(tmp_path).poses()
    assert not torch.equal(poses.rotations[:10], poses.rotations[10:])


def test_a_folder_of_recordings(tmp_path, recordings):
    part = prepare(cmu(recordings, fps=10), tmp_path)
    table = Table.open(tmp_path)
    assert table.column("id").to_pylist()[:2] == ["01/01_01:0", "01/01_01:3"]
    assert Counter(table.column("file").to_pylist()) == {"01/01_01.bvh": 20, "walk.bvh": 11}
    assert len(set(table.column("split")[:20].to_pylist())) == 1
    (problem,) = part.shards[0].problems
    assert problem.startswith("broken.bvh")
    clip = read(recordings / "01/01_01.bvh")
    assert torch.equal(table.pose(1).rotations, clip.pose.body().rotations[3])


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({"every": 25}, [0, 25, 50]),
        ({"fps": 1}, [0, 30]),
        ({"fps": 1000, "limit": 3}, [0, 20, 40]),
        ({"every": 1, "limit": 1}, [0]),
    ],
)
def test_chosen_frames(tmp_path, recordings, options, frames):
    prepare(cmu(recordings / "01", **options), tmp_path)
    assert Table.open(tmp_path).column("frame").to_pylist() == frames


def test_fingers_are_kept_when_asked_for(tmp_path, recordings):
    prepare(cmu(recordings / "01", hands=True), tmp_path)
    table = Table.open(tmp_path)
    assert table.layout.joints == 52 and table.row(0).joints in (22, 52)


def test_strict_stops_at_the_first_bad_file(tmp_path, recordings):
    with pytest.raises(PoseloomError, match=r"broken\.bvh"):
        prepare(cmu(recordings, strict=True), tmp_path)


def test_nothing_but_bad_files(tmp_path, recordings):
    folder = tmp_path / "bad"
    folder.mkdir()
    shutil.copy(recordings / "broken.bvh", folder)
    with pytest.raises(PoseloomError, match=r"no rows could be made; 1 files cannot be used, such as broken.bvh"):
        prepare(cmu(folder), tmp_path / "table")


def test_files_that_changed_are_another_build(tmp_path, recordings):
    folder = shutil.copytree(recordings, tmp_path / "files")
    prepare(cmu(folder), tmp_path / "table")
    shutil.copy(folder / "walk.bvh", folder / "walk2.bvh")
    with pytest.raises(PoseloomError, match="already holds"):
        prepare(cmu(folder), tmp_path / "table")


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("procedurel", {}, "unknown source 'procedurel'; did you mean 'procedural'"),
        ("procedural", {"rows": 0}, "rows: expected at least 1, got 0"),
        ("procedural", {"every": 3}, "procedural takes no --every; it takes --rows, --seed"),
        ("cmu", {}, "cmu needs --from FOLDER; get mocap.cs.cmu.edu"),
        ("cmu", {FOLDER: "nowhere"}, "nowhere: does not exist"),
        ("cmu", {FOLDER: ".", "every": 0}, "every: expected a positive number"),
        ("cmu", {FOLDER: ".", "every": 2, "fps": 3}, "expected one of them"),
    ],
)
def test_mistakes_are_one_line(name, options, told):
    with pytest.raises(PoseloomError, match=told):
        open_source(name, options)


def test_a_folder_without_motion(tmp_path):
    with pytest.raises(PoseloomError, match=r"holds no .bvh or .amc file; CMU's are in allasfamc.zip"):
        cmu(tmp_path)


def test_splits_are_fixed_shares():
    counted = Counter(split_of(f"sequence {number}") for number in range(5000))
    assert counted["train"] == pytest.approx(4000, abs=120)
    assert counted["val"] == pytest.approx(500, abs=80)
    assert split_of("01/01_01.bvh") == split_of("01/01_01.bvh")


def test_real_recordings(tmp_path, shared_data):
    prepare(cmu(shared_data("bvh"), fps=2), tmp_path)
    table = Table.open(tmp_path)
    files = Counter(table.column("file").to_pylist())
    assert files["01_13.amc"] == 4 and files["cmu_01_01.bvh"] == 4 and len(files) > 35
