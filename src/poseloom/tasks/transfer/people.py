"""People in pictures, as poseloom's keypoint reader sees them, in OpenPose's 18 joints."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.images.crop import Size
from poseloom.pose.keypoints import mapping
from poseloom.pose.picture_keypoints import PictureKeypoints
from poseloom.tasks.keypoints.people import People
from poseloom.tasks.keypoints.predict import KeypointReader, NobodyFoundError, read_people
from poseloom.tasks.transfer.maps import JOINTS, MISSING

CONVENTION = "openpose_18"
_LARGE = 4.0
"""Factor by which pictures as small as generators' are enlarged before people are looked for."""
_VISIBLE = 0.5
"""Least visibility of a landmark that counts as seen."""
_NECK = 1
_SHOULDERS, _OWN_SHOULDERS = (12, 11), (2, 5)
_LANDMARKS = (0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
"""Place among BlazePose's 33 landmarks of each of OpenPose's joints; it has no neck."""


@lru_cache(maxsize=1)
def shipped_reader() -> KeypointReader:
    """The reader of the networks that lie in the package."""
    return read_people(Path(str(files("poseloom"))) / "checkpoints" / "weights")


def joints_of(people: People, person: int = 0) -> Float[Tensor, "18 2"]:
    """Row and column of one person's joints as pixels of the picture; -1 where one is not seen.

    The neck is the middle of the shoulders, where both are seen, as OpenPose annotates it.
    """
    return openpose_of(people.body.points[person, :, :2], people.body.visibility[person] >= _VISIBLE)


def openpose_of(landmarks: Float[Tensor, "33 2"], seen: Bool[Tensor, " 33"]) -> Float[Tensor, "18 2"]:
    """Row and column of OpenPose's joints of BlazePose's landmarks (x, y), -1 where one is not seen."""
    points = landmarks.flip(-1)
    found = torch.where(seen[list(_LANDMARKS), None], points[list(_LANDMARKS)], torch.full((JOINTS, 2), MISSING))
    shoulders = list(_SHOULDERS)
    found[_NECK] = points[shoulders].mean(0) if seen[shoulders].all() else MISSING
    return found


def joints_of_file(found: PictureKeypoints, size: Size, original: Size) -> Float[Tensor, "18 2"]:
    """Row and column of the joints of the largest person in the first picture of a keypoint file; -1 where missing.

    Args:
        found: what the file holds.
        size: height and width of the photo in whose pixels they are wanted.
        original: those of the photo before it was shrunk, whose pixels the file counts unless it states a size.
    """
    first = found[found.frame == found.frame.amin()]
    extents = torch.where(first.confidence[..., None] > 0, first.points, first.points.new_tensor(torch.nan))
    areas = [_area(one[~one.isnan().any(-1)]) for one in extents]
    person = areas.index(max(areas))
    own = mapping(found.convention, CONVENTION, approximate=True)
    points = torch.full((JOINTS, 2), MISSING)
    source, target = list(own.source), list(own.target)
    there = first.confidence[person, source] > 0
    wide, high = found.size or (original[1], original[0])
    scale = points.new_tensor([size[1] / wide, size[0] / high])
    placed = (first.points[person, source] * scale).flip(-1) - 0.5
    points[target] = torch.where(there[:, None], placed, points[target])
    right, left = points[_OWN_SHOULDERS[0]], points[_OWN_SHOULDERS[1]]
    if points[_NECK, 0] == MISSING and MISSING not in (float(right[0]), float(left[0])):
        points[_NECK] = (right + left) / 2
    return points


def _area(points: Float[Tensor, "points 2"]) -> float:
    """Of the box around them."""
    return float((points.amax(0) - points.amin(0)).prod()) if len(points) else -1.0


def small_picture_joints(picture: Float[Tensor, "3 height width"]) -> Float[Tensor, "18 2"]:
    """The joints of the person in a small picture of 0 to 1; all missing where nobody is found."""
    large = functional.interpolate(picture[None], scale_factor=_LARGE, mode="bicubic", align_corners=False)[0]
    try:
        people = shipped_reader().people(large.clamp(0, 1), with_hands=False)
    except NobodyFoundError:
        return torch.full((JOINTS, 2), MISSING)
    found = joints_of(people)
    there = (found >= 0).all(-1, keepdim=True)
    return torch.where(there, (found + 0.5) / _LARGE - 0.5, torch.full_like(found, MISSING))
