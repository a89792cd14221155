import subprocess
import sys

import numpy as np
import pytest
from sample_clips import amass_arrays, same_rotations, sample_clip

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats import registry


def test_the_table_loads_neither_torch_nor_numpy():
    code = "import sys; from poseloom.formats import registry; print('torch' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_every_row_can_read_or_write_and_names_are_unique():
    rows = registry.formats()
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.read or row.write for row in rows)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for row in rows for suffix in row.suffixes)


@pytest.mark.parametrize(
    "name", [row.name for row in registry.formats() if row.write and not {".bvh", ".pose"} & {*row.suffixes}]
)
def test_what_a_format_writes_is_recognised_and_read_by_it(tmp_path, name):
    row = next(row for row in registry.formats() if row.name == name)
    path, clip = tmp_path / f"x{row.suffixes[0]}", sample_clip()
    registry.write(clip, path, name)
    back = registry.read(path)
    assert same_rotations(clip.pose, back.pose)
    assert back.fps == clip.fps
    assert registry._by_content(path) is row


def test_upper_case_suffixes_are_known_and_the_own_format_is_the_default_npz(tmp_path):
    registry.write(sample_clip(), tmp_path / "X.NPZ")
    assert registry._by_content(tmp_path / "X.NPZ").name == "poseloom"


def test_a_forced_format_ignores_the_suffix(tmp_path):
    registry.write(sample_clip(), tmp_path / "x.dat", "amass")
    assert registry.read(tmp_path / "x.dat", "amass").notes["format"] == "AMASS (SMPL-H)"


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    (tmp_path / "x.bhv").write_text("HIERARCHY")
    with pytest.raises(FileError, match=r"known: \.npz, .*did you mean '\.bvh'\?"):
        registry.read(tmp_path / "x.bhv")
    with pytest.raises(FileError, match=r"\.glb"):
        registry.write(sample_clip(), tmp_path / "x.gbl", extra_writers=("glb",))
    with pytest.raises(FileError, match="has no suffix"):
        registry.write(sample_clip(), tmp_path / "x")


def test_an_unknown_format_name_lists_the_known_ones(tmp_path):
    np.savez(tmp_path / "x.npz", **amass_arrays())
    with pytest.raises(PoseloomError, match=r"unknown format 'amas'.*did you mean 'amass'\?"):
        registry.read(tmp_path / "x.npz", "amas")
    with pytest.raises(PoseloomError, match=r"'mocap' cannot be written; formats that can: .*glb"):
        registry.write(sample_clip(), tmp_path / "y.npz", "mocap", extra_writers=("glb",))


def test_an_archive_of_something_else_names_what_it_holds(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros(3), labels=np.zeros(3))
    with pytest.raises(FileError, match=r"images, labels.*known npz formats: poseloom"):
        registry.read(tmp_path / "x.npz")


def test_a_folder_a_missing_and_an_empty_file_are_users_mistakes(tmp_path):
    (tmp_path / "empty.bvh").touch()
    for path in (tmp_path, tmp_path / "none.npz", tmp_path / "empty.bvh"):
        with pytest.raises(FileError):
            registry.read(path)
