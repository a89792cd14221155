"""A file's keypoints as a model sees them, whatever layout the file has, and what a model made put back into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file import PoseSequence, layout_of
from poseloom.formats.pose_file.joints import names_of_points
from poseloom.formats.pose_file.layouts import table
from poseloom.tasks.sign.layouts import SignLayout

ABSENT = -1


def columns_of(clip: PoseSequence, layout: SignLayout) -> Int[ndarray, " keypoints"]:
    """For each keypoint of a layout the point of a clip that is the same, `ABSENT` where there is none.

    Points of equal names first; between MediaPipe Holistic and OpenPose those that are called alike, and the hands'
    by their places.

    Raises:
        PoseloomError: the clip is of neither family, or the two have nothing in common.
    """
    family = layout_of(clip)
    own = _by_meaning(family.name)
    there = {meaning: point for point, meaning in own.items() if clip.has(*point)}
    wanted = _by_meaning(_family(layout))
    found = []
    for component in layout.components:
        for name in component.points:
            point = (component.name, name)
            same = point if clip.has(*point) else there.get(wanted.get(point, ""))
            found.append(ABSENT if same is None else clip.point(*same))
    columns = np.array(found)
    if (columns == ABSENT).all():
        raise PoseloomError(f"has no points of {layout.name}; choose another clip or another model")
    return columns


def as_layout(clip: PoseSequence, layout: SignLayout) -> PoseSequence:
    """The first person in a model's layout; points that the clip has not are missing, a missing depth is 0."""
    columns = columns_of(clip, layout)
    frames = len(clip)
    values = np.zeros((frames, 1, layout.keypoints, layout.dims), np.float32)
    confidence = np.zeros(values.shape[:3], np.float32)
    there = np.flatnonzero(columns != ABSENT)
    dims = min(layout.dims, clip.values.shape[-1])
    values[:, 0, there, :dims] = clip.values[:, 0][:, columns[there], :dims]
    confidence[:, 0, there] = clip.confidence[:, 0][:, columns[there]]
    size = (clip.width, clip.height, clip.depth)
    return PoseSequence(layout.components, values, confidence, clip.fps, *size, notes=clip.notes)


def put_back(clip: PoseSequence, made: PoseSequence, layout: SignLayout) -> PoseSequence:
    """A clip with its first person's missing points taken from what a model made; what was seen stays as it was.

    Args:
        clip: in its own layout, which is kept.
        made: in the model's layout and the clip's coordinates.
        layout: the model's.
    """
    columns = columns_of(clip, layout)
    values, confidence = clip.values[:, :1].copy(), clip.confidence[:, :1].copy()
    dims = min(values.shape[-1], made.values.shape[-1])
    for place, column in enumerate(columns):
        if column != ABSENT:
            fill = (confidence[:, 0, column] == 0) & (made.confidence[:, 0, place] > 0)
            values[fill, 0, column, :dims] = made.values[fill, 0, place, :dims]
            confidence[fill, 0, column] = made.confidence[fill, 0, place]
    more: dict[str, Any] = {name: None if given is None else given[:, :1] for name, given in clip.more.items()}
    return replace(clip, values=values, confidence=confidence, **more)


def _family(layout: SignLayout) -> str:
    names = {component.name for component in layout.components}
    return "openpose" if table()["openpose"]["shoulders"][0] in names else "holistic"


def _by_meaning(family: str) -> dict[tuple[str, str], str]:
    """(component, point) -> what it is: our name of a body point, side and place of a hand's."""
    row = table()[family]
    body = row["shoulders"][0]
    found = {point: name for point, name in names_of_points(family).items() if point[0] == body}
    for side, component in zip(("left", "right"), row["hands"], strict=True):
        found |= {(component, name): f"{side} hand {place}" for place, name in enumerate(row["hand"])}
    return found


def straight_lines(clip: PoseSequence, confidence: float) -> tuple[PoseSequence, Float[ndarray, "frames points"]]:
    """A clip whose missing points lie on straight lines between frames in which they are seen, and which those are.

    Args:
        clip: its first person counts.
        confidence: of what is put in; nothing is beyond the first and the last frame in which a point is seen.
    """
    values, sure = clip.values.copy(), clip.confidence.copy()
    filled = np.zeros(sure[:, 0].shape, bool)
    times = np.arange(len(clip))
    for point in range(values.shape[2]):
        seen = np.flatnonzero(sure[:, 0, point] > 0)
        if not 0 < len(seen) < len(times):
            continue
        gap = (sure[:, 0, point] == 0) & (times > seen[0]) & (times < seen[-1])
        for axis in range(values.shape[-1]):
            values[gap, 0, point, axis] = np.interp(times[gap], seen, values[seen, 0, point, axis])
        sure[gap, 0, point] = confidence
        filled[:, point] = gap
    return replace(clip, values=values, confidence=sure), filled.astype(np.float32)
