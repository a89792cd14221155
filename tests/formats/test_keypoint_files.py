"""Keypoints of other programs: told by their keys, in their order, with their confidence; damage in one line."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.keypoint_files import read_keypoint_file
from poseloom.pose.picture_keypoints import PictureKeypoints

FLAT_17 = [value for index in range(17) for value in (10.0 * index, index + 0.5, 0.9)]
PAIRS_17 = [[10.0 * index, index + 0.5] for index in range(17)]


def written(folder, content, name="a.json"):
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def person_25(x: float, number: int = -1):
    return {"person_id": [number], "pose_keypoints_2d": [value for _ in range(25) for value in (x, 2 * x, 0.8)]}


ALIKE = {
    "COCO results": [{"image_id": 7, "category_id": 1, "keypoints": FLAT_17, "score": 0.7}],
    "AlphaPose": [
        {"image_id": "7.jpg", "category_id": 1, "keypoints": FLAT_17, "score": 2.7, "box": [1, 2, 3, 4], "idx": 3}
    ],
    "AlphaPose, open": {"version": "AlphaPose v0.3", "bodies": [{"joints": FLAT_17}]},
    "MMPose, picture": [
        {"keypoints": PAIRS_17, "keypoint_scores": [0.9] * 17, "bbox": [[1, 2, 4, 6]], "bbox_score": 0.9}
    ],
    "MMPose, frames": [{"frame_id": 0, "instances": [{"keypoints": PAIRS_17, "keypoint_scores": [0.9] * 17}]}],
    "MMPose, demo": {
        "meta_info": {},
        "instance_info": [{"frame_id": 1, "instances": [{"keypoints": PAIRS_17, "keypoint_scores": [0.9] * 17}]}],
    },
}


@pytest.mark.parametrize("program", list(ALIKE))
def test_the_same_person_out_of_every_program(tmp_path, program):
    found = read_keypoint_file(written(tmp_path, ALIKE[program]))
    assert found.convention == "coco" and len(found) == 1
    torch.testing.assert_close(found.points[0], torch.tensor(PAIRS_17))
    torch.testing.assert_close(found.confidence, torch.full((1, 17), 0.9))


def test_boxes_are_corner_and_size(tmp_path):
    boxes = [read_keypoint_file(written(tmp_path, ALIKE[name])).boxes for name in ("AlphaPose", "MMPose, picture")]
    assert boxes[0].tolist() == [[1, 2, 3, 4]] and boxes[1].tolist() == [[1, 2, 3, 4]]


def test_coco_s_flags_and_names(tmp_path, shared_data):
    found = read_keypoint_file(shared_data("keypoint-samples") / "coco" / "annotations.json")
    assert found.convention == "coco" and len(found.pictures) == 4 and len(found) == 12
    assert set(found.confidence.unique().tolist()) <= {0.0, 0.5, 1.0}


def test_openpose_s_real_file(shared_data):
    found = read_keypoint_file(shared_data("keypoint-samples") / "lsp" / "im1010_openpose.json")
    assert found.convention == "openpose_25" and len(found) == 1
    torch.testing.assert_close(found.points[0, 0], torch.tensor([66.4171, 47.0342]))
    assert (found.confidence[0, 3:5] == 0).all()


def test_openpose_s_folder_is_a_video_in_the_order_of_names(tmp_path):
    for number in (1, 0, 2):
        people = [person_25(number + 1.0, 5), person_25(number + 10.0, 3)][: 1 if number == 1 else 2]
        written(tmp_path, {"version": 1.3, "people": people}, f"clip_{number:012d}_keypoints.json")
    found = read_keypoint_file(tmp_path)
    assert found.frame.tolist() == [0, 0, 1, 2, 2] and found.person.tolist() == [5, 3, 5, 5, 3]
    assert found.of_person(5).points[:, 0, 0].tolist() == [1, 2, 3]
    assert found.pictures[1] == "clip_000000000001"


def landmarks(count=33):
    return [{"x": 0.5, "y": 0.25, "z": 0.0, "visibility": 0.75} for _ in range(count)]


@pytest.mark.parametrize(
    "content",
    [
        {"poseLandmarks": landmarks()},
        {"pose_landmarks": [landmarks()]},
        {"pose_landmarks": {"landmark": landmarks()}},
        [{"landmarks": [landmarks()]}],
    ],
)
def test_mediapipe_s_shares_become_pixels_of_a_known_size(tmp_path, content):
    path = written(tmp_path, content)
    found = read_keypoint_file(path, size=(640, 480))
    assert found.convention == "mediapipe_33" and found.points[0, 3].tolist() == [320, 120]
    assert found.confidence[0, 0] == 0.75
    with pytest.raises(FileError, match="say its size"):
        read_keypoint_file(path)


def test_an_order_that_is_not_known_lists_the_known_ones(tmp_path):
    rows = [{"image_id": 1, "keypoints": [1.0, 2.0, 1.0] * 19}]
    with pytest.raises(FileError, match=r"19 points.*coco.*openpose_25") as told:
        read_keypoint_file(written(tmp_path, rows))
    assert "\n" not in str(told.value)
    with pytest.raises(FileError, match="coco has 17"):
        read_keypoint_file(written(tmp_path, rows), "coco")
    with pytest.raises(PoseloomError, match="unknown keypoint convention"):
        read_keypoint_file(written(tmp_path, rows), "cocoo")


def test_a_convention_that_is_named_wins(tmp_path):
    rows = [{"image_id": 1, "keypoints": [1.0, 2.0, 1.0] * 17}]
    assert read_keypoint_file(written(tmp_path, rows), "h36m").convention == "h36m"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"people": []}, "nobody is in it"),
        ({"people": [{"pose_keypoints_2d": [1, 2]}]}, "pose_keypoints_2d"),
        ({"people": [{"pose_keypoints_2d": ["a", 2, 1] * 25}]}, "pose_keypoints_2d"),
        ({"some": "thing"}, "no keypoint detector"),
        ([{"image_id": 1, "keypoints": [1e9, 1, 1] * 17}], "keypoints"),
        ({"people": [person_25(1.0), {"pose_keypoints_2d": FLAT_17}]}, r"\[17, 25\]"),
    ],
)
def test_what_is_not_as_its_program_writes_it_is_told(tmp_path, content, told):
    with pytest.raises(FileError, match=told):
        read_keypoint_file(written(tmp_path, content))


def test_points_without_numbers_are_missing(tmp_path):
    path = tmp_path / "a.json"
    flat = ", ".join(["NaN, NaN, 0.9"] + ["1, 2, 0.9"] * 16)
    path.write_text(f'[{{"image_id": 1, "keypoints": [{flat}]}}]')
    found = read_keypoint_file(path)
    assert found.confidence[0, 0] == 0 and found.confidence[0, 1] == pytest.approx(0.9)


@given(place=st.integers(0, 2000), letter=st.sampled_from('{}[]",:0n'))
@settings(max_examples=150)
def test_damaged_files_are_read_or_refused_in_one_line(tmp_path_factory, place, letter):
    text = json.dumps([ALIKE["COCO results"], ALIKE["MMPose, demo"], {"people": [person_25(1.0)]}][place % 3])
    place %= len(text)
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(text[:place] + letter + text[place + 1 :])
    try:
        assert isinstance(read_keypoint_file(path), PictureKeypoints)
    except PoseloomError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
