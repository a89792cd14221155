"""Body landmarks of people whose regions are known: BlazePose GHUM's 33 points, in the picture and in metres.

The order of the points and the file's layout are those of MediaPipe's model card; the heat map refines x and y.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi, crops, roi_of_points
from poseloom.nn.image.graph import OperatorGraph

POINTS = 33
_CENTRE, _SCALE = 33, 34
"""Rows of the two points that give the next region."""
ROWS_OF_POINTS = 39
"""Points that the network tells, those of regions included."""
_AT_ONCE = 8
"""Regions that the network looks at together."""
_WINDOW = 7
"""Cells of the heat map around a point that refine it."""
_CERTAIN = 0.5
"""Of the heat map, below which a point stays as it was regressed."""
ROI_SCALE = 1.25
UPRIGHT = math.pi / 2
CAMERA_TO_WORLD = (1.0, -1.0, -1.0)
"""From y down and z away from the camera to poseloom's axes: a rotation; who faces the camera faces +Z."""


@dataclass(frozen=True, eq=False)
class BodyPoints:
    """What the body network says of each region.

    Args:
        points: x, y in pixels; z in pixels, 0 at the middle of the hips, smaller is nearer.
        world: metres, origin at the middle of the hips, +Y up, +Z towards the camera.
        visibility: probability that a point is in the picture and not hidden.
        presence: probability that a point is in the picture.
        score: probability that a person is in the region.
        next_roi: the region for another look, or for the next picture of a video.
        masks: probability of the person for each pixel of the crop.
    """

    points: Float[Tensor, "people 33 3"]
    world: Float[Tensor, "people 33 3"]
    visibility: Float[Tensor, "people 33"]
    presence: Float[Tensor, "people 33"]
    score: Float[Tensor, " people"]
    next_roi: Roi
    masks: Float[Tensor, "people size size"]

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: Tensor | slice) -> BodyPoints:
        return BodyPoints(*(getattr(self, field.name)[index] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[BodyPoints]) -> BodyPoints:
        """Several batches as one."""
        values = {field.name: [getattr(part, field.name) for part in parts] for field in fields(cls)}
        regions = Roi.joined(values.pop("next_roi"))
        return cls(next_roi=regions, **{name: torch.cat(value) for name, value in values.items()})


def body_points(network: OperatorGraph, picture: Float[Tensor, "3 height width"], roi: Roi) -> BodyPoints:
    """The landmarks of the people in regions of a picture, a few at a time: many candidates take much memory."""
    size = network.input_size[0]
    parts = [roi[first : first + _AT_ONCE] for first in range(0, len(roi), _AT_ONCE)]
    said = [network(crops(picture, part, size)) for part in parts]
    return points_of(tuple(torch.cat(outputs) for outputs in zip(*said, strict=True)), roi, size)


def points_of(said: tuple[Tensor, ...], roi: Roi, size: int) -> BodyPoints:
    """The landmarks that the body network's outputs say.

    Args:
        said: its outputs, in their order, for each region.
        roi: the regions.
        size: pixels of a crop's side.
    """
    rows, score, masks, heat, world = said
    rows, world = rows.reshape(-1, ROWS_OF_POINTS, 5), world.reshape(-1, ROWS_OF_POINTS, 3)[:, :POINTS]
    places = refined(rows[..., :2] / size, heat)
    points = roi.to_picture(places)
    depth = rows[..., 2] / size * roi.side[:, None]
    turned = torch.cat([roi.turned(world[..., :2]), world[..., 2:]], dim=-1)
    return BodyPoints(
        torch.cat([points, depth[..., None]], dim=-1)[:, :POINTS],
        turned * turned.new_tensor(CAMERA_TO_WORLD),
        rows[:, :POINTS, 3].sigmoid(),
        rows[:, :POINTS, 4].sigmoid(),
        score[:, 0],
        roi_of_points(points[:, _CENTRE], points[:, _SCALE], UPRIGHT, ROI_SCALE),
        masks[..., 0].sigmoid(),
    )


def refined(
    places: Float[Tensor, "people points 2"], heat: Float[Tensor, "people rows columns points"]
) -> Float[Tensor, "people points 2"]:
    """Places in [0, 1] moved to the centre of the heat map around them, where that is certain enough."""
    people, count = places.shape[:2]
    extent = torch.tensor([heat.shape[2], heat.shape[1]])
    cell = (places * extent).long()
    reach = _WINDOW // 2
    steps = torch.arange(-reach, reach + 1)
    columns, rows = cell[..., 0, None] + steps, cell[..., 1, None] + steps
    inside = ((rows >= 0) & (rows < extent[1]))[..., :, None] & ((columns >= 0) & (columns < extent[0]))[..., None, :]
    person = torch.arange(people)[:, None, None, None]
    point = torch.arange(count)[None, :, None, None]
    row, column = rows.clamp(0, int(extent[1]) - 1)[..., :, None], columns.clamp(0, int(extent[0]) - 1)[..., None, :]
    certain = heat[person, row, column, point].sigmoid() * inside
    total = certain.sum((-1, -2))
    x = (certain * columns[..., None, :]).sum((-1, -2)) / total.clamp(min=1e-9) / extent[0]
    y = (certain * rows[..., :, None]).sum((-1, -2)) / total.clamp(min=1e-9) / extent[1]
    sure = certain.amax((-1, -2)) >= _CERTAIN
    return torch.where(sure[..., None], torch.stack([x, y], dim=-1), places)
