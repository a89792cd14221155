"""`Keypoints`: the people in a picture or a video, point by point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.roi import Roi
from poseloom.pose.keypoints import names as convention_names
from poseloom.pose.picture_keypoints import PictureKeypoints
from poseloom.results.result import Result

SEEN = 0.5
"""Visibility from which on a point counts as seen."""
_DECIMALS = 4
BODY_CONVENTION = "mediapipe_33"


@dataclass(frozen=True, eq=False)
class Keypoints(Result):
    """A row for each person in a picture, or for each person in each frame of a video.

    Pixels count from 0 at the middle of the picture's first one, x to the right, y down. Metres are in poseloom's axes:
    +Y up, +Z towards the camera, +X to the right of the picture; their origin is the middle of the hips.

    Args:
        name: what the picture or video is called.
        size: width and height, pixels.
        fps: frames a second; None for a picture.
        times: when all frames are, people in them or not, seconds; one for a picture.
        frame: number of the frame in which each row is seen, counted from 0, in rising order.
        person: whose row it is: a number that stays with the person through a video; 0, 1, ... by certainty in a
            picture.
        points: 33 body points (`BODY_CONVENTION`): x, y, and z in pixels, 0 at the hips, smaller is nearer.
        world: the same points in metres.
        visibility: probability that a point is in the picture and not hidden.
        scores: probability that a person is there.
        roi: the square in which each person was looked at.
        hands: 21 points of the left and of the right hand, pixels, z relative to the wrist; NaN where none was found.
        hands_world: the same in metres, origin in the hand's middle.
        face: 468 points, pixels; NaN where none was found. None where they were not asked for, as with hands.
    """

    name: str
    size: tuple[int, int]
    fps: float | None
    times: Float[Tensor, " frames"]
    frame: Int[Tensor, " rows"]
    person: Int[Tensor, " rows"]
    points: Float[Tensor, "rows 33 3"]
    world: Float[Tensor, "rows 33 3"]
    visibility: Float[Tensor, "rows 33"]
    scores: Float[Tensor, " rows"]
    roi: Roi
    hands: Float[Tensor, "rows 2 21 3"] | None = None
    hands_world: Float[Tensor, "rows 2 21 3"] | None = None
    face: Float[Tensor, "rows 468 3"] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: slice | Bool[Tensor, " rows"] | Int[Tensor, " some"]) -> Keypoints:
        """Some of the rows; the frames stay."""
        parts: dict[str, Any] = {}
        for name in _ROWS:
            value = getattr(self, name)
            parts[name] = None if value is None else value[rows]
        return replace(self, **parts)

    @property
    def frames(self) -> int:
        """Of the video, people in them or not; 1 for a picture."""
        return len(self.times)

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people, those who are seen in most frames first."""
        numbers, counts = self.person.unique(return_counts=True)
        order = counts.argsort(descending=True, stable=True)
        return tuple(numbers[order].tolist())

    def of_person(self, number: int) -> Keypoints:
        """The rows of one person.

        Raises:
            PoseloomError: there is no such person.
        """
        if number not in self.people:
            known = ", ".join(map(str, self.people[:20])) or "nobody"
            raise PoseloomError(f"{self.name or 'keypoints'}: no person {number}; there are: {known}")
        return self[self.person == number]

    @property
    def seen(self) -> Bool[Tensor, "rows 33"]:
        """Points that are in the picture and not hidden."""
        return self.visibility >= SEEN

    @property
    def boxes(self) -> Float[Tensor, "rows 4"]:
        """Around the points that are seen (around all where none is): x, y, width, height in pixels."""
        return boxes_of(self.points, self.visibility)

    def resized(self, size: tuple[int, int]) -> Keypoints:
        """The same people in a picture of another size: all pixels are multiplied."""
        factor = torch.tensor([size[0] / self.size[0], size[1] / self.size[1]])
        mean = float(factor.mean())

        def moved(points: Tensor | None) -> Tensor | None:
            if points is None:
                return None
            return torch.cat([(points[..., :2] + 0.5) * factor - 0.5, points[..., 2:] * mean], dim=-1)

        points, hands, face = moved(self.points), moved(self.hands), moved(self.face)
        assert points is not None
        roi = Roi((self.roi.centre + 0.5) * factor - 0.5, self.roi.side * mean, self.roi.turn)
        return replace(self, size=size, points=points, hands=hands, face=face, roi=roi)

    def in_convention(self, convention: str = BODY_CONVENTION) -> PictureKeypoints:
        """The body's points as those of another convention (``coco``, ``openpose_25``, ``openpose_18``, ...).

        Points that MediaPipe has no counterpart of (small toes, for one) have the confidence 0; neck and pelvis are put
        between the shoulders and between the hips.
        """
        pictures = (self.name,) if self.fps is None else ("",) * self.frames
        own = PictureKeypoints(
            BODY_CONVENTION,
            self.points[..., :2],
            self.visibility,
            self.frame,
            self.person,
            pictures,
            self.boxes,
            self.scores,
            self.size,
            self.fps,
        )
        return own.in_convention(convention)

    def as_json(self) -> dict[str, Any]:
        """``name``, ``size``, ``fps``, ``frames``, ``people`` (rows of ``frame``, ``person``, ``score``, ``box``,
        ``unseen``, ``hands``), ``notes``; not the points themselves, which files hold."""
        names, boxes, seen = convention_names(BODY_CONVENTION), self.boxes.tolist(), self.seen.tolist()
        rows = []
        for row in range(len(self)):
            hidden = [name for name, is_seen in zip(names, seen[row], strict=True) if not is_seen]
            made: dict[str, Any] = {
                "frame": int(self.frame[row]),
                "person": int(self.person[row]),
                "score": round(float(self.scores[row]), _DECIMALS),
                "box": [round(value, 1) for value in boxes[row]],
                "unseen": hidden,
            }
            if self.hands is not None:
                there = self.hands[row, :, 0, 0].isfinite().tolist()
                made["hands"] = [side for side, is_there in zip(("left", "right"), there, strict=True) if is_there]
            rows.append(made)
        counts = {"fps": self.fps, "frames": self.frames}
        return {"name": self.name, "size": list(self.size), **counts, "people": rows, "notes": list(self.notes)}


_ROWS = (
    "frame",
    "person",
    "points",
    "world",
    "visibility",
    "scores",
    "roi",
    "hands",
    "hands_world",
    "face",
)


def boxes_of(points: Float[Tensor, "rows 33 3"], visibility: Float[Tensor, "rows 33"]) -> Float[Tensor, "rows 4"]:
    """Around the points that are seen (around all where none is): x, y, width, height in pixels."""
    seen = visibility >= SEEN
    seen = seen | ~seen.any(-1, keepdim=True)
    places = points[..., :2]
    low = places.masked_fill(~seen[..., None], torch.inf).amin(1)
    high = places.masked_fill(~seen[..., None], -torch.inf).amax(1)
    return torch.cat([low, high - low], dim=-1)
