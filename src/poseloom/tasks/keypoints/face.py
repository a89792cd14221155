"""Faces of people whose body landmarks are known: 468 points each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi, crops, roi_of_points
from poseloom.nn.image.graph import OperatorGraph
from poseloom.tasks.keypoints.detection import Detector

POINTS = 468
_HEAD = slice(0, 11)
_RIGHT_EYE, _LEFT_EYE = 5, 2
"""Rows of the body's landmarks."""
_SEARCH_SCALE = 3.0
_FOUND = 0.5
_SHIFT, _SCALE = -0.1, 2.0
_ACCEPTED = 0.5


@dataclass(frozen=True, eq=False)
class FacePoints:
    """Faces; NaN where none was found.

    Args:
        points: x, y in pixels; z in pixels, smaller is nearer.
        score: probability that a face is there; 0 where the detector found none.
    """

    points: Float[Tensor, "people 468 3"]
    score: Float[Tensor, " people"]


@dataclass(frozen=True, eq=False)
class FaceNetworks:
    """The face detector and the network that finds the points."""

    detector: Detector
    landmarks: OperatorGraph

    def __call__(self, picture: Float[Tensor, "3 height width"], body: Float[Tensor, "people 33 3"]) -> FacePoints:
        """The faces of people in a picture, from their body landmarks."""
        points, score = torch.full((len(body), POINTS, 3), torch.nan), torch.zeros(len(body))
        search = _around(body[:, _HEAD, :2], body[:, _RIGHT_EYE, :2], body[:, _LEFT_EYE, :2], 0.0, _SEARCH_SCALE)
        detections = self.detector(picture, search, _FOUND)
        person = torch.tensor([number for number, found in enumerate(detections) if len(found)], dtype=torch.long)
        if not len(person):
            return FacePoints(points, score)
        keypoints = torch.stack([found.points[0] for found in detections if len(found)])
        roi = _around(keypoints, keypoints[:, 0], keypoints[:, 1], _SHIFT, _SCALE)
        size = self.landmarks.input_size[0]
        rows, logits = self.landmarks(crops(picture, roi, size))
        rows, certain = rows.reshape(-1, POINTS, 3) / size, logits.reshape(-1).sigmoid()
        places = torch.cat([roi.to_picture(rows[..., :2]), rows[..., 2:] * roi.side[:, None, None]], dim=-1)
        score[person] = certain
        points[person[certain > _ACCEPTED]] = places[certain > _ACCEPTED]
        return FacePoints(points, score)


def _around(
    points: Float[Tensor, "people points 2"],
    start: Float[Tensor, "people 2"],
    end: Float[Tensor, "people 2"],
    shift: float,
    scale: float,
) -> Roi:
    """Regions around points, turned so that the line from `start` to `end` lies level."""
    low, high = points.amin(1), points.amax(1)
    extent = high - low
    turn = roi_of_points(start, end, 0.0, 1.0).turn
    middle = Roi((low + high) / 2, extent[:, 1], turn).shifted(shift, 1.0)
    return Roi(middle.centre, extent.amax(-1) * scale, turn)
