"""Keypoints that others found in pictures: which program wrote a file, and its people as `PictureKeypoints`.

Known are the JSON of OpenPose (a file, or a folder with one for each frame), COCO (annotations and results), MMPose
(inferencer and top-down demo), AlphaPose, and the landmarks of MediaPipe.
"""

from __future__ import annotations

from pathlib import Path

import torch

from poseloom.base.errors import FileError
from poseloom.formats.keypoint_files.programs import (
    FileContent,
    Person,
    StrangeFieldError,
    of_content,
    of_folder,
    parsed,
)
from poseloom.pose import keypoints
from poseloom.pose.picture_keypoints import PictureKeypoints

USUAL = {
    14: "crowdpose",
    15: "penn_action",
    16: "mpii",
    17: "coco",
    18: "openpose_18",
    25: "openpose_25",
    26: "halpe_26",
    33: "mediapipe_33",
    133: "coco_wholebody",
    136: "halpe_136",
}
"""What so many points are taken for unless the user says otherwise."""


def read_keypoint_file(
    path: str | Path,
    convention: str | None = None,
    *,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
) -> PictureKeypoints:
    """Read the keypoints that another program found.

    Args:
        path: a JSON file, or a folder of OpenPose's JSON files.
        convention: which joints the points are, where their number does not tell it; see
            `poseloom.pose.keypoints.conventions`.
        size: width and height of the pictures, pixels; MediaPipe's landmarks need it, which are shares of them.
        fps: frames a second, where the pictures are a video.

    Raises:
        FileError: missing, no JSON, of no known program, damaged, or with points whose order is not known.
    """
    file = Path(path)
    try:
        found = of_folder(file) if file.is_dir() else of_content(file, parsed(file), size)
    except StrangeFieldError as error:
        raise FileError(path, "is not as its program writes it", field=str(error), remedy="export it again") from None
    if not any(found.people):
        raise FileError(path, f"looks like {found.program}'s, but nobody is in it", remedy="export it again")
    return _as_keypoints(file, found, convention, size, fps)


def _as_keypoints(
    file: Path, found: FileContent, convention: str | None, size: tuple[int, int] | None, fps: float | None
) -> PictureKeypoints:
    rows = [(frame, person) for frame, people in enumerate(found.people) for person in people]
    counts = {len(person.points) for _, person in rows}
    if len(counts) > 1:
        raise FileError(file, f"has people of {sorted(counts)} points", field="keypoints", remedy="export it again")
    order = _order(file, counts.pop(), convention, found.names)
    values = torch.tensor([person.points for _, person in rows])
    sure = torch.where(values.isfinite().all(-1), values[..., 2], 0.0).clamp(0, 1)
    boxes = [person.box for _, person in rows]
    scores = [person.score for _, person in rows]
    known = [box for box in boxes if box is not None]
    told = [score for score in scores if score is not None]
    rate = fps or found.fps
    return PictureKeypoints(
        order,
        values[..., :2].nan_to_num(0.0, 0.0, 0.0),
        sure,
        torch.tensor([frame for frame, _ in rows]),
        torch.tensor(_numbers(rows)),
        tuple(found.pictures),
        torch.tensor(known, dtype=torch.float32) if len(known) == len(rows) else None,
        torch.tensor(told, dtype=torch.float32) if len(told) == len(rows) else None,
        size or found.size,
        rate,
    )


def _order(file: Path, count: int, convention: str | None, own: tuple[str, ...] | None) -> str:
    """The convention of so many points."""
    if convention is not None:
        if len(keypoints.names(convention)) != count:
            wanted = len(keypoints.names(convention))
            raise FileError(file, f"has {count} points, {convention} has {wanted}", remedy="name another convention")
        return convention
    if own is not None and len(own) == count:
        plain = tuple(_plain(name) for name in own)
        for name in (USUAL.get(count, ""), *keypoints.conventions()):
            if name and plain == tuple(_plain(point) for point in keypoints.names(name)):
                return name
    if count in USUAL:
        return USUAL[count]
    fitting = [name for name in keypoints.conventions() if len(keypoints.names(name)) == count]
    if len(fitting) == 1:
        return fitting[0]
    known = f"these have as many: {', '.join(fitting)}" if fitting else f"known: {', '.join(keypoints.conventions())}"
    raise FileError(file, f"has {count} points, of which the order is not known", remedy=f"name a convention; {known}")


def _plain(name: str) -> str:
    return name.lower().removesuffix("_openpose").removesuffix("_extra")


def _numbers(rows: list[tuple[int, Person]]) -> list[int]:
    """Who is who: as the file says; where it does not say of all, by the order within each picture."""
    if all(person.number is not None for _, person in rows):
        return [person.number or 0 for _, person in rows]
    numbers, last, count = [], -1, 0
    for frame, _ in rows:
        count = 0 if frame != last else count + 1
        last = frame
        numbers.append(count)
    return numbers
