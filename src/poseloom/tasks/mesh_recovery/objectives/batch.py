"""What a training step of mesh recovery sees: crops of people, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import BODY_JOINTS
from poseloom.pose.mirroring import mirrored_rotmats
from poseloom.pose.rotations import axis_to_rotmat


@dataclass(frozen=True, eq=False)
class MeshBatch:
    """Crops in the axes of a camera that looks at the crop's middle: x right, y down, z forward.

    Args:
        pictures: normalised.
        keypoints2d: pixels of the crop, and confidence; in the convention that the learner asked for.
        keypoints3d: metres, and confidence.
        rotations: of the body's joints; the identity where they are not known.
        betas: shape coefficients; the average where they are not known.
        has_body, has_shape: whether rotations, and shape coefficients, are known.
        samples: numbers of the samples, the same in every epoch.
        turned: radians by which the picture was turned before it was flipped; a point turns by minus that about z.
        flipped: whether left and right were exchanged.
        gender: 0 unknown, 1 male, 2 female.
    """

    pictures: Float[Tensor, "batch 3 height width"]
    keypoints2d: Float[Tensor, "batch points 3"]
    keypoints3d: Float[Tensor, "batch points 4"]
    rotations: Float[Tensor, "batch joints 3 3"]
    betas: Float[Tensor, "batch coefficients"]
    has_body: Bool[Tensor, " batch"]
    has_shape: Bool[Tensor, " batch"]
    samples: Int[Tensor, " batch"]
    turned: Float[Tensor, " batch"]
    flipped: Bool[Tensor, " batch"]
    gender: Int[Tensor, " batch"]

    def __len__(self) -> int:
        return len(self.pictures)


UNKNOWN, MALE, FEMALE = 0, 1, 2


def in_crop(
    rotations: Float[Tensor, "batch joints 3 3"], turned: Float[Tensor, " batch"], flipped: Bool[Tensor, " batch"]
) -> Float[Tensor, "batch joints 3 3"]:
    """Rotations in the picture's axes as the crop shows them: turned, then mirrored."""
    about = axis_to_rotmat(-turned, "Z")
    first = about[:, None] @ rotations[:, :1]
    moved = torch.cat([first, rotations[:, 1:]], dim=1)
    return torch.where(flipped[:, None, None, None], mirrored(moved), moved)


def out_of_crop(
    rotations: Float[Tensor, "batch joints 3 3"], turned: Float[Tensor, " batch"], flipped: Bool[Tensor, " batch"]
) -> Float[Tensor, "batch joints 3 3"]:
    """The inverse of `in_crop`."""
    back = torch.where(flipped[:, None, None, None], mirrored(rotations), rotations)
    about = axis_to_rotmat(turned, "Z")
    return torch.cat([about[:, None] @ back[:, :1], back[:, 1:]], dim=1)


def mirrored(rotations: Float[Tensor, "batch joints 3 3"]) -> Float[Tensor, "batch joints 3 3"]:
    """The pose of the person in a mirror that exchanges left and right; SMPL's 24 joints, or the first 22."""
    body, hands = rotations[:, :BODY_JOINTS], rotations[:, BODY_JOINTS:]
    signs = rotations.new_tensor([-1.0, 1.0, 1.0])
    return torch.cat([mirrored_rotmats(body), hands.flip(1) * signs[:, None] * signs], dim=1)
