"""COCO and what is annotated like it (Lin et al., ECCV 2014): boxes and keypoints of people in JSON files.

Read are ``annotations/person_keypoints_train2014.json`` and its like, with the pictures in ``train2014/``, or a JSON
file of that form beside its pictures. CrowdPose and PoseTrack18 files, which name other keypoints, are told by those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.sources.annotations import (
    PictureList,
    column,
    listed,
    read_annotations,
    safe_name,
    told_sizes,
    word,
)
from poseloom.data.sources.picture_people import LARGEST_PIXEL, AnnotatedPictures, PicturePeople, Points, chosen
from poseloom.pose.keypoints import names

BODY_POINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
LEAST_JOINTS = 12
"""All of the body: the choice of the benchmark of mesh recovery."""
_PREFIX = "person_keypoints_"
_FIRST_NAMES = {
    "nose left_eye": "coco",
    "nose head_bottom": "posetrack",
    "left_shoulder right_shoulder": "crowdpose",
    "root (pelvis) left_hip": "h36m_mmpose",
}
"""What a file calls its first two keypoints -> convention. The last one's files call right left."""


@dataclass(frozen=True)
class Coco(AnnotatedPictures):
    """A row for each annotated person who is no crowd.

    Args:
        joints: of shoulders, elbows, wrists, hips, knees and ankles, how many must be labelled; 12 by default.
    """

    joints: int = LEAST_JOINTS
    name: str = "coco"

    def __post_init__(self) -> None:
        if not 0 <= self.joints <= LEAST_JOINTS:
            raise PoseloomError(f"joints: expected 0 to {LEAST_JOINTS}, got {self.joints}")
        super().__post_init__()

    @property
    def title(self) -> str:
        return "COCO"

    @property
    def origin(self) -> str:
        return "cocodataset.org: annotations_trainval2014.zip and train2014.zip"

    @property
    def patterns(self) -> tuple[str, ...]:
        return (f"annotations/{_PREFIX}*.json", f"{_PREFIX}*.json", "annotations.json")

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"joints": self.joints}

    def count(self, file: str) -> int:
        path = self.folder / file
        return len(listed(path, read_annotations(path), "annotations"))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        content = read_annotations(path)
        convention = convention_of(path, content)
        pictures = PictureList(path, content)
        every = listed(path, content, "annotations")[rows.start : rows.stop]
        kept = [(place, one) for place, one in enumerate(every, rows.start) if not one.get("iscrowd")]
        places, items = [place for place, _ in kept], [one for _, one in kept]
        points = column(path, items, "keypoints", (len(names(convention)), 3), LARGEST_PIXEL)
        points[..., 2] = points[..., 2] > 0
        boxes = column(path, items, "bbox", (4,), LARGEST_PIXEL)
        body = [place for place, name in enumerate(names(convention)) if any(part in name for part in BODY_POINTS)]
        labelled = points[:, body, 2].sum(1) >= self.joints
        found = [pictures.of(one, place) for place, one in kept]
        folder = self._pictures(file)
        people = PicturePeople(
            ids=[f"{PurePosixPath(file).stem}/{one.get('id', place)}" for place, one in kept],
            pictures=[f"{folder}{safe_name(path, word(path, one, 'file_name', 0))}" for one in found],
            boxes=boxes,
            points=(Points(convention, points),),
            places=places,
            splits=[split_of_name(file)] * len(items),
            sizes=told_sizes(found),
        )
        return people.kept(chosen(labelled, problems, f"people have fewer than {self.joints} labelled body joints"))

    def _pictures(self, file: str) -> str:
        """Where the pictures of a file lie, relative to the folder, with a stroke behind."""
        place = PurePosixPath(file)
        top = place.parent.parent if place.parent.name == "annotations" else place.parent
        if not place.stem.startswith(_PREFIX):
            return "" if str(place.parent) == "." else f"{place.parent}/"
        subset = place.stem.removeprefix(_PREFIX)
        found = [one for one in (top / subset, top / "images" / subset) if (self.folder / one).is_dir()]
        return f"{found[0] if found else top / subset}/"


def convention_of(path: Path, content: Any) -> str:
    """The convention of a file's keypoints, by the names that its first category gives; COCO's without any.

    Raises:
        FileError: they are those of no known convention.
    """
    categories = content.get("categories") if isinstance(content, dict) else None
    first = categories[0] if isinstance(categories, list) and categories else None
    told = first.get("keypoints") if isinstance(first, dict) else None
    if not isinstance(told, list) or not told:
        return "coco"
    known = _FIRST_NAMES.get(" ".join(map(str, told[:2])))
    if known is None or len(told) != len(names(known)):
        problem = f"has {len(told)} keypoints that begin with {', '.join(map(str, told[:2]))}, of no known convention"
        raise FileError(path, problem, field="categories", remedy=f"known: {', '.join(_FIRST_NAMES.values())}")
    return known


def split_of_name(name: str) -> str:
    """train, val, test or nothing, as a file's name says."""
    lower = name.lower()
    return next((split for split in ("train", "val", "test") if split in lower.rpartition("/")[2]), "")
