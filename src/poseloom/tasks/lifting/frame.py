"""What the lifter sees of a person, and the axes in which it answers.

Its axes are those of the person's region: the camera is turned towards the region's middle, then about its own axis as
the region is, so that neither the place in the picture nor the tilt of the region matters.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.images.roi import Roi
from poseloom.pose import rotations as rot
from poseloom.tasks.keypoints.body import POINTS

INPUTS = POINTS * 8 + 2
_FARTHEST = 2.0
"""Of the region's side: where landmarks beyond it are taken to be."""


@dataclass(frozen=True, eq=False)
class SeenPeople:
    """Landmarks of people, each with the picture in which they were found.

    Args:
        points: x, y and z in pixels.
        world: metres, +Y up, +Z towards the camera.
        visibility: probability that a point is seen.
        roi: the square in which each was looked at.
        size: width and height of the picture, pixels.
        focal: pixels.
        centre: principal point, pixels.
    """

    points: Float[Tensor, "people 33 3"]
    world: Float[Tensor, "people 33 3"]
    visibility: Float[Tensor, "people 33"]
    roi: Roi
    size: Float[Tensor, "people 2"]
    focal: Float[Tensor, " people"]
    centre: Float[Tensor, "people 2"]

    def __getitem__(self, rows: Tensor | slice) -> SeenPeople:
        return SeenPeople(*(getattr(self, one.name)[rows] for one in fields(self)))

    def axes(self) -> Float[Tensor, "people 3 3"]:
        """From the camera's axes to those of the lifter."""
        flat = (self.roi.centre - self.centre) / self.focal[:, None]
        toward = torch.stack([flat[:, 0], -flat[:, 1], -torch.ones_like(flat[:, 0])], dim=-1)
        ahead = toward.new_tensor([0.0, 0.0, -1.0]).expand_as(toward)
        return _roll(self.roi.turn) @ rot.shortest_arc_rotmat(toward, ahead)

    def numbers(self) -> Float[Tensor, "people 266"]:
        """What the lifter sees: landmarks in the region's axes, what is seen, what lies beyond the picture's edge."""
        places = self.roi.to_crop(self.points[..., :2]) - 0.5
        deep = self.points[..., 2:] / self.roi.side[:, None, None]
        flat = torch.cat([places[..., :1], -places[..., 1:], -deep], dim=-1).clamp(-_FARTHEST, _FARTHEST)
        world = self.world @ _roll(self.roi.turn).mT
        turn = torch.stack([self.roi.turn.sin(), self.roi.turn.cos()], dim=-1)
        inside = self.inside.to(flat)
        each = torch.cat([2 * flat, self.visibility[..., None], 2 * world, inside[..., None]], dim=-1)
        return torch.cat([each.flatten(1), turn], dim=-1)

    @property
    def inside(self) -> Bool[Tensor, "people 33"]:
        """Landmarks within the picture."""
        places = self.points[..., :2]
        return ((places >= 0) & (places <= self.size[:, None] - 1)).all(-1)


def _roll(turn: Float[Tensor, " people"]) -> Float[Tensor, "people 3 3"]:
    """From the picture's axes (y up) to those of a region that is turned clockwise on the screen."""
    return rot.axis_to_rotmat(turn, "Z")


MIRRORED: tuple[int, ...] = (
    0,
    4,
    5,
    6,
    1,
    2,
    3,
    8,
    7,
    10,
    9,
    *(row + 1 if row % 2 else row - 1 for row in range(11, 33)),
)
"""Landmark -> the one of the other side."""


def mirrored_numbers(numbers: Float[Tensor, "people 266"]) -> Float[Tensor, "people 266"]:
    """What the lifter would see of the mirrored picture."""
    each, turn = numbers[:, :-2].unflatten(1, (POINTS, 8)), numbers[:, -2:]
    signs = numbers.new_tensor([-1.0, 1, 1, 1, -1, 1, 1, 1])
    return torch.cat([(each[:, list(MIRRORED)] * signs).flatten(1), turn * turn.new_tensor([-1.0, 1])], dim=-1)
