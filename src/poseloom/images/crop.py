"""Cutting out: regions of a picture, the 2 x 3 matrices that lead to the crop and back, and the sampling of pixels.

Points are (x, y) in pixels from the upper left corner, the centre of the first pixel at (0.5, 0.5). A matrix takes
points of the picture to points of the crop; what it does to a camera is `Camera.transformed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

Size = tuple[int, int]
"""Height and width, pixels."""

SCALE_UNIT = 200.0
"""Pixels: of a box's side in the annotations of MPII and of mesh recovery."""

Rule = Literal["centres", "indices"]
"""Which point of a pixel the matrix is applied to: its centre; or its index, as OpenCV's warps do, so that half a
pixel is lost when the scale changes. The latter repeats what networks saw that were trained with OpenCV."""


@dataclass(frozen=True, eq=False)
class Region:
    """A rectangle in a picture, turned or not; any leading batch axes.

    Args:
        centre: x and y, pixels.
        extent: width and height, pixels.
        rotation: radians; the rectangle's own x axis points along (cos, sin) in the picture, x right and y down.
    """

    centre: Float[Tensor, "*batch 2"]
    extent: Float[Tensor, "*batch 2"]
    rotation: Float[Tensor, "*batch"]

    @classmethod
    def of_box(
        cls, box: Float[Tensor, "*batch 4"], *, enlarged: float = 1.0, square: bool = True, rotation: float = 0.0
    ) -> Region:
        """A box (x, y, width, height), made square by its longer side and enlarged about its middle."""
        extent = box[..., 2:]
        if square:
            extent = extent.amax(-1, keepdim=True).expand_as(extent)
        return cls(box[..., :2] + box[..., 2:] / 2, extent * enlarged, torch.full_like(box[..., 0], rotation))

    @classmethod
    def of_scale(
        cls, centre: Float[Tensor, "*batch 2"], scale: Float[Tensor, "*batch"], rotation: float = 0.0
    ) -> Region:
        """A square by its middle and its side in units of 200 pixels, as the annotations of mesh recovery have it."""
        extent = (scale * SCALE_UNIT)[..., None].expand_as(centre)
        return cls(centre, extent, torch.full_like(scale, rotation))

    @classmethod
    def around(cls, points: Float[Tensor, "*batch points 2"], *, enlarged: float = 1.2) -> Region:
        """The upright square about points."""
        low, high = points.amin(-2), points.amax(-2)
        return cls.of_box(torch.cat([low, high - low], dim=-1), enlarged=enlarged)

    @property
    def box(self) -> Float[Tensor, "*batch 4"]:
        """x, y, width and height, as if it were not turned."""
        return torch.cat([self.centre - self.extent / 2, self.extent], dim=-1)

    def matrix(self, size: Size, *, flip: bool = False) -> Float[Tensor, "*batch 2 3"]:
        """From the picture to the crop of this size.

        Args:
            size: height and width of the crop.
            flip: exchange left and right of the crop.
        """
        sides = self.extent.new_tensor([size[1], size[0]])
        scale = sides / self.extent
        cosine, sine = self.rotation.cos(), self.rotation.sin()
        turn = torch.stack([torch.stack([cosine, sine], -1), torch.stack([-sine, cosine], -1)], dim=-2)
        linear = turn * scale[..., None]
        shift = sides / 2 - (linear @ self.centre[..., None]).squeeze(-1)
        matrix = torch.cat([linear, shift[..., None]], dim=-1)
        return composed(flip_matrix(size[1]).to(matrix), matrix) if flip else matrix

    def to_picture(self, points: Float[Tensor, "*batch points 2"]) -> Float[Tensor, "*batch points 2"]:
        """Points of the picture for points of the region, which reaches from 0 to 1 both ways."""
        return transformed(inverse(self.matrix((1, 1))), points)

    def from_picture(self, points: Float[Tensor, "*batch points 2"]) -> Float[Tensor, "*batch points 2"]:
        """The inverse of `to_picture`."""
        return transformed(self.matrix((1, 1)), points)


def flip_matrix(width: float) -> Float[Tensor, "2 3"]:
    """Exchange left and right of a picture: x becomes width - x (of pixel indices: width - 1 - x)."""
    return torch.tensor([[-1.0, 0.0, width], [0.0, 1.0, 0.0]])


def resize_matrix(old: Size, new: Size) -> Float[Tensor, "2 3"]:
    """The whole picture at another size, not caring for its shape."""
    return torch.tensor([[new[1] / old[1], 0.0, 0.0], [0.0, new[0] / old[0], 0.0]])


def letterbox_matrix(old: Size, new: Size) -> Float[Tensor, "2 3"]:
    """The whole picture within another size, its shape kept, in the middle."""
    scale = min(new[0] / old[0], new[1] / old[1])
    return torch.tensor([[scale, 0.0, (new[1] - scale * old[1]) / 2], [0.0, scale, (new[0] - scale * old[0]) / 2]])


def inverse(matrix: Float[Tensor, "*batch 2 3"]) -> Float[Tensor, "*batch 2 3"]:
    """From the crop back to the picture.

    Raises:
        PoseloomError: there is no way back: the crop is a line or a point.
    """
    linear = matrix[..., :2]
    if not (torch.linalg.det(linear).abs() > 0).all():
        raise PoseloomError("crop: the matrix has no inverse; the region or the crop has no extent")
    back = torch.linalg.inv(linear)
    return torch.cat([back, -back @ matrix[..., 2:]], dim=-1)


def composed(second: Float[Tensor, "*own 2 3"], first: Float[Tensor, "*other 2 3"]) -> Float[Tensor, "*batch 2 3"]:
    """The matrix that does `first`, then `second`."""
    linear = second[..., :2] @ first
    return torch.cat([linear[..., :2], linear[..., 2:] + second[..., 2:]], dim=-1)


def transformed(
    matrix: Float[Tensor, "*own 2 3"], points: Float[Tensor, "*other points 2"]
) -> Float[Tensor, "*batch points 2"]:
    """Points (x, y) under a matrix; further columns of keypoints, such as confidence, are not for this function."""
    return points @ matrix[..., :2].transpose(-1, -2) + matrix[..., None, :, 2]


def cut_out(
    picture: Float[Tensor, "*own channels height width"],
    matrix: Float[Tensor, "*other 2 3"],
    size: Size,
    *,
    rule: Rule = "centres",
    outside: float | Literal["edge"] = 0.0,
    shrink_first: bool = False,
) -> Float[Tensor, "*batch channels rows columns"]:
    """The crop of a picture, bilinear: several crops of one picture, one of each of several, or any batch of both.

    Args:
        picture: any number of channels.
        matrix: from the picture to the crop.
        size: height and width of the crop.
        rule: see `Rule`.
        outside: the value beyond the picture's borders; ``"edge"`` repeats its outermost pixels.
        shrink_first: where the crop is smaller than its region by more than a factor of two, average the picture over
            squares of pixels first. Without it every crop pixel looks at four pixels of the picture, whatever lies
            between: what networks that were trained so expect.
    """
    if shrink_first:
        picture, matrix = _shrunk(picture, matrix)
    batch = torch.broadcast_shapes(picture.shape[:-3], matrix.shape[:-2])
    height, width = picture.shape[-2:]
    middle = 0.5 if rule == "centres" else 0.0
    x, y = (torch.arange(side, dtype=matrix.dtype, device=matrix.device) + middle for side in (size[1], size[0]))
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    places = transformed(inverse(matrix), grid.flatten(0, 1)).unflatten(-2, grid.shape[:2])
    places = places + (0.5 - middle)
    places = places * (2 / places.new_tensor([width, height])) - 1
    shift = 0.0 if outside == "edge" else outside
    drawn = torch.nn.functional.grid_sample(
        (picture - shift if shift else picture).expand(*batch, *picture.shape[-3:]).reshape(-1, *picture.shape[-3:]),
        places.to(picture).expand(*batch, *places.shape[-3:]).reshape(-1, *places.shape[-3:]),
        padding_mode="border" if outside == "edge" else "zeros",
        align_corners=False,
    )
    return drawn.reshape(*batch, *drawn.shape[1:]) + shift


def _shrunk(picture: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The picture averaged over 2 x 2 pixels as often as its largest crop is smaller by more than two."""
    reduction = 1 / torch.linalg.svdvals(matrix[..., :2]).amax().item()
    while reduction > 2 and min(picture.shape[-2:]) > 1:
        odd = (0, picture.shape[-1] % 2, 0, picture.shape[-2] % 2)
        flat = picture.reshape(-1, *picture.shape[-3:])
        flat = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(flat, odd, mode="replicate"), 2)
        picture = flat.reshape(*picture.shape[:-2], *flat.shape[-2:])
        matrix = matrix * matrix.new_tensor([2.0, 2.0, 1.0])
        reduction /= 2
    return picture, matrix
