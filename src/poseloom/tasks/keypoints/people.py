"""What is known of the people in a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.images.roi import Roi
from poseloom.results.keypoints import Keypoints, boxes_of
from poseloom.tasks.keypoints.body import BodyPoints
from poseloom.tasks.keypoints.face import FacePoints
from poseloom.tasks.keypoints.hands import HandPoints


@dataclass(frozen=True, eq=False)
class People:
    """The people found in one picture, the most certain first.

    Pixels count from 0 at the middle of the picture's first one. Metres are in poseloom's axes: +Y up, +Z towards the
    camera.

    Args:
        body: the 33 points; hips, shoulders and so on in MediaPipe's order.
        hands: 21 points each, left and right; NaN where no hand was found.
        face: 468 points; NaN where no face was found.
        roi: the region in which each person was looked at.
        size: width and height of the picture, pixels.
        ids: number of each person, the same through the frames of a video.
        others: how many more were found than were asked for.
    """

    body: BodyPoints
    hands: HandPoints | None
    face: FacePoints | None
    roi: Roi
    size: tuple[int, int]
    ids: Int[Tensor, " people"]
    others: int = 0

    def __len__(self) -> int:
        return len(self.roi)

    def __getitem__(self, index: Tensor | slice) -> People:
        def of(part: object) -> object:
            if part is None:
                return None
            return type(part)(*(getattr(part, field.name)[index] for field in fields(part)))  # type: ignore[arg-type]

        return People(of(self.body), of(self.hands), of(self.face), self.roi[index], self.size, self.ids[index])  # type: ignore[arg-type]

    def without_masks(self) -> People:
        """The same people; masks of an hour of video would not fit in memory, so not even a view may hold them."""
        return replace(self, body=replace(self.body, masks=self.body.masks[:, :0, :0].clone()))

    @classmethod
    def joined(cls, parts: Sequence[People]) -> People:
        """Those of several groups in one picture, all with hands or none, all with faces or none."""

        def of(name: str) -> Any:
            values = [getattr(part, name) for part in parts]
            if values[0] is None:
                return None
            kind = type(values[0])
            return kind(*(torch.cat([getattr(v, one.name) for v in values]) for one in fields(kind)))

        body = BodyPoints.joined([part.body for part in parts])
        roi, ids = Roi.joined([part.roi for part in parts]), torch.cat([part.ids for part in parts])
        return cls(body, of("hands"), of("face"), roi, parts[0].size, ids)

    @property
    def boxes(self) -> Float[Tensor, "people 4"]:
        """Around the points that are seen (around all where none is): x, y, width, height in pixels."""
        return boxes_of(self.body.points, self.body.visibility)


_JOINED_AT_ONCE = 256


class PeopleOfFrames:
    """The people of frame after frame; a frame's many small tensors would take ten times what they hold."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self._joined: list[People] = []
        self._latest: list[People] = []

    def append(self, people: People) -> None:
        """Add those of the next frame; their masks are not kept."""
        self.counts.append(len(people))
        self._latest.append(people.without_masks())
        if len(self._latest) == _JOINED_AT_ONCE:
            self._joined.append(People.joined(self._latest))
            self._latest = []

    @property
    def parts(self) -> list[People]:
        """Of frames after one another."""
        return [*self._joined, *self._latest]


def collected(
    parts: Sequence[People],
    name: str,
    fps: float | None,
    times: Float[Tensor, " frames"],
    notes: tuple[str, ...] = (),
    counts: Sequence[int] | None = None,
) -> Keypoints:
    """The people of the frames of a video, or of one picture, as rows.

    Args:
        parts: those of frames after one another, at least one; `People` of length 0 where nobody is.
        name: what the video is called.
        fps: frames a second; None for a picture.
        times: when the frames are, seconds.
        notes: for the user.
        counts: how many people each frame has; by default each part is one frame.
    """

    def joined(values: Iterable[Tensor | None]) -> Tensor | None:
        given = list(values)
        return None if any(one is None for one in given) else torch.cat([one for one in given if one is not None])

    rows: dict[str, Any] = {
        "person": torch.cat([people.ids for people in parts]),
        "points": torch.cat([people.body.points for people in parts]),
        "world": torch.cat([people.body.world for people in parts]),
        "visibility": torch.cat([people.body.visibility for people in parts]),
        "scores": torch.cat([people.body.score for people in parts]),
        "roi": Roi.joined([people.roi for people in parts]),
        "hands": joined(None if p.hands is None else p.hands.points for p in parts),
        "hands_world": joined(None if p.hands is None else p.hands.world for p in parts),
        "face": joined(None if p.face is None else p.face.points for p in parts),
    }
    each = torch.tensor([len(people) for people in parts] if counts is None else list(counts))
    frame = torch.repeat_interleave(torch.arange(len(each)), each)
    return Keypoints(name, parts[0].size, fps, times, frame, **rows, notes=notes)
