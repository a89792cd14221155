import json

import numpy as np
import pytest

from poseloom.base.errors import FileError
from poseloom.formats.mocap_npz import read_mocap_npz, read_mocap_sequences


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "pose": rng.normal(size=(6, 22, 3)).astype(np.float16),
        "trans": rng.normal(size=(6, 3)).astype(np.float16),
        "ok": np.array([True, True, False, True, False, False]),
        "seq": np.array([3, 3, 3, 3, 7, 7], np.uint16),
        "frame": np.array([0, 1, 2, 3, 0, 1], np.uint16),
    }


def saved(tmp_path, **changes):
    np.savez(tmp_path / "few.npz", **{**arrays(), **changes})
    return tmp_path / "few.npz"


def test_a_whole_file_is_one_clip_that_knows_its_sequences(tmp_path):
    clip = read_mocap_npz(saved(tmp_path))
    assert (len(clip), clip.fps, clip.pose.joints, str(clip.pose.rotations.dtype)) == (6, 30, 22, "torch.float32")
    assert clip.notes["sequences"] == [{"id": 3, "row": 0, "frames": 4}, {"id": 7, "row": 4, "frames": 2}]
    assert clip.notes["not_ok"] == [[2, 3], [4, 6]]
    json.dumps(clip.notes)


def test_sequences_are_clips_and_bad_frames_can_be_left_out(tmp_path):
    path = saved(tmp_path)
    clips = read_mocap_sequences(path)
    assert [len(clip) for clip in clips] == [4, 2]
    assert clips[0].notes["not_ok"] == [[2, 3]]
    assert np.array_equal(clips[1].pose.rotations.numpy(), arrays()["pose"][4:].astype(np.float32))
    good = read_mocap_sequences(path, keep_bad=False)
    assert [len(clip) for clip in good] == [3]


def test_the_index_beside_the_file_names_the_clips(tmp_path):
    (tmp_path / "few_sequences.json").write_text(json.dumps([{"id": 3, "trial": "05_01", "description": "walk"}]))
    clips = read_mocap_sequences(saved(tmp_path))
    assert [clip.name for clip in clips] == ["05_01", "few-7"]
    assert clips[0].notes["description"] == "walk"
    (tmp_path / "few_sequences.json").write_text('[{"no": 1}]')
    with pytest.raises(FileError, match=r"few_sequences\.json: is not a list of sequences"):
        read_mocap_sequences(saved(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pose": np.zeros((6, 24, 3))}, r"pose: has shape \(6, 24, 3\), expected \(frames, 22, 3\)"),
        ({"pose": np.zeros((0, 22, 3))}, "pose: holds no frames"),
        ({"pose": np.full((6, 22, 3), np.float16(np.inf))}, "pose: NaN or infinity in frame 0"),
        ({"seq": np.zeros(5, int)}, "seq: holds 5 frames where pose holds 6"),
        ({"seq": np.zeros(6)}, "seq: is float64"),
        ({"ok": np.zeros(6)}, "ok: is float64"),
    ],
)
def test_a_bad_array_is_named(tmp_path, changes, message):
    with pytest.raises(FileError, match=message):
        read_mocap_npz(saved(tmp_path, **changes))


@pytest.mark.parametrize(("name", "frames", "sequences", "ok"), [("val", 6516, 33, 6039), ("train", 48927, 103, 47525)])
def test_the_real_files_hold_what_their_readme_says(shared_data, name, frames, sequences, ok):
    path = shared_data("mocap") / f"{name}.npz"
    clip = read_mocap_npz(path)
    assert len(clip) == frames
    assert len(clip.notes["sequences"]) == sequences
    clips = read_mocap_sequences(path, keep_bad=False)
    assert sum(map(len, clips)) == ok
