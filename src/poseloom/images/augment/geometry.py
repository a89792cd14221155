"""How a crop is flipped, scaled and turned, and what that does to points and poses: as mesh recovery trains.

Order: the whole picture is flipped, then a square about the box's middle, scaled and turned, is cut out. Pixels count
by their index, as in the data sets and in OpenCV: a flip takes x to width - 1 - x.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.augment.batch import between, checked_probability, key_draws, normal
from poseloom.images.augment.zoom import zoomed_boxes
from poseloom.images.crop import Region, Size, composed, transformed
from poseloom.pose import keypoints as conventions
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.types import Pose

_FLIPPED_JOINTS = (0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22)
"""SMPL's joints in a mirror."""
_FLIPPED_SIGNS = (1.0, -1.0, -1.0)


@dataclass(frozen=True, eq=False)
class Geometry:
    """What is done to each crop.

    Args:
        flip: exchange left and right.
        scale: of the box's side.
        rotation: radians, as `Region` turns.
        zoom: where along the box's height a smaller square is taken, 0 to 1; NaN for all of it.
    """

    flip: Bool[Tensor, " people"]
    scale: Float[Tensor, " people"]
    rotation: Float[Tensor, " people"]
    zoom: Float[Tensor, " people"]

    @classmethod
    def none(cls, people: int) -> Geometry:
        """Crops as they are."""
        return cls(
            torch.zeros(people, dtype=torch.bool),
            torch.ones(people),
            torch.zeros(people),
            torch.full((people,), torch.nan),
        )

    def matrices(
        self, boxes: Float[Tensor, "people 4"], widths: Float[Tensor, " people"], size: Size, zoom_side: float = 0.6
    ) -> Float[Tensor, "people 2 3"]:
        """From the stored pictures to the crops.

        Args:
            boxes: x, y, width, height, pixels of the stored pictures.
            widths: of the stored pictures, pixels.
            size: height and width of the crops.
            zoom_side: side of the smaller square by the box's.
        """
        zoomed = zoomed_boxes(boxes, self.zoom.nan_to_num(), zoom_side)
        boxes = torch.where(self.zoom.isnan()[:, None], boxes, zoomed)
        upright = Region.of_box(boxes)
        mirrored = widths - 1 - upright.centre[:, 0]
        centre = torch.stack([torch.where(self.flip, mirrored, upright.centre[:, 0]), upright.centre[:, 1]], dim=-1)
        region = Region(centre, upright.extent * self.scale[:, None], self.rotation.to(boxes))
        return torch.where(
            self.flip[:, None, None],
            composed(region.matrix(size), flips(widths)),
            region.matrix(size),
        )

    def pixels(
        self, points: Float[Tensor, "people points 3"], matrices: Float[Tensor, "people 2 3"], convention: str
    ) -> Float[Tensor, "people points 3"]:
        """Points of the stored pictures (x, y, confidence) in the crops, left and right exchanged in flipped ones."""
        swapped = torch.where(self.flip[:, None, None], points[:, swapped_places(convention)], points)
        return torch.cat([transformed(matrices, swapped[..., :2]), swapped[..., 2:]], dim=-1)

    def metres(self, points: Float[Tensor, "people points d"], convention: str) -> Float[Tensor, "people points d"]:
        """Points in the camera's axes (x, y, z, further columns): flipped, then turned about the optical axis."""
        swapped = points[:, swapped_places(convention)] * points.new_tensor([-1.0, *[1.0] * (points.shape[-1] - 1)])
        chosen = torch.where(self.flip[:, None, None], swapped, points)
        turned = chosen[..., :3] @ in_plane(-self.rotation).transpose(-1, -2).to(points)
        return torch.cat([turned, chosen[..., 3:]], dim=-1)

    def pose(self, pose: Pose) -> Pose:
        """Poses of rows, whose world is the camera's turned upright: +Z towards the camera."""
        mirrored = pose.mirror()
        parts = {}
        for name in ("rotations", "translation", "shape", "face"):
            own, other = getattr(pose, name), getattr(mirrored, name)
            if own is not None:
                flip = self.flip.reshape(-1, *[1] * (own.ndim - 1))
                parts[name] = torch.where(flip, other, own)
        return Pose(**parts, shape_model=pose.shape_model).turned(in_plane(self.rotation).to(pose.rotations))


@dataclass(frozen=True)
class GeometryLaw:
    """How crops are drawn.

    Args:
        flip: probability.
        scale: standard deviation of the side's factor, which stays between 1 - scale and 1 + scale.
        rotation: standard deviation, degrees; twice that at most.
        rotated: probability of any rotation: 0.6 in the benchmark, 0.4 in SPIN, GraphCMR and Graphormer.
        zoom: probability of a smaller square (the benchmark's random crop, 0.8 there).
        zoom_side: its side by the box's.
    """

    flip: float = 0.5
    scale: float = 0.25
    rotation: float = 30.0
    rotated: float = 0.6
    zoom: float = 0.0
    zoom_side: float = 0.6

    def __post_init__(self) -> None:
        for name in ("flip", "rotated", "zoom"):
            checked_probability(f"GeometryLaw: {name}", getattr(self, name))
        if not 0 <= self.scale < 1 or not 0 <= self.rotation <= 180 or not 0 < self.zoom_side <= 1:
            raise PoseloomError("GeometryLaw: expected scale below 1, rotation up to 180, zoom_side above 0, at most 1")

    def draw(self, keys: Int[Tensor, " people"], seed: int) -> Geometry:
        """The geometry of each picture; by seed and key alone."""
        numbers = key_draws(keys, seed, 8, "geometry")
        factor = (1 + self.scale * normal(numbers[1], numbers[2])).clamp(1 - self.scale, 1 + self.scale)
        degrees = (self.rotation * normal(numbers[3], numbers[4])).clamp(-2 * self.rotation, 2 * self.rotation)
        rotation = torch.where(numbers[5] < self.rotated, torch.deg2rad(degrees), 0.0)
        zoom = torch.where(numbers[6] < self.zoom, between(numbers[7], (0.0, 1.0)), torch.nan)
        return Geometry(numbers[0] < self.flip, factor, rotation, zoom)


def flips(widths: Float[Tensor, " people"]) -> Float[Tensor, "people 2 3"]:
    """Matrices that exchange left and right of pictures: x becomes width - 1 - x."""
    made = torch.tensor([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).repeat(len(widths), 1, 1).to(widths)
    made[:, 0, 2] = widths - 1
    return made


def in_plane(angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotations about z."""
    zero = torch.zeros_like(angle)
    return rotvec_to_rotmat(torch.stack([zero, zero, angle], dim=-1))


def swapped_places(convention: str) -> list[int]:
    """Where each keypoint's other side is; itself in the middle."""
    places = list(range(len(conventions.names(convention))))
    for left, right in conventions.flip_pairs(convention):
        places[left], places[right] = right, left
    return places


def flipped_smpl(pose: Float[Tensor, "*batch 72"]) -> Float[Tensor, "*batch 72"]:
    """SMPL's axis-angle in the camera's axes, seen in a mirror."""
    joints = pose.unflatten(-1, (24, 3))[..., _FLIPPED_JOINTS, :]
    return (joints * joints.new_tensor(_FLIPPED_SIGNS)).flatten(-2)


def rotated_smpl(pose: Float[Tensor, "*batch 72"], rotation: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 72"]:
    """SMPL's axis-angle in the camera's axes, of a crop that is turned by `rotation` (radians)."""
    root = rotmat_to_rotvec(in_plane(-rotation).to(pose) @ rotvec_to_rotmat(pose[..., :3]))
    return torch.cat([root, pose[..., 3:]], dim=-1)
