"""Keypoints in pictures written as COCO JSON, OpenPose JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write
from poseloom.pose.picture_keypoints import PictureKeypoints

_SEEN = 0.5
"""Confidence from which on COCO's flag says that a point is visible."""
_VISIBLE, _HIDDEN, _MISSING = 2, 1, 0
_DECIMALS = 3
COCO_LIMBS = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip
"""COCO's own list, counted from 1."""
_OPENPOSE_CONVENTIONS = ("openpose_25", "openpose_18")


def write_coco(keypoints: PictureKeypoints, path: str | Path) -> None:
    """Write COCO's keypoint annotations (https://cocodataset.org/#format-data), one image for each picture or frame.

    Beside COCO's own keys an annotation has ``score``, ``track_id`` (the person) and ``keypoint_scores``.

    Args:
        keypoints: in any convention; `PictureKeypoints.in_convention("coco")` gives COCO's 17 points.
        path: the file.
    """
    width, height = keypoints.size or (0, 0)
    images = [
        {"id": number, "file_name": name or f"frame_{number:06d}", "width": width, "height": height}
        for number, name in enumerate(keypoints.pictures)
    ]
    boxes = _boxes(keypoints)
    annotations = []
    for row in range(len(keypoints)):
        confidence = keypoints.confidence[row].tolist()
        flat: list[float] = []
        for (x, y), sure in zip(keypoints.points[row].tolist(), confidence, strict=True):
            flag = _MISSING if sure <= 0 else _VISIBLE if sure >= _SEEN else _HIDDEN
            flat += [_short(x), _short(y), flag] if flag else [0, 0, 0]
        box = [_short(value) for value in boxes[row].tolist()]
        annotation: dict[str, Any] = {
            "id": row + 1,
            "image_id": int(keypoints.frame[row]),
            "category_id": 1,
            "iscrowd": 0,
            "keypoints": flat,
            "num_keypoints": sum(sure > 0 for sure in confidence),
            "bbox": box,
            "area": _short(box[2] * box[3]),
            "track_id": int(keypoints.person[row]),
            "keypoint_scores": [_short(sure) for sure in confidence],
        }
        if keypoints.scores is not None:
            annotation["score"] = _short(float(keypoints.scores[row]))
        annotations.append(annotation)
    category: dict[str, Any] = {"supercategory": "person", "id": 1, "name": "person"}
    own = [name.removesuffix("_extra").removesuffix("_openpose") for name in keypoints.names]
    limbs = [list(pair) for pair in COCO_LIMBS] if keypoints.convention == "coco" else []
    category |= {"keypoints": own, "skeleton": limbs}
    info: dict[str, Any] = {"description": "keypoints of people"}
    if keypoints.fps is not None:
        info["fps"] = keypoints.fps
    _write(path, {"info": info, "images": images, "annotations": annotations, "categories": [category]})


def write_openpose(
    keypoints: PictureKeypoints, path: str | Path, hands: Float[Tensor, "rows 2 21 3"] | None = None
) -> list[Path]:
    """Write OpenPose's JSON: one file for a picture; a folder with ``NAME_000000000000_keypoints.json`` for a video.

    Args:
        keypoints: in the convention ``openpose_25`` or ``openpose_18``.
        path: the file, or for several pictures the folder, which is made.
        hands: left and right, x and y in their first two columns; NaN where none was found.

    Returns:
        The files.

    Raises:
        PoseloomError: another convention.
    """
    if keypoints.convention not in _OPENPOSE_CONVENTIONS:
        known = " or ".join(_OPENPOSE_CONVENTIONS)
        raise PoseloomError(f"OpenPose's JSON holds {known}, got {keypoints.convention}; use in_convention first")
    contents: list[dict[str, Any]] = [{"version": 1.3, "people": []} for _ in keypoints.pictures]
    for row in range(len(keypoints)):
        contents[int(keypoints.frame[row])]["people"].append(_openpose_person(keypoints, row, hands))
    if len(contents) == 1:
        _write(path, contents[0])
        return [Path(path)]
    folder = Path(path)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(path, f"cannot be made: {error.strerror}", remedy="name a folder") from None
    files = []
    for number, content in enumerate(contents):
        stem = Path(keypoints.pictures[number]).stem or f"{folder.name}_{number:012d}"
        files.append(folder / f"{stem}_keypoints.json")
        _write(files[-1], content)
    return files


def write_csv(keypoints: PictureKeypoints, path: str | Path) -> None:
    """Write a table: picture, frame, seconds, person, score, and x, y, confidence of each point."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = [f"{name}_{part}" for name in keypoints.names for part in ("x", "y", "confidence")]
    writer.writerow(["picture", "frame", "seconds", "person", "score", *columns])
    values = torch.cat([keypoints.points, keypoints.confidence[..., None]], dim=-1).flatten(1).tolist()
    for row in range(len(keypoints)):
        frame = int(keypoints.frame[row])
        seconds = "" if keypoints.fps is None else f"{frame / keypoints.fps:.3f}"
        score = "" if keypoints.scores is None else f"{float(keypoints.scores[row]):.3f}"
        head = [keypoints.pictures[frame], frame, seconds, int(keypoints.person[row]), score]
        writer.writerow([*head, *(f"{value:.3f}" for value in values[row])])
    with atomic_write(path) as temporary:
        temporary.write_text(stream.getvalue(), encoding="utf-8")


def _openpose_person(keypoints: PictureKeypoints, row: int, hands: Tensor | None) -> dict[str, Any]:
    both = torch.cat([keypoints.points[row], keypoints.confidence[row, :, None]], dim=-1)
    both = torch.where(both[:, 2:] > 0, both, 0.0)
    number = -1 if keypoints.fps is None else int(keypoints.person[row])
    person: dict[str, Any] = {
        "person_id": [number],
        "pose_keypoints_2d": [_short(value) for value in both.flatten().tolist()],
        "face_keypoints_2d": [],
    }
    for index, side in enumerate(("left", "right")):
        flat: list[float] = []
        if hands is not None and bool(hands[row, index].isfinite().all()):
            flat = [value for x, y in hands[row, index, :, :2].tolist() for value in (_short(x), _short(y), 1)]
        person[f"hand_{side}_keypoints_2d"] = flat
    more = ("pose", "face", "hand_left", "hand_right")
    return person | {f"{part}_keypoints_3d": [] for part in more}


def _boxes(keypoints: PictureKeypoints) -> Float[Tensor, "rows 4"]:
    """Those that are known, else around the points that are there."""
    if keypoints.boxes is not None:
        return keypoints.boxes
    there = (keypoints.confidence > 0)[..., None]
    low = keypoints.points.masked_fill(~there, torch.inf).amin(1)
    high = keypoints.points.masked_fill(~there, -torch.inf).amax(1)
    return torch.cat([low, high - low], dim=-1).nan_to_num(0.0, 0.0, 0.0)


def _write(path: str | Path, content: dict[str, Any]) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _short(value: float) -> float:
    return round(value, _DECIMALS)
