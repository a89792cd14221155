import json

import pytest
import torch
from sample_clips import sample_clip

from poseloom.base.errors import FileError
from poseloom.formats import json_file
from poseloom.formats.json_file import read_json, write_json
from poseloom.pose import JOINT_NAMES


@pytest.mark.parametrize("joints", [22, 52])
@pytest.mark.parametrize("full", [False, True])
def test_what_is_written_is_read_back(tmp_path, joints, full):
    clip = sample_clip(joints=joints, full=full)
    write_json(clip, tmp_path / "a.json")
    back = read_json(tmp_path / "a.json")
    for field in ("rotations", "translation", "shape", "face"):
        first, second = getattr(clip.pose, field), getattr(back.pose, field)
        assert (first is None) == (second is None)
        assert first is None or torch.allclose(first, second, rtol=0, atol=1e-6)
    assert (clip.fps, clip.name, clip.notes, clip.pose.shape_model) == (
        back.fps,
        back.name,
        back.notes,
        back.pose.shape_model,
    )


def test_the_file_is_plain_json_with_joint_names_and_a_line_for_each_frame(tmp_path):
    write_json(sample_clip(full=False, joints=22), tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text()
    table = json.loads(text)
    assert table["joints"] == list(JOINT_NAMES[:22])
    assert table["version"] == 1
    assert len(text.splitlines()) < 5 + 15


def test_joints_may_stand_in_any_order(tmp_path):
    clip = sample_clip(joints=22)
    write_json(clip, tmp_path / "a.json")
    table = json.loads((tmp_path / "a.json").read_text())
    table["joints"] = table["joints"][::-1]
    table["rotations"] = [frame[::-1] for frame in table["rotations"]]
    (tmp_path / "a.json").write_text(json.dumps(table))
    assert torch.allclose(read_json(tmp_path / "a.json").pose.rotations, clip.pose.rotations, atol=1e-6)


def changed(tmp_path, **changes):
    write_json(sample_clip(2, 22), tmp_path / "a.json")
    table = json.loads((tmp_path / "a.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps({**table, **changes}))
    return tmp_path / "a.json"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "format: is 'other'"),
        ({"version": 2}, "version: is 2.*newer poseloom"),
        ({"version": True}, "version: "),
        ({"rotations": []}, "rotations: holds no frames"),
        ({"rotations": [[[0, 0, 0]]]}, "rotations: has 1 joints, expected 22 or 52"),
        ({"rotations": [[0], [0, 1]]}, "rotations: has rows of different lengths"),
        ({"rotations": "x"}, "rotations: is a str"),
        ({"rotations": [[[0, 0, "x"]] * 22]}, "rotations: holds <U"),
        ({"rotations": [[[0, 0, 10**400]] * 22]}, "rotations: "),
        ({"rotations": [[[float("nan"), 0, 0]] * 22] * 2}, "NaN, which is no number"),
        ({"translation": [[0, 0, 0]]}, "translation: holds 1 frames"),
        ({"joints": ["left_nee", *JOINT_NAMES[1:22]]}, r"unknown joint 'left_nee'; did you mean 'left_knee'\?"),
        ({"joints": ["pelvis"] * 22}, "joints: expected 22 different names"),
        ({"joints": [{}] * 22}, "joints: "),
        ({"fps": 10**400}, "fps: inf frames"),
        ({"fps": "30"}, "fps: is '30'"),
        ({"fps": 0}, "fps: 0 frames"),
        ({"name": 3}, "name: is a int"),
        ({"notes": []}, "notes: is not a table"),
    ],
)
def test_a_bad_field_is_named(tmp_path, changes, message):
    with pytest.raises(FileError, match=message):
        read_json(changed(tmp_path, **changes))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1]", '{"a": 1e999}', "null", '"\\ud800"'])
def test_other_content_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(FileError):
        read_json(tmp_path / "a.json")


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(json_file, "MAXIMUM_JSON_BYTES", 100)
    with pytest.raises(FileError, match="too large"):
        read_json(changed(tmp_path))
