"""How sign-language systems prepare keypoints: normalise, focus, hide, trim. Every function gives a new sequence.

As in pose-format, text-to-pose and Ham2Pose (CVPR 2023). Missing points (confidence 0) take no part in any mean, and
the values beneath them stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file.layouts import layout_of
from poseloom.formats.pose_file.sequence import PoseSequence

LOW_CONFIDENCE = 0.2
FACE_SEEN = 35.0
"""Sum of the confidences of OpenPose's 70 face points above which Ham2Pose takes a face for seen."""


def normalise(sequence: PoseSequence) -> PoseSequence:
    """Move the middle of the shoulders to the origin and make their mean distance 1.

    One translation and one scale for the whole sequence, over all frames and people in which both shoulders were seen;
    the distance is over all dimensions.

    Raises:
        PoseloomError: the shoulders are never seen together, or coincide.
    """
    component, right, left = layout_of(sequence).shoulders
    a, b = sequence.point(component, right), sequence.point(component, left)
    seen = ~(sequence.missing[:, :, a] | sequence.missing[:, :, b])
    first, second = (sequence.values[:, :, point][seen].astype(np.float64) for point in (a, b))
    width = float(np.sqrt(np.square(first - second).sum(-1)).mean()) if seen.any() else 0.0
    if width == 0:
        raise PoseloomError(
            "the two shoulders are never seen apart, so that the pose has no scale; choose another clip"
        )
    return _with_values(sequence, (sequence.values - (first + second).mean(0) / 2) / width)


def focus(sequence: PoseSequence) -> PoseSequence:
    """Move the lowest seen coordinate of every dimension to 0 and make the stated size the extent, rounded up.

    Raises:
        PoseloomError: nothing is seen.
    """
    seen = sequence.values[~sequence.missing]
    if not len(seen):
        raise PoseloomError("no keypoint of the clip was seen, so that there is nothing to focus on")
    low = seen.min(0)
    size = [int(extent) for extent in np.ceil(seen.max(0) - low)]
    moved = _with_values(sequence, sequence.values - low)
    return replace(moved, width=size[0], height=size[1], depth=size[2] if len(size) > 2 else sequence.depth)


def hide(sequence: PoseSequence, points: Mapping[str, Sequence[str]]) -> PoseSequence:
    """Points set to coordinates 0 and confidence 0; names that the sequence has not are passed over."""
    indices = [
        sequence.point(component, name)
        for component, names in points.items()
        for name in names
        if sequence.has(component, name)
    ]
    values, confidence = sequence.values.copy(), sequence.confidence.copy()
    values[:, :, indices] = 0
    confidence[:, :, indices] = 0
    return replace(sequence, values=values, confidence=confidence)


def hide_legs(sequence: PoseSequence, hips: bool | None = None) -> PoseSequence:
    """Hide knees, ankles and feet, and the hip joints where `hips` says so.

    By default OpenPose's hips are hidden (its MidHip stays) and Holistic's are not, as in text-to-pose.
    """
    known = layout_of(sequence)
    with_hips = known.name == "openpose" if hips is None else hips
    legs = {name: (*points, *(known.hips[name] if with_hips else ())) for name, points in known.legs.items()}
    return hide(sequence, legs)


def hide_low_confidence(sequence: PoseSequence, threshold: float = LOW_CONFIDENCE) -> PoseSequence:
    """Points of a confidence up to `threshold` become missing; their values stay beneath."""
    return sequence.masked(sequence.confidence <= threshold)


def first_seen(sequence: PoseSequence) -> PoseSequence:
    """Without the leading frames in which nothing is seen.

    Raises:
        PoseloomError: nothing is seen in any frame.
    """
    return sequence[_span(sequence.confidence.sum((1, 2)) > 0).start :]


def trim_unseen(sequence: PoseSequence, face: float = FACE_SEEN, wrists: float = LOW_CONFIDENCE) -> PoseSequence:
    """Without the frames at both ends in which the first person's face or both wrists are not seen (Ham2Pose).

    Args:
        sequence: with face and wrists.
        face: sum of the face's confidences that must be exceeded.
        wrists: sum of both wrists' confidences that must be exceeded; 0 for Ham2Pose's labels.

    Raises:
        PoseloomError: no frame has both.
    """
    known = layout_of(sequence)
    names = sequence.component(known.face).points
    face_points = [sequence.point(known.face, name) for name in names]
    wrist_points = [sequence.point(body, wrist) for body, wrist, _, _ in known.wrists]
    person = sequence.confidence[:, 0]
    return sequence[_span((person[:, face_points].sum(1) > face) & (person[:, wrist_points].sum(1) > wrists))]


def _span(good: ndarray) -> slice:
    if not good.any():
        raise PoseloomError("no frame of the clip shows what was asked for; choose another clip or lower thresholds")
    return slice(int(good.argmax()), len(good) - int(good[::-1].argmax()))


def _with_values(sequence: PoseSequence, values: Float[ndarray, "frames people points d"]) -> PoseSequence:
    """New values where a point was seen."""
    kept = np.where(sequence.missing[..., None], sequence.values, values)
    return replace(sequence, values=kept.astype(sequence.values.dtype))
