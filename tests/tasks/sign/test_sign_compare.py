"""Clips of keypoints beside others: files and folders, with what is broken in them."""

import json

import numpy as np
import pytest

from poseloom.base.errors import FileError
from poseloom.formats.pose_file import write_pose_file
from poseloom.tasks.sign.compare import compare_paths
from poseloom.tasks.sign.layouts import sign_layout
from poseloom.tasks.sign.strokes import strokes

HAND = 21
"""Points of a hand, which are the last ones of each layout."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Three pairs: equal, different, damaged; and a file without a partner."""
    root, layout = tmp_path_factory.mktemp("compared"), sign_layout("holistic-75")
    first, second, third = (layout.sequence(one.values, one.confidence) for one in strokes(4, 3))
    for name in ("made", "label"):
        (root / name).mkdir()
        write_pose_file(first, root / name / "a.pose")
        write_pose_file(second if name == "made" else third, root / name / "b.pose")
        (root / name / "damaged.pose").write_bytes(b"no pose at all")
    write_pose_file(first, root / "made" / "alone.pose")
    return root


def test_equal_clips_have_no_distance_and_others_have(folders):
    found = {one.name: one for one in compare_paths(folders / "made", folders / "label").clips}
    assert set(found) == {"a.pose", "b.pose"}
    equal, other = found["a.pose"], found["b.pose"]
    assert (equal.ape, equal.dtw_p, equal.exact) == (0, 0, 0)
    assert other.ape > 0.05 and other.dtw_p > 1 and other.ndtw_mje > equal.ndtw_mje


def test_equal_clips_with_missing_points_are_0_apart_by_exact_warping_and_not_by_the_published_one(tmp_path):
    layout = sign_layout("holistic-75")
    whole = strokes(4, 3)[0]
    seen = np.random.default_rng(0).random(whole.confidence.shape) > 0.3
    seen[:, : -2 * HAND] = True
    sequence = layout.sequence(whole.values, np.where(seen, whole.confidence, 0))
    write_pose_file(sequence, tmp_path / "a.pose")
    found = compare_paths(tmp_path / "a.pose", tmp_path / "a.pose")
    (one,) = found.clips
    assert (one.exact, one.ape, one.dtw_p) == (0, 0, 0)
    assert one.ndtw_mje > 0.01 and any("even between equal clips" in note for note in found.notes)


def test_a_damaged_file_is_left_out_and_told(folders):
    notes = compare_paths(folders / "made", folders / "label").notes
    assert any(note.startswith("left out: ") and "damaged.pose" in note for note in notes)
    assert any("1 files of the first folder and 0 of the second have no partner" in note for note in notes)


def test_what_cannot_be_compared(folders, tmp_path):
    with pytest.raises(FileError, match="is a folder, the other is a file"):
        compare_paths(folders / "made", folders / "label" / "a.pose")
    with pytest.raises(FileError, match=r"damaged\.pose"):
        compare_paths(folders / "made" / "damaged.pose", folders / "label" / "a.pose")
    with pytest.raises(FileError, match=r"has no .pose file whose name is in"):
        compare_paths(folders / "made", tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "damaged.pose").write_bytes(b"no pose at all")
    with pytest.raises(FileError, match="none of 1 files can be compared"):
        compare_paths(empty, folders / "label")


def test_a_table_or_json(folders, command):
    status, out, err = command("sign", "--compare", folders / "made", folders / "label")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == ["clip", "a.pose", "b.pose", "mean"]
    assert "left out" in err
    row = json.loads(command("sign", "--compare", folders / "made", folders / "label", "--json")[1])
    assert len(row["clips"]) == 2 and np.isfinite(row["clips"][1]["ndtw_mje"])
