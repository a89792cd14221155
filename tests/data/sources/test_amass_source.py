import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from releases import MOTIONS, raw_poses, write_amass

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, executor, open_source, prepare
from poseloom.data.sources.amass_files import AmassFolder, Release, subset_of
from poseloom.formats.amass import read_amass


def source(folder, **options):
    return open_source("amass", {"folder": folder, **options})


def test_every_motion_at_ten_poses_a_second(tmp_path, amass):
    prepare(source(amass), tmp_path)
    table = Table.open(tmp_path)
    frames = Counter(table.column("file").to_pylist())
    assert frames == {f"{name}_poses.npz": -(-count // 12) for name, count in MOTIONS.items()}
    assert table.column("id").to_pylist()[:2] == [
        "BioMotionLab_NTroje/rub001/0001 treadmill_poses:0",
        "BioMotionLab_NTroje/rub001/0001 treadmill_poses:12",
    ]
    assert table.layout.joints == 22
    row = table.row(int(table.numbers_of(["CMU/75/75_09_poses:24"])[0]))
    clip = read_amass(amass / "CMU/75/75_09_poses.npz")
    assert torch.equal(row.pose.rotations, clip.pose.rotations[24, :22])
    assert row.pose.translation.tolist() == pytest.approx([0, 0.9, 0])


def test_smplx_with_hands(tmp_path, amass_x):
    prepare(source(amass_x, hands=True, every=7, limit=2), tmp_path)
    table = Table.open(tmp_path)
    assert len(table) == 2 * len(MOTIONS) and table.row(0).joints == 52
    clip = read_amass(amass_x / table.row(0).origin.file)
    assert torch.equal(table.pose(1).rotations, clip.pose.rotations[table.row(1).origin.frame])


def test_one_subset_folder_alone_and_links_to_folders(tmp_path, amass):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/CMU").symlink_to(amass / "CMU")
    (tmp_path / "linked/CMU2").symlink_to(tmp_path / "linked")  # leads back
    assert len(AmassFolder(tmp_path / "linked").names) == 2


def test_a_bad_file_is_told_with_its_path_in_the_folder(tmp_path, amass):
    folder = shutil.copytree(amass, tmp_path / "amass")
    poses = raw_poses(5)
    poses[3, 7] = np.nan
    write_amass(folder / "KIT/3/turn_poses.npz", poses)
    part = prepare(source(folder), tmp_path / "table")
    (problem,) = part.shards[0].problems
    assert problem.startswith("KIT/3/turn_poses.npz: poses: NaN or infinity in frame 3")
    with pytest.raises(PoseloomError, match="NaN"):
        prepare(source(folder, strict=True), tmp_path / "strict")


def test_processes_give_the_same_bytes(tmp_path, amass, content, monkeypatch):
    monkeypatch.setattr("poseloom.data.sources.amass._UNIT_BYTES", 1)
    for name in ("here", "processes"):
        prepare(source(amass), tmp_path / name, executor(name, 2))
    assert content(tmp_path / "here") == content(tmp_path / "processes")
    assert len(Table.open(tmp_path / "here").shard_names()) == len(MOTIONS)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("CMU/75/75_09_poses.npz", "CMU/75/75_09_poses.npz"),
        ("CMU/CMU/75/75_09_poses.npz", "CMU/75/75_09_poses.npz"),
        ("BMLrub/BioMotionLab_NTroje/rub001/0001 treadmill_poses.npz", True),
        ("BMLrub/rub001/0001_treadmill_stageii.npz", True),
        ("KIT/KIT/75/75_09_poses.npz", None),
        ("CMU/CMU/75/75_90_poses.npz", None),
        ("75_09_poses.npz", None),
    ],
)
def test_a_path_of_another_data_set(amass, path, found):
    rub = "BioMotionLab_NTroje/rub001/0001 treadmill_poses.npz"
    assert AmassFolder(amass).find(path) == (rub if found is True else found)


def test_the_folder_of_one_subset(amass):
    assert AmassFolder(amass / "CMU").find("CMU/CMU/75/75_09_poses.npz") == "75/75_09_poses.npz"
    assert AmassFolder(amass / "CMU").find("KIT/KIT/75/75_09_poses.npz") is None


def test_subsets_have_one_name():
    assert subset_of("MPI_Limits/03099/op2_poses.npz") == subset_of("PosePrior/PosePrior/03099/op2_poses.npz")
    assert subset_of("KIT/KIT/3/a.npz") != subset_of("EKUT/EKUT/3/a.npz")


def test_what_is_no_amass(tmp_path, amass, amass_x):
    with pytest.raises(PoseloomError, match=r"holds no motion of AMASS .*amass\.is\.tue\.mpg\.de"):
        source(tmp_path)
    (tmp_path / "CMU.tar.bz2").write_bytes(b"x")
    with pytest.raises(PoseloomError, match=r"unpack its archives, such as CMU\.tar\.bz2"):
        source(tmp_path)
    with pytest.raises(PoseloomError, match=r"AMASS as SMPL-X G, expected SMPL\+H G \(\*_poses\.npz\); download"):
        AmassFolder(amass_x, Release.SMPL_H)
    with pytest.raises(PoseloomError, match="does not exist"):
        source(tmp_path / "nowhere")
    with pytest.raises(PoseloomError, match="expected one of them"):
        source(amass, every=1, fps=2)
