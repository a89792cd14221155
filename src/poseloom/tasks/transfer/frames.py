"""How a picture is brought to a generator's size, and the way back."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.crop import Region, Size, cut_out, resize_matrix, transformed
from poseloom.tasks.transfer.maps import MISSING, seen_joints

Frame = Literal["resize", "crop", "person", "pair"]
"""The whole picture stretched; its largest middle part of the generator's shape; the part around the person; the part
around the person in both poses, the same of both pictures: for pairs taken in one place, and for a photo."""
_AROUND = 1.25
"""Height and width of the frame around a person, times those of its joints' box; hair, hands and feet lie outside."""
_HALF = 0.5


def frame_matrix(size: Size, into: Size, frame: Frame, keypoints: Float[Tensor, "joints 2"]) -> Float[Tensor, "2 3"]:
    """From pixels of a picture to those of the generator's.

    Args:
        size: height and width of the picture.
        into: height and width of the generator's pictures.
        frame: which part.
        keypoints: row and column of joints that shall lie in the frame, -1 where missing; only a frame around the
            person needs them.

    Raises:
        PoseloomError: a frame around a person none of whose joints is there.
    """
    if frame == "resize":
        return resize_matrix(size, into)
    shape = into[1] / into[0]
    if frame == "crop":
        height = min(float(size[0]), size[1] / shape)
        middle, extent = torch.tensor([size[1] / 2, size[0] / 2]), torch.tensor([height * shape, height])
        return Region(middle, extent, torch.tensor(0.0)).matrix(into)
    points = keypoints[(keypoints >= 0).all(-1)].flip(-1)
    if not len(points):
        raise PoseloomError("frame: no joint of the person is there to cut around; frame the picture as a whole")
    low, high = points.amin(0), points.amax(0)
    wide, tall = ((high - low) * _AROUND).clamp(min=1.0).tolist()
    tall = max(tall, wide / shape)
    return Region((low + high) / 2 + _HALF, torch.tensor([tall * shape, tall]), torch.tensor(0.0)).matrix(into)


def framed_picture(
    picture: Float[Tensor, "3 height width"], matrix: Float[Tensor, "2 3"], into: Size
) -> Float[Tensor, "3 rows columns"]:
    """A picture of 0 to 1 in the generator's frame; it is not touched where size and frame are its own."""
    if tuple(picture.shape[-2:]) == tuple(into) and torch.equal(matrix, torch.eye(2, 3)):
        return picture
    return cut_out(picture, matrix, into, outside="edge", shrink_first=True).clamp(0, 1)


def framed_keypoints(
    keypoints: Float[Tensor, "*batch 18 2"], matrix: Float[Tensor, "2 3"]
) -> Float[Tensor, "*batch 18 2"]:
    """Row and column of joints in the generator's frame; missing ones stay missing.

    Row and column count pixels, whose centres lie half a pixel further in coordinates of the picture.
    """
    there = seen_joints(keypoints)[..., None]
    moved = transformed(matrix, keypoints.flip(-1) + _HALF).flip(-1) - _HALF
    return torch.where(there, moved, torch.full_like(moved, MISSING))


def hide_outside(keypoints: Float[Tensor, "*batch 18 2"], size: Size) -> Float[Tensor, "*batch 18 2"]:
    """Joints outside the frame count as missing."""
    limits = keypoints.new_tensor(size) - _HALF
    inside = ((keypoints >= -_HALF) & (keypoints < limits)).all(-1, keepdim=True)
    return torch.where(inside, keypoints.clamp(min=0), torch.full_like(keypoints, MISSING))
