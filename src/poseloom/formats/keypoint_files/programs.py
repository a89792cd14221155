"""The JSON of keypoint detectors, program by program: what a file says of the people in each picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.base.files import read_text

MAXIMUM_BYTES = 1 << 30
MAXIMUM_FILES = 1_000_000
"""Of a folder: nine hours of video."""
_HALF_SURE = 0.5
"""Confidence of a point that an annotator marked, but could not see."""
_LARGEST = 1e6
"""Pixels."""
_MEDIAPIPE = ("poseLandmarks", "pose_landmarks", "landmarks")
_WHOLE_BODY = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")


@dataclass
class Person:
    """Somebody in one picture, as a file has it."""

    points: list[tuple[float, float, float]]
    number: int | None = None
    box: tuple[float, ...] | None = None
    score: float | None = None


@dataclass
class FileContent:
    """What a file holds, before its order is known."""

    program: str
    pictures: list[str] = field(default_factory=list)
    people: list[list[Person]] = field(default_factory=list)
    size: tuple[int, int] | None = None
    fps: float | None = None
    names: tuple[str, ...] | None = None
    video: bool = False

    def add(self, name: str, people: list[Person]) -> None:
        self.pictures.append(name)
        self.people.append(people)


class StrangeFieldError(ValueError):
    """Something that is not as the program writes it; its text is a field."""


def parsed(file: Path) -> Any:
    """The content of a JSON file; numbers that JSON has not are NaN."""
    try:
        return json.loads(read_text(file, maximum_bytes=MAXIMUM_BYTES), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise FileError(file, "is no JSON", remedy="expected the JSON of a keypoint detector") from None


def _no_number(word: str) -> float:
    return math.nan


def of_folder(folder: Path) -> FileContent:
    """OpenPose's files of a video, one for each frame."""
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() == ".json")[: MAXIMUM_FILES + 1]
    if not files:
        raise FileError(folder, "holds no JSON files", remedy="name a folder that OpenPose wrote")
    if len(files) > MAXIMUM_FILES:
        raise FileError(folder, f"holds more than {MAXIMUM_FILES:,} JSON files", remedy="split it into parts")
    found = FileContent("OpenPose", video=len(files) > 1)
    for file in files:
        content = parsed(file)
        if not isinstance(content, dict) or "people" not in content:
            raise FileError(
                file, "is not OpenPose's", field="people", remedy="name a folder with OpenPose's files alone"
            )
        found.add(file.name.removesuffix("_keypoints.json"), list(_openpose_people(content)))
    return found


def of_content(file: Path, content: Any, size: tuple[int, int] | None) -> FileContent:
    """The people of a file, by the keys that its program uses."""
    if isinstance(content, dict) and "people" in content:
        found = FileContent("OpenPose")
        found.add(file.stem.removesuffix("_keypoints"), list(_openpose_people(content)))
        return found
    if isinstance(content, dict) and "annotations" in content and "images" in content:
        return _coco(content)
    if isinstance(content, dict) and "instance_info" in content:
        return _mmpose(file, content["instance_info"])
    if isinstance(content, dict) and "bodies" in content:
        found = FileContent("AlphaPose")
        found.add(
            file.stem, [Person(_flat(one.get("joints"), "bodies")) for one in _dicts(content["bodies"], "bodies")]
        )
        return found
    frames = content.get("frames", [content]) if isinstance(content, dict) else content
    if isinstance(frames, list) and frames and isinstance(frames[0], dict):
        if "instances" in frames[0] or "keypoint_scores" in frames[0]:
            return _mmpose(file, frames)
        if "image_id" in frames[0] and "keypoints" in frames[0]:
            return _rows(frames)
        if any(name in frames[0] for name in _MEDIAPIPE):
            return _mediapipe(file, content, frames, size)
    known = "OpenPose, COCO, MMPose, AlphaPose, MediaPipe"
    raise FileError(file, "is the JSON of no keypoint detector that is known", remedy=f"known: {known}")


def _openpose_people(content: dict[str, Any]) -> Iterator[Person]:
    for person in _dicts(content["people"], "people"):
        number = person.get("person_id", [-1])
        number = number[0] if isinstance(number, list) and number else number
        known = number if isinstance(number, int) and number >= 0 else None
        yield Person(_flat(person.get("pose_keypoints_2d"), "pose_keypoints_2d"), known)


def _coco(content: dict[str, Any]) -> FileContent:
    """Annotations: flags say whether a point was seen."""
    found = FileContent("COCO")
    images = _dicts(content["images"], "images")
    place = {str(one.get("id")): index for index, one in enumerate(images)}
    for one in images:
        found.add(str(one.get("file_name", one.get("id", ""))), [])
    sizes = {(one.get("width"), one.get("height")) for one in images}
    if len(sizes) == 1:
        width, height = sizes.pop()
        found.size = (
            (width, height) if isinstance(width, int) and isinstance(height, int) and width and height else None
        )
    info = content.get("info")
    rate = info.get("fps") if isinstance(info, dict) else None
    found.fps = float(rate) if isinstance(rate, int | float) and 0 < rate < _LARGEST else None
    for row in _dicts(content["annotations"], "annotations"):
        index = place.get(str(row.get("image_id")))
        if index is None:
            raise StrangeFieldError("annotations.image_id")
        if "keypoints" not in row:
            continue
        whole = [row.get(name) for name in _WHOLE_BODY if name in row]
        points = [point for part in whole for point in _flat(part, "annotations.keypoints")]
        scores = row.get("keypoint_scores")
        if isinstance(scores, list) and len(scores) == len(points):
            sure = [_number(value, "annotations.keypoint_scores") for value in scores]
        else:
            sure = [_of_flag(flag) for _, _, flag in points]
        if any(sure):
            points = [(x, y, s) for (x, y, _), s in zip(points, sure, strict=True)]
            found.people[index].append(Person(points, _whole(row.get("track_id")), _box(row.get("bbox")), _score(row)))
    categories = content.get("categories")
    if isinstance(categories, list) and categories and isinstance(categories[0], dict):
        names = categories[0].get("keypoints")
        found.names = tuple(map(str, names)) if isinstance(names, list) else None
    return found


def _rows(rows: list[Any]) -> FileContent:
    """COCO's results and AlphaPose's: a list of people, each with its picture."""
    found = FileContent("COCO")
    place: dict[str, int] = {}
    for row in _dicts(rows, "keypoints"):
        name = str(row.get("image_id"))
        if name not in place:
            place[name] = len(place)
            found.add(name, [])
        box = row.get("box", row.get("bbox"))
        number = row.get("idx", row.get("track_id"))
        number = number[0] if isinstance(number, list) and number else number
        person = Person(_flat(row.get("keypoints"), "keypoints"), _whole(number), _box(box), _score(row))
        found.people[place[name]].append(person)
    found.video = len(place) > 1
    return found


def _mmpose(file: Path, frames: Any) -> FileContent:
    """The inferencer's predictions: instances of one picture, or frames with instances."""
    found = FileContent("MMPose")
    rows = _dicts(frames, "instances")
    if rows and "instances" not in rows[0]:
        rows = [{"instances": rows}]
    found.video = len(rows) > 1
    for row in rows:
        people = []
        for one in _dicts(row.get("instances"), "instances"):
            pairs, scores = one.get("keypoints"), one.get("keypoint_scores")
            if not isinstance(pairs, list) or not isinstance(scores, list) or len(pairs) != len(scores):
                raise StrangeFieldError("keypoint_scores")
            points = []
            for pair, score in zip(pairs, scores, strict=True):
                if not isinstance(pair, list) or len(pair) < 2:
                    raise StrangeFieldError("keypoints")
                points.append((*(_number(value, "keypoints") for value in pair[:2]), _number(score, "keypoint_scores")))
            box = one.get("bbox")
            box = box[0] if isinstance(box, list) and box and isinstance(box[0], list) else box
            corners = _box(box)
            if corners is not None:
                corners = (*corners[:2], corners[2] - corners[0], corners[3] - corners[1])
            number_of = _whole(one.get("track_id", one.get("instance_id")))
            score = one.get("bbox_score")
            people.append(Person(points, number_of, corners, score if isinstance(score, int | float) else None))  # type: ignore[arg-type]
        found.add(file.stem if len(rows) == 1 else "", people)
    return found


def _mediapipe(file: Path, content: Any, frames: list[Any], size: tuple[int, int] | None) -> FileContent:
    """Landmarks with x and y as shares of the picture: one person's list, or a list of people."""
    about = content if isinstance(content, dict) else {}
    given = size or (_whole(about.get("width")), _whole(about.get("height")))
    if None in given or not all(given):
        problem = "holds MediaPipe's landmarks, which are shares of a picture whose size is not known"
        raise FileError(file, problem, remedy="say its size: width and height in pixels")
    width, height = int(given[0] or 0), int(given[1] or 0)
    rate = about.get("fps")
    found = FileContent("MediaPipe", size=(width, height), video=len(frames) > 1)
    found.fps = float(rate) if isinstance(rate, int | float) and 0 < rate < _LARGEST else None
    for frame in _dicts(frames, "frames"):
        listed = next((frame[name] for name in _MEDIAPIPE if name in frame), None) or []
        if isinstance(listed, dict):
            listed = listed.get("landmark", [])
        groups = [listed] if listed and isinstance(listed[0], dict) else listed
        numbers = frame.get("people")
        people = []
        for index, group in enumerate(groups):
            rows = _dicts(group, "landmarks")
            points = [
                (
                    _number(one.get("x"), "landmarks.x") * width,
                    _number(one.get("y"), "landmarks.y") * height,
                    _number(one.get("visibility", 1.0), "landmarks.visibility"),
                )
                for one in rows
            ]
            number = numbers[index] if isinstance(numbers, list) and len(numbers) == len(groups) else None
            people.append(Person(points, _whole(number)))
        found.add(file.stem if len(frames) == 1 else "", people)
    return found


def _dicts(value: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise StrangeFieldError(name)
    return value


def _flat(value: Any, name: str) -> list[tuple[float, float, float]]:
    """x, y, confidence, x, y, ...; or a list of such triples."""
    if not isinstance(value, list):
        raise StrangeFieldError(name)
    if value and isinstance(value[0], list):
        value = [number for row in value for number in (row if isinstance(row, list) else [None])]
    if not value or len(value) % 3:
        raise StrangeFieldError(name)
    numbers = [_number(one, name) for one in value]
    return list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _number(value: Any, name: str) -> float:
    """A number; what JSON has not (NaN) stays NaN and makes its point a missing one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise StrangeFieldError(name)
    return float(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else None


def _box(value: Any) -> tuple[float, ...] | None:
    if not isinstance(value, Sequence) or len(value) != 4 or not all(isinstance(one, int | float) for one in value):
        return None
    return tuple(float(one) for one in value) if all(math.isfinite(one) for one in value) else None


def _score(row: dict[str, Any]) -> float | None:
    score = row.get("score")
    return float(score) if isinstance(score, int | float) and math.isfinite(score) else None


def _of_flag(flag: float) -> float:
    return 0.0 if flag == 0 else _HALF_SURE if flag == 1 else 1.0
