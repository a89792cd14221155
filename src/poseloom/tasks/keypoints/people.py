"""What is known of the people in a picture."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi
from poseloom.tasks.keypoints.body import BodyPoints
from poseloom.tasks.keypoints.face import FacePoints
from poseloom.tasks.keypoints.hands import HandPoints

SEEN = 0.5
"""Visibility from which on a point counts as seen."""


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
    """

    body: BodyPoints
    hands: HandPoints | None
    face: FacePoints | None
    roi: Roi
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.roi)

    def __getitem__(self, index: Tensor | slice) -> People:
        def of(part: object) -> object:
            if part is None:
                return None
            return type(part)(*(getattr(part, field.name)[index] for field in fields(part)))  # type: ignore[arg-type]

        return People(of(self.body), of(self.hands), of(self.face), self.roi[index], self.size)  # type: ignore[arg-type]

    @property
    def boxes(self) -> Float[Tensor, "people 4"]:
        """Around the points that are seen (around all where none is): x, y, width, height in pixels."""
        seen = self.body.visibility >= SEEN
        seen = seen | ~seen.any(-1, keepdim=True)
        places = self.body.points[..., :2]
        low = places.masked_fill(~seen[..., None], torch.inf).amin(1)
        high = places.masked_fill(~seen[..., None], -torch.inf).amax(1)
        return torch.cat([low, high - low], dim=-1)
