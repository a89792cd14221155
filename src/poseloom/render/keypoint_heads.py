"""Where the head of a figure of keypoints is: at the points of its face, else where shoulders say that it must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from poseloom.formats.pose_file import PoseSequence

_SHOULDERS = (("LEFT_SHOULDER", "RIGHT_SHOULDER"), ("LShoulder", "RShoulder"), ("left_shoulder", "right_shoulder"))
_HIPS = (("LEFT_HIP", "RIGHT_HIP"), ("LHip", "RHip"), ("left_hip", "right_hip"))
_FACE = ("NOSE", "LEFT_EAR", "RIGHT_EAR", "LEFT_EYE", "RIGHT_EYE", "Nose", "LEar", "REar", "LEye", "REye")
_FACE_MESH = 40
"""Points from which on a component that is seen draws the head by itself."""
RISE, HEIGHT, BREADTH = 0.62, 0.33, 0.25
"""Of the distance between the shoulders' joints: from their middle to the head's, and half its height and breadth, of
an adult (0.36 m between the joints, a head of 0.24 m by 0.18 m)."""


@dataclass(frozen=True, eq=False)
class Heads:
    """The heads of all people in all frames, in a file's coordinates.

    Args:
        middle: where the head is.
        neck: the middle between the shoulders.
        radius: half the height of the head; each person has one size for all frames.
        there: whether there is a head that the points do not draw by themselves.
    """

    middle: Float[ndarray, "frames people 2"]
    neck: Float[ndarray, "frames people 2"]
    radius: Float[ndarray, " people"]
    there: Bool[ndarray, "frames people"]

    def extent(self) -> Float[ndarray, "points 2"]:
        """Points around all heads: what a picture must have room for."""
        reach = np.broadcast_to(self.radius[None, :, None], self.middle.shape)
        return np.concatenate([(self.middle - reach)[self.there], (self.middle + reach)[self.there]])


def heads(sequence: PoseSequence) -> Heads:
    """The heads of a sequence; where no shoulders are seen there is none."""
    values, missing = sequence.values[..., :2].astype(np.float64), sequence.missing
    frames, people = missing.shape[:2]
    shoulders = _pair(sequence, _SHOULDERS)
    nothing = np.zeros((frames, people, 2))
    if shoulders is None or draws_face(sequence):
        return Heads(nothing, nothing, np.ones(people), np.zeros((frames, people), bool))
    seen = ~missing[:, :, shoulders].any(-1)
    left, right = (values[:, :, place] for place in shoulders)
    neck = (left + right) / 2
    across = np.where(seen, np.linalg.norm(left - right, axis=-1), np.nan)
    width = np.array([np.nanmedian(one) if np.isfinite(one).any() else 1.0 for one in across.T])
    middle = neck + RISE * width[:, None] * _upwards(sequence, left - right, neck)
    face, has_face = _face(sequence)
    return Heads(np.where(has_face[..., None], face, middle), neck, HEIGHT * width, seen & (width > 0))


def _upwards(
    sequence: PoseSequence, across: Float[ndarray, "frames people 2"], neck: Float[ndarray, "frames people 2"]
) -> Float[ndarray, "frames people 2"]:
    """The direction from the hips to the neck; where they are not seen, square to the shoulders."""
    square = np.stack([across[..., 1], -across[..., 0]], axis=-1)
    square = np.where(square[..., 1:] > 0, -square, square)  # y counts downwards in pictures
    hips = _pair(sequence, _HIPS)
    if hips is not None:
        trunk = neck - sequence.values[:, :, hips, :2].mean(2)
        unseen = sequence.missing[:, :, hips].any(-1, keepdims=True)
        square = np.where(unseen, square, trunk)
    return square / np.maximum(np.linalg.norm(square, axis=-1, keepdims=True), 1e-6)


def _face(sequence: PoseSequence) -> tuple[Float[ndarray, "frames people 2"], Bool[ndarray, "frames people"]]:
    """The middle of the points of the face that are seen, and whether any is."""
    places = [place for place, name in enumerate(_names(sequence)) if name in _FACE]
    seen = ~sequence.missing[:, :, places]
    counted = np.where(seen[..., None], sequence.values[:, :, places, :2], 0.0).sum(2)
    count = seen.sum(-1)
    return counted / np.maximum(count, 1)[..., None], np.asarray(count > 0)


def draws_face(sequence: PoseSequence) -> bool:
    """Whether a component of many points draws the face by itself."""
    first = 0
    for component in sequence.components:
        last = first + len(component.points)
        if len(component.points) > _FACE_MESH and not sequence.missing[:, :, first:last].all():
            return True
        first = last
    return False


def _pair(sequence: PoseSequence, known: tuple[tuple[str, str], ...]) -> list[int] | None:
    names = _names(sequence)
    for pair in known:
        if all(name in names for name in pair):
            return [names.index(name) for name in pair]
    return None


def _names(sequence: PoseSequence) -> list[str]:
    return [name for component in sequence.components for name in component.points]
