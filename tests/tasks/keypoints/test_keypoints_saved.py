"""Keypoints as files: what is written comes back; the .pose layout is that of other programs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.keypoint_files import read_keypoint_file
from poseloom.formats.pose_file import read_pose_file
from poseloom.tasks.keypoints.files import FORMATS, chosen_format, load_keypoints, save_keypoints


def test_npz_keeps_everything(found, tmp_path):
    save_keypoints(found, tmp_path / "a.npz")
    back = load_keypoints(tmp_path / "a.npz")
    assert (back.name, back.size, back.fps) == (found.name, found.size, found.fps)
    for name in ("times", "frame", "person", "points", "world", "visibility", "scores", "hands", "hands_world", "face"):
        torch.testing.assert_close(getattr(back, name), getattr(found, name), equal_nan=True, rtol=0, atol=0)
    torch.testing.assert_close(back.roi.centre, found.roi.centre)


def test_another_npz_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(FileError, match="no keypoints of poseloom"):
        load_keypoints(tmp_path / "a.npz")


def test_pose_files_are_laid_out_as_holistic_s_are(found, tmp_path, shared_data):
    save_keypoints(found, tmp_path / "a.pose")
    ours = read_pose_file(tmp_path / "a.pose")
    theirs = read_pose_file(shared_data("pose-files") / "holistic_576_97frames.pose")
    assert [(c.name, c.points, c.format) for c in ours.components] == [
        (c.name, c.points, c.format) for c in theirs.components
    ]


def test_pose_files_hold_pixels_shares_and_metres_as_others_read_them(found, tmp_path):
    save_keypoints(found, tmp_path / "a.pose")
    pose = read_pose_file(tmp_path / "a.pose")
    assert pose.values.shape == (4, 2, 576, 3) and (pose.width, pose.height, pose.fps) == (320, 240, 25.0)
    nose, world = pose.point("POSE_LANDMARKS", "NOSE"), pose.point("POSE_WORLD_LANDMARKS", "NOSE")
    np.testing.assert_allclose(pose.values[0, 1, nose, :2], found.points[1, 0, :2], rtol=1e-5)
    np.testing.assert_allclose(pose.values[0, 1, nose, 2] * 320, found.points[1, 0, 2], rtol=1e-5)
    metres = pose.values[0, 1, world] / [320, 240, 1] * [1, -1, -1]
    np.testing.assert_allclose(metres, found.world[1, 0], rtol=1e-5)
    np.testing.assert_allclose(pose.confidence[0, 1, nose], found.visibility[1, 0], rtol=1e-5)
    assert pose.missing[1, 1].all()  # away in that frame
    left = pose.point("LEFT_HAND_LANDMARKS", "WRIST")
    assert not pose.missing[0, 1, left] and pose.missing[0, 0, left] and pose.missing[2, 1, left]


def test_coco_comes_back(found, tmp_path):
    save_keypoints(found, tmp_path / "a.json")
    back, wanted = read_keypoint_file(tmp_path / "a.json"), found.in_convention("coco")
    assert back.convention == "coco" and back.size == (320, 240) and back.fps == 25.0
    assert len(json.loads((tmp_path / "a.json").read_text())["images"]) == 4
    torch.testing.assert_close(back.points, wanted.points, atol=1e-3, rtol=0)
    torch.testing.assert_close(back.confidence, wanted.confidence, atol=1e-3, rtol=0)
    assert back.frame.tolist() == found.frame.tolist() and back.person.tolist() == found.person.tolist()


@pytest.mark.parametrize(("format", "convention"), [("openpose", "openpose_25"), ("openpose18", "openpose_18")])
def test_openpose_s_folder_comes_back(found, tmp_path, format, convention):
    save_keypoints(found, tmp_path / "frames", format)
    assert len(list((tmp_path / "frames").iterdir())) == 4
    back = read_keypoint_file(tmp_path / "frames")
    assert back.convention == convention
    assert back.frame.tolist() == found.frame.tolist() and back.person.tolist() == found.person.tolist()
    wanted = found.in_convention(convention)
    torch.testing.assert_close(back.confidence, wanted.confidence, atol=1e-3, rtol=0)
    there = wanted.confidence > 0
    torch.testing.assert_close(back.points[there], wanted.points[there], atol=1e-3, rtol=0)
    first = json.loads(sorted((tmp_path / "frames").iterdir())[0].read_text())["people"]
    assert [len(one["hand_left_keypoints_2d"]) for one in first] == [0, 63]


def test_mediapipe_s_landmarks_come_back(found, tmp_path):
    save_keypoints(found, tmp_path / "a.json", "mediapipe")
    back = read_keypoint_file(tmp_path / "a.json")
    assert back.convention == "mediapipe_33" and back.fps == 25.0
    torch.testing.assert_close(back.points, found.points[..., :2], atol=1e-3, rtol=0)
    assert back.person.tolist() == found.person.tolist()


def test_csv_has_a_row_for_each_person_in_each_frame(found, tmp_path):
    save_keypoints(found, tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert len(rows) == 7 and rows[3]["frame"] == "2" and rows[3]["seconds"] == "0.080"
    assert float(rows[1]["nose_x"]) == pytest.approx(float(found.points[1, 0, 0]), abs=1e-3)


def test_unknown_formats_and_suffixes_are_told(tmp_path):
    with pytest.raises(PoseloomError, match="did you mean 'openpose'"):
        chosen_format(tmp_path / "a.json", "openpos")
    with pytest.raises(FileError, match=r"\.npz"):
        chosen_format(tmp_path / "a.xyz")
    assert chosen_format("a.json") is FORMATS["coco"]


def test_necks_and_pelves_lie_between(found):
    body = found.in_convention("openpose_25")
    place = {name: index for index, name in enumerate(body.names)}
    middle = (found.points[:, 11, :2] + found.points[:, 12, :2]) / 2
    torch.testing.assert_close(body.points[:, place["neck_openpose"]], middle)
    least = torch.minimum(found.visibility[:, 23], found.visibility[:, 24])
    torch.testing.assert_close(body.confidence[:, place["pelvis_openpose"]], least)
    assert (body.confidence[:, place["left_smalltoe_openpose"]] == 0).all()


def test_another_size_multiplies_all_pixels(found):
    larger = found.resized((640, 480))
    torch.testing.assert_close(larger.points[..., :2] + 0.5, (found.points[..., :2] + 0.5) * 2)
    torch.testing.assert_close(larger.points[..., 2], found.points[..., 2] * 2)
    torch.testing.assert_close(larger.roi.side, found.roi.side * 2)
    torch.testing.assert_close(larger.world, found.world)


def test_people_are_taken_out_by_number(found):
    assert found.people == (0, 4) and found.of_person(4).frame.tolist() == [0, 2, 3]
    with pytest.raises(PoseloomError, match="no person 1; there are: 0, 4"):
        found.of_person(1)
