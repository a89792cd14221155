"""The default frozen encoder of pictures: what BlazePose's landmark network sees, with the landmarks that it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi, crops, roi_of_points
from poseloom.nn.image.graph import OperatorGraph
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, PictureItem
from poseloom.tasks.embedding.encoders.pictures import landmarks_digest, points_as_numbers
from poseloom.tasks.keypoints.body import CAMERA_TO_WORLD, POINTS, ROI_SCALE, ROWS_OF_POINTS, UPRIGHT
from poseloom.tasks.keypoints.finding import regions_in_boxes, regions_of_boxes
from poseloom.tasks.keypoints.predict import KeypointReader, NobodyFoundError, read_people
from poseloom.tasks.keypoints.sources import checked_boxes

_SEEN = 1152
"""Numbers of the last layer before the landmarks: 288 channels in 2 x 2 cells."""
_OF_A_POINT = 10
_TURN = 2
_SEEN_TIMES, _METRES = 10.0, 3.0
"""What they and the metres are multiplied by, so that all numbers spread alike."""
_CENTRE, _SCALE = 33, 34
"""Rows of the two points that give the next region."""
_ROWS, _SCORE, _WORLD = 0, 1, 4
"""Places among the network's outputs: landmarks in the crop, whether somebody is there, landmarks in metres."""
_SURE = 0.9
"""Probability of a person from which on the second look is taken as it is."""


class BlazePose(FrozenEncoder):
    """What the landmark network sees of a person in its second look, with the 33 points that it tells.

    The first look is at the person's box, or where the reader finds the person; the second at the region that the
    first one gives. Only the layers that this needs are computed, which halves the time.

    Args:
        weights: folder of the shipped networks.
    """

    name, modality = "blazepose", "image"
    width = POINTS * _OF_A_POINT + _SEEN + _TURN

    def __init__(self, weights: Path):
        self._weights = weights
        self.digest = landmarks_digest(weights, "blazepose 1")

    @cached_property
    def _reader(self) -> KeypointReader:
        return read_people(self._weights)

    @cached_property
    def _network(self) -> OperatorGraph:
        """Landmarks, and the layer before them."""
        whole = self._reader.body
        rows, score, world = (whole.outputs[place] for place in (_ROWS, _SCORE, _WORLD))
        return whole.only([rows, score, world, whole.source_of(whole.source_of(rows))])

    def encode(self, items: Sequence[PictureItem]) -> list[Float[Tensor, "_tokens width"]]:
        with torch.inference_mode():
            return [self._one(item).clone() for item in items]

    def _one(self, item: PictureItem) -> Float[Tensor, "tokens width"]:
        picture = item.pixels()
        if item.box is not None:
            box = checked_boxes(torch.tensor([item.box]), (picture.shape[-1], picture.shape[-2]))
            return self._in_box(picture, box).numbers
        try:
            roi = self._reader.people(picture, None, 1, False, False).body.next_roi[:1]
        except NobodyFoundError:
            return torch.zeros(0, self.width)
        return self._look(picture, roi).numbers

    def _in_box(self, picture: Tensor, box: Float[Tensor, "1 4"]) -> _Look:
        """The second look; one at what the detector sees in the box where the first two are not sure."""
        looks = [self._look(picture, regions_of_boxes(box))]
        looks.append(self._look(picture, looks[0].next_roi))
        if looks[1].score >= _SURE:
            return looks[1]
        seen = regions_in_boxes(self._reader.detector, picture, box)
        if seen is not None:
            looks.append(self._look(picture, seen))
        return max(looks, key=lambda one: one.score)

    def _look(self, picture: Tensor, roi: Roi) -> _Look:
        size = self._network.input_size[0]
        rows, score, world, seen = self._network(crops(picture, roi, size))
        rows, world = rows.reshape(-1, ROWS_OF_POINTS, 5), world.reshape(-1, ROWS_OF_POINTS, 3)[:, :POINTS]
        rows = torch.cat([rows[..., :3] / size, rows[..., 3:]], -1)
        middle = roi.to_picture(rows[:, _CENTRE:, :2])
        next_roi = roi_of_points(middle[:, 0], middle[:, _SCALE - _CENTRE], UPRIGHT, ROI_SCALE)
        metres = torch.cat([roi.turned(world[..., :2]), world[..., 2:]], -1) * world.new_tensor(CAMERA_TO_WORLD)
        flat, visible = roi.turned(rows[:, :POINTS, :2] - 0.5), rows[:, :POINTS, 3].sigmoid()
        points = points_as_numbers(flat, rows[:, :POINTS, 2:3], _METRES * metres, visible)
        turn = torch.stack([roi.turn.cos(), roi.turn.sin()], -1)
        return _Look(torch.cat([points, _SEEN_TIMES * seen.flatten(1), turn], dim=1), float(score), next_roi)


@dataclass(frozen=True, eq=False)
class _Look:
    """What one look at a region gives.

    Args:
        numbers: the features.
        score: probability that a person is in the region.
        next_roi: the region for another look.
    """

    numbers: Float[Tensor, "1 width"]
    score: float
    next_roi: Roi
