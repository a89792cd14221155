"""Square regions of a picture that may be turned: cut out for a network, and the way back for its answers.

A point (u, v) in [0, 1]^2 of the crop lies in the picture at centre + R(turn) ((u, v) - 1/2) side; pixels are counted
from 0 at the middle of the first one, as OpenCV counts them. The sampling rule is the one with which MediaPipe's
networks run on a CPU: crop pixel i reads at u = i / size, bilinear, without smoothing (`cut_out` by ``indices``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from poseloom.images.crop import cut_out, inverse

LARGEST_REDUCTION = 8.0
"""A picture that a crop would shrink by more is halved first: plain sampling skips most of its pixels."""


@dataclass(frozen=True, eq=False)
class Roi:
    """Square regions of one picture.

    Args:
        centre: x, y in pixels.
        side: pixels.
        turn: radians, clockwise on the screen (from x to y).
    """

    centre: Float[Tensor, "*batch 2"]
    side: Float[Tensor, "*batch"]
    turn: Float[Tensor, "*batch"]

    def __getitem__(self, index: int | slice | Tensor) -> Roi:
        return Roi(self.centre[index], self.side[index], self.turn[index])

    def __len__(self) -> int:
        return len(self.side)

    @classmethod
    def joined(cls, parts: Sequence[Roi]) -> Roi:
        """Several batches as one."""
        values = ([getattr(part, name) for part in parts] for name in ("centre", "side", "turn"))
        return cls(*(torch.cat(value) for value in values))

    def to_picture(self, points: Float[Tensor, "*batch points 2"]) -> Float[Tensor, "*batch points 2"]:
        """Points of the crops, in [0, 1], as pixels of the picture."""
        return self.turned((points - 0.5) * self.side[..., None, None]) + self.centre[..., None, :]

    def to_crop(self, points: Float[Tensor, "*batch points 2"]) -> Float[Tensor, "*batch points 2"]:
        """Pixels of the picture as points of the crops, in [0, 1] inside."""
        back = Roi(self.centre, self.side, -self.turn)
        return back.turned(points - self.centre[..., None, :]) / self.side[..., None, None] + 0.5

    def turned(self, vectors: Float[Tensor, "*batch points 2"]) -> Float[Tensor, "*batch points 2"]:
        """Vectors in the crop's axes, in the picture's."""
        cos, sin = self.turn.cos()[..., None], self.turn.sin()[..., None]
        x, y = vectors.unbind(-1)
        return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)

    def matrix(self, size: int) -> Float[Tensor, "*batch 2 3"]:
        """The affine map from crop pixels (of a crop of `size`) to picture pixels."""
        cos, sin = self.turn.cos(), self.turn.sin()
        linear = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
        linear = linear * (self.side / size)[..., None, None]
        offset = self.to_picture(torch.zeros(*self.side.shape, 1, 2)).squeeze(-2)
        return torch.cat([linear, offset[..., None]], dim=-1)

    @classmethod
    def around(cls, box: Float[Tensor, "*batch 4"], scale: float = 1.0) -> Roi:
        """Upright regions around boxes (x, y, width, height), the longer side times `scale`."""
        side = box[..., 2:].amax(-1) * scale
        return cls(box[..., :2] + box[..., 2:] / 2, side, torch.zeros_like(side))

    @classmethod
    def whole(cls, picture: Float[Tensor, "3 height width"]) -> Roi:
        """The whole picture with bands at its sides, as one region of a batch."""
        height, width = picture.shape[-2:]
        return cls.around(torch.tensor([[0.0, 0.0, width, height]]))

    def shifted(self, along: float, scale: float) -> Roi:
        """Moved by a share of the side along the crop's own y axis, then enlarged."""
        step = torch.stack([torch.zeros_like(self.side), self.side * along], dim=-1)
        return Roi(self.centre + self.turned(step[..., None, :]).squeeze(-2), self.side * scale, self.turn)


def roi_of_points(
    centre: Float[Tensor, "*batch 2"], point: Float[Tensor, "*batch 2"], target: float, scale: float
) -> Roi:
    """The region around a point that reaches to another one, turned so that this one lies at an angle.

    Args:
        centre: its middle, pixels.
        point: `scale` times the distance to it is half the side, pixels.
        target: angle of `point` seen from `centre` in the crop, radians, counter-clockwise on the screen: pi / 2 is up.
        scale: multiplies the side.
    """
    way = point - centre
    turn = target - torch.atan2(-way[..., 1], way[..., 0])
    turn = turn - 2 * math.pi * torch.floor((turn + math.pi) / (2 * math.pi))
    return Roi(centre, 2 * way.norm(dim=-1) * scale, turn)


def crops(
    picture: Float[Tensor, "3 height width"], roi: Roi, size: int, outside: float | Literal["edge"] = "edge"
) -> Float[Tensor, "regions 3 size size"]:
    """The regions of a picture as pictures of `size` pixels.

    Args:
        picture: RGB in [0, 1].
        roi: the regions, one batch axis.
        size: pixels of a crop's side.
        outside: the value beyond the picture's borders; ``"edge"`` repeats its outermost pixels.
    """
    halvings = (roi.side / size / LARGEST_REDUCTION).log2().ceil().clamp(min=0).long()
    result = picture.new_empty(len(roi), 3, size, size)
    for times in halvings.unique().tolist():
        chosen = halvings == times
        smaller, matrix = picture, roi[chosen].matrix(size)
        for _ in range(times):
            smaller = functional.avg_pool2d(smaller[None], 2, ceil_mode=True)[0]
            matrix = torch.cat([matrix[..., :2] / 2, (matrix[..., 2:] - 0.5) / 2], dim=-1)
        result[chosen] = cut_out(smaller, inverse(matrix), (size, size), rule="indices", outside=outside)
    return result
