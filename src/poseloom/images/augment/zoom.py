"""A part of the picture enlarged to the whole of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.augment.batch import PeoplePictures, checked_probability, draws
from poseloom.images.crop import Region, cut_out, transformed


@dataclass(frozen=True)
class RandomCrop:
    """A square of a part of the box's side: in its middle across, anywhere along its height.

    Where crops are cut out, `GeometryLaw` does the same with all the pixels of the picture.

    Args:
        probability: of a picture to be changed.
        side: of the square, by the box's longer side.
    """

    probability: float = 0.8
    side: float = 0.6

    def __post_init__(self) -> None:
        checked_probability("RandomCrop", self.probability)
        if not 0 < self.side <= 1:
            raise PoseloomError(f"RandomCrop: side: expected more than 0, at most 1, got {self.side}")

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        on, place = draws(batch, seed, 2, "zoom")
        region = Region.of_box(zoomed_boxes(batch.boxes, place, self.side))
        matrix = region.matrix(batch.size)
        points = batch.keypoints.clone()
        points[..., :2] = transformed(matrix, points[..., :2])
        corners = torch.stack([batch.boxes[:, :2], batch.boxes[:, :2] + batch.boxes[:, 2:]], dim=1)
        moved = transformed(matrix, corners)
        changed = replace(
            batch,
            pictures=cut_out(batch.pictures, matrix, batch.size, rule="indices"),
            keypoints=points,
            boxes=torch.cat([moved[:, 0], moved[:, 1] - moved[:, 0]], -1),
        )
        return batch.where(changed, on < self.probability)


def zoomed_boxes(
    boxes: Float[Tensor, "people 4"], place: Float[Tensor, " people"], side: float
) -> Float[Tensor, "people 4"]:
    """Squares of a part of the boxes' longer sides, `place` (0 to 1) from the top of the square about the box."""
    longer = boxes[:, 2:].amax(-1)
    extent = longer * side
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    top = middle[:, 1] - longer / 2 + place * (longer - extent)
    return torch.stack([middle[:, 0] - extent / 2, top, extent, extent], dim=-1)
