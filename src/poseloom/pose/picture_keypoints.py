"""`PictureKeypoints`: where detectors see people's keypoints in pictures, under the names of a convention."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import keypoints


@dataclass(frozen=True, eq=False)
class PictureKeypoints:
    """A row for each person in each picture, or in each frame of a video.

    Args:
        convention: what the points are and in which order; see `poseloom.pose.keypoints.conventions`.
        points: x to the right, y down, pixels from the upper left corner; any finite value where confidence is 0.
        confidence: 0 where a point is missing, usually up to 1.
        frame: number of the picture of each row, counted from 0, in rising order.
        person: who it is, by a number; rows of one number are the same person where the pictures are a video.
        pictures: name of each picture; of a video, "" for each frame.
        boxes: around each person, x, y, width, height in pixels; None if nobody said.
        scores: how sure each person is; None if nobody said.
        size: width and height of the pictures; None if nobody said or they differ.
        fps: frames a second; None where the pictures are no video.

    Raises:
        PoseloomError: shapes that do not belong together, an unknown convention, a point that is not finite.
    """

    convention: str
    points: Float[Tensor, "rows points 2"]
    confidence: Float[Tensor, "rows points"]
    frame: Int[Tensor, " rows"]
    person: Int[Tensor, " rows"]
    pictures: tuple[str, ...] = ("",)
    boxes: Float[Tensor, "rows 4"] | None = None
    scores: Float[Tensor, " rows"] | None = None
    size: tuple[int, int] | None = None
    fps: float | None = None

    def __post_init__(self) -> None:
        expected = (len(self.frame), len(keypoints.names(self.convention)))
        if tuple(self.points.shape) != (*expected, 2) or tuple(self.confidence.shape) != expected:
            raise PoseloomError(
                f"PictureKeypoints: expected points {(*expected, 2)} and confidence {expected} of {self.convention}, "
                f"got {tuple(self.points.shape)} and {tuple(self.confidence.shape)}"
            )
        if len(self.person) != len(self.frame):
            raise PoseloomError(f"PictureKeypoints.person: expected {len(self.frame)} numbers, got {len(self.person)}")
        if not (torch.isfinite(self.points).all() and torch.isfinite(self.confidence).all()):
            raise PoseloomError("PictureKeypoints: holds NaN or infinity; give missing points the confidence 0")

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: slice | Bool[Tensor, " rows"] | Int[Tensor, " some"]) -> PictureKeypoints:
        """Some of the rows."""
        boxes, scores = (None if one is None else one[rows] for one in (self.boxes, self.scores))
        return replace(
            self,
            points=self.points[rows],
            confidence=self.confidence[rows],
            frame=self.frame[rows],
            person=self.person[rows],
            boxes=boxes,
            scores=scores,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What each point is."""
        return keypoints.names(self.convention)

    @property
    def people(self) -> tuple[int, ...]:
        """The numbers of the people, in rising order."""
        return tuple(self.person.unique().tolist())

    def of_person(self, number: int) -> PictureKeypoints:
        """The rows of one person.

        Raises:
            PoseloomError: there is no such person.
        """
        if number not in self.people:
            known = ", ".join(map(str, self.people[:20])) or "nobody"
            raise PoseloomError(f"no person {number}; there are: {known}")
        return self[self.person == number]

    def in_convention(self, convention: str, *, approximate: bool = True) -> PictureKeypoints:
        """The same people with the points of another convention.

        Args:
            convention: that is wanted.
            approximate: near-synonyms count, such as a detector's hip for a body model's; neck and pelvis that are
                missing are put between the shoulders and between the hips.
        """
        if convention == self.convention:
            return self
        both = torch.cat([self.points, self.confidence[..., None]], dim=-1)
        made, known = keypoints.convert(both, self.convention, convention, approximate)
        if approximate:
            for name, sides in _BETWEEN.items():
                _put_between(made, known, convention, name, sides)
        return replace(self, convention=convention, points=made[..., :2], confidence=made[..., 2])


_BETWEEN = {"neck": "shoulder", "pelvis": "hip"}


def _put_between(made: Tensor, known: Tensor, convention: str, name: str, sides: str) -> None:
    """Fill in a point that lies between its two sides, as sure as the less sure of them."""
    place = {point: index for index, point in enumerate(keypoints.names(convention))}
    of = [next((place[p] for p in _spelled(f"{side}_{sides}") if p in place), None) for side in ("left", "right")]
    target = next((place[p] for p in _spelled(name) if p in place), None)
    if target is None or bool(known[target]) or None in of or not bool(known[of].all()):
        return
    left, right = made[:, of[0]], made[:, of[1]]
    sure = torch.minimum(left[:, 2], right[:, 2])
    made[:, target] = torch.cat([(left[:, :2] + right[:, :2]) / 2, sure[:, None]], dim=-1)


def _spelled(name: str) -> tuple[str, ...]:
    """A name as bodies and as detectors have it."""
    return (name, f"{name}_openpose", f"{name}_extra")
