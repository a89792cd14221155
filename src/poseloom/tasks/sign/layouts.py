"""Which keypoints a model sees: selections of MediaPipe Holistic and OpenPose, and how a file is prepared for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError, closest
from poseloom.formats.pose_file import (
    Component,
    PoseSequence,
    first_seen,
    hide_legs,
    hide_low_confidence,
    holistic_75,
    joints_to_sequence,
    layout_of,
    normalise,
    trim_unseen,
)
from poseloom.formats.pose_file.layouts import table
from poseloom.formats.pose_file.prepare import LOW_CONFIDENCE
from poseloom.tasks.sign.clips import SignClip
from poseloom.tasks.sign.hands_on_wrists import Arm

FPS = 25.0
_SHOULDER_PIXELS = 145.0
"""Width of the shoulders in a picture of 1000 x 1000 pixels: 0.36 m at 400 pixels a metre."""
_MIDDLE = (500.0, 350.0)
"""Where the middle of the shoulders is drawn."""
_FACE_POINTS = 70
_HAND_POINTS = 21
_FACE = "face_keypoints_2d"
_ELBOWS = {"LEFT_WRIST": "LEFT_ELBOW", "RIGHT_WRIST": "RIGHT_ELBOW", "LWrist": "LElbow", "RWrist": "RElbow"}


@dataclass(frozen=True)
class SignLayout:
    """One selection of keypoints.

    Args:
        name: for recipes.
        components: in their order.
        dims: coordinates of a keypoint.
        hands: first and end of each hand's points; the first point is the wrist.
        select: takes the keypoints out of a file's sequence.
        trim: leaves out frames at the ends in which the signer is not seen.
        low_confidence: up to this a point counts as missing.
    """

    name: str
    components: tuple[Component, ...]
    dims: int
    hands: tuple[tuple[int, int], ...]
    select: Callable[[PoseSequence], PoseSequence]
    trim: Callable[[PoseSequence], PoseSequence]
    low_confidence: float = 0.0

    @property
    def arms(self) -> tuple[Arm, Arm]:
        """Elbow, wrist and hand of the left and of the right side."""
        points = [(component.name, name) for component in self.components for name in component.points]
        family = "openpose" if self.dims == 2 else "holistic"
        row = table()[family]
        left, right = (
            Arm(points.index((body, _ELBOWS[wrist])), points.index((body, wrist)), hand)
            for (body, wrist, _, _), hand in zip(row["wrists"], self.hands, strict=True)
        )
        return left, right

    @property
    def keypoints(self) -> int:
        return sum(len(component.points) for component in self.components)

    def sequence(
        self, values: Float[ndarray, "frames keypoints d"], confidence: Float[ndarray, "frames keypoints"]
    ) -> PoseSequence:
        """Model coordinates as a sequence in pixels."""
        return Placement().sequence(self, values, confidence)


@dataclass(frozen=True)
class Placement:
    """How shoulder widths become the coordinates of a file.

    Args:
        scale: pixels of a shoulder width.
        centre: pixels of the middle of the shoulders, for each dimension.
        width, height: width and height of the picture.
        fps: frames a second.
    """

    scale: float = _SHOULDER_PIXELS
    centre: tuple[float, ...] = (*_MIDDLE, 0.0)
    width: int = 1000
    height: int = 1000
    fps: float = FPS

    def sequence(
        self,
        layout: SignLayout,
        values: Float[ndarray, "frames keypoints d"],
        confidence: Float[ndarray, "frames keypoints"],
    ) -> PoseSequence:
        """Model coordinates as a sequence; missing points are 0."""
        placed = values * self.scale + np.array(self.centre[: layout.dims], np.float32)
        placed = np.where(confidence[..., None] > 0, placed, 0).astype(np.float32)
        sure = confidence[:, None].astype(np.float32)
        return PoseSequence(layout.components, placed[:, None], sure, self.fps, self.width, self.height, self.width)

    @classmethod
    def of(cls, before: PoseSequence, after: PoseSequence) -> Placement:
        """The placement that normalising undid: by the shoulders, in a frame in which both are seen."""
        component, right, left = layout_of(before).shoulders
        a, b = before.point(component, right), before.point(component, left)
        frame, person = np.argwhere(~(before.missing[:, :, a] | before.missing[:, :, b]))[0]
        old, new = (one.values[frame, person].astype(np.float64) for one in (before, after))
        scale = float(np.linalg.norm(old[a] - old[b]) / np.linalg.norm(new[a] - new[b]))
        centre = tuple((old[a] - new[a] * scale).tolist())
        return cls(scale, centre, before.width, before.height, before.fps)


def to_model_layout(sequence: PoseSequence, layout: SignLayout) -> tuple[PoseSequence, Placement]:
    """A file's sequence as models see it, and how to go back: points selected, shoulders 1 apart, legs hidden.

    Raises:
        PoseloomError: it has not the layout's points, or shoulders are never seen.
    """
    chosen = layout.select(sequence)
    if chosen.values.shape[2] != layout.keypoints:
        raise PoseloomError(
            f"{layout.name}: expected {layout.keypoints} keypoints, the file has {chosen.values.shape[2]} of them; "
            "choose a file of this layout or another model"
        )
    ready = normalise(chosen)
    return hide_low_confidence(hide_legs(ready), layout.low_confidence), Placement.of(chosen, ready)


def to_clip(sequence: PoseSequence, layout: SignLayout, text: str = "", name: str = "") -> SignClip:
    """A clip of a file's sequence: its first person, without the ends in which the signer is not seen.

    Raises:
        PoseloomError: see `to_model_layout`; or the signer is seen in no frame.
    """
    ready, _ = to_model_layout(sequence, layout)
    return clip_of_prepared(layout.trim(ready), layout, text, name)


def clip_of_prepared(ready: PoseSequence, layout: SignLayout, text: str = "", name: str = "") -> SignClip:
    """A clip of what `to_model_layout` gave; missing points become 0."""
    confidence = ready.confidence[:, 0]
    values = np.where(confidence[..., None] > 0, ready.values[:, 0, :, : layout.dims], 0)
    return SignClip(text, values.astype(np.float32), confidence.astype(np.float32), name)


def sign_layout(name: str) -> SignLayout:
    """A layout by its name.

    Raises:
        PoseloomError: there is none of that name.
    """
    if name not in LAYOUTS:
        raise PoseloomError(f"layout {name!r} is unknown (of {', '.join(LAYOUTS)}){closest(name, list(LAYOUTS))}")
    return LAYOUTS[name]()


@lru_cache(maxsize=1)
def _holistic() -> SignLayout:
    parts = joints_to_sequence({"nose": np.zeros((1, 3))}, "holistic", FPS).components
    return SignLayout("holistic-75", parts, 3, _hands_at_the_end(75), holistic_75, first_seen)


@lru_cache(maxsize=1)
def _openpose() -> SignLayout:
    body, *hands = joints_to_sequence({"nose": np.zeros((1, 3))}, "openpose", FPS).components
    face = Component(_FACE, tuple(f"FP_{index}" for index in range(_FACE_POINTS)), format="XYC")
    parts = (body, face, *hands)
    return SignLayout(
        "openpose-137", parts, 2, _hands_at_the_end(137), _openpose_points, _openpose_span, LOW_CONFIDENCE
    )


LAYOUTS: dict[str, Callable[[], SignLayout]] = {"holistic-75": _holistic, "openpose-137": _openpose}
"""Holistic's body and hands in 3D (text-to-pose), OpenPose's body, face and hands in 2D (Ham2Pose)."""


def _hands_at_the_end(keypoints: int) -> tuple[tuple[int, int], ...]:
    left = keypoints - 2 * _HAND_POINTS
    return (left, left + _HAND_POINTS), (left + _HAND_POINTS, keypoints)


def _openpose_points(sequence: PoseSequence) -> PoseSequence:
    names = [component.name for component in _openpose().components]
    return sequence.select(dict.fromkeys(names))


def _openpose_span(sequence: PoseSequence) -> PoseSequence:
    """As Ham2Pose: where face and wrists are seen; where the file knows no face, where anything is."""
    face = [sequence.point(_FACE, name) for name in sequence.component(_FACE).points]
    has_face = sequence.confidence[:, 0, face].any()
    return trim_unseen(sequence) if has_face else first_seen(sequence)
