"""Geometry of BEDLAM: from Unreal's world to poseloom's, and from there into the pictures.

Unreal: left-handed, x front, y right, z up, cm. Ours: x right of Unreal's front (= y), y up, z against Unreal's front.
A camera looks along its own z, with x to the right and y down, as in OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.kinematics import small_matmul
from poseloom.pose.rotations import axis_to_rotmat

WIDTH, HEIGHT = 1280, 720
"""Pixels of the pictures as they are stored."""
SENSOR_WIDTH = 36.0
"""mm across WIDTH pixels; 20.25 mm lie across HEIGHT ones."""
_CM = 100.0
_BODY_YAW = 90.0
"""Degrees of yaw at which a body that faces our +z is not turned."""
_NEAR = 0.05
"""Metres in front of the camera from which points are seen."""


def to_world(position: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """A place in Unreal's world (cm) in ours (metres)."""
    front, right, up = (position / _CM).unbind(-1)
    return torch.stack([right, up, -front], dim=-1)


def body_turn(yaw: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """How a body with that yaw (degrees) is turned in our world."""
    return axis_to_rotmat(torch.deg2rad(_BODY_YAW - yaw), "Y")


@dataclass(frozen=True, eq=False)
class BedlamCameras:
    """Pinhole cameras of upright pictures.

    Args:
        rotation, translation: rotation and translation of our world into the camera's axes, metres.
        focal: pixels, the same in x and y.
        closeup: the picture is stored on its side: it has to be turned 90 degrees clockwise to stand upright.
    """

    rotation: Float[Tensor, "*batch 3 3"]
    translation: Float[Tensor, "*batch 3"]
    focal: Float[Tensor, "*batch"]
    closeup: bool

    @property
    def frame(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        return (HEIGHT, WIDTH) if self.closeup else (WIDTH, HEIGHT)

    def __getitem__(self, index: Tensor) -> BedlamCameras:
        return BedlamCameras(self.rotation[index], self.translation[index], self.focal[index], self.closeup)

    def see(self, points: Float[Tensor, "*batch n 3"]) -> Float[Tensor, "*batch n 3"]:
        """x and y in pixels of the upright picture (NaN unless in front of the camera), and the depth in metres."""
        seen = small_matmul(points, self.rotation.mT) + self.translation[..., None, :]
        depth = seen[..., 2:]
        centre = seen.new_tensor(self.frame) / 2
        pixels = seen[..., :2] / depth * self.focal[..., None, None] + centre
        return torch.cat([torch.where(depth > _NEAR, pixels, torch.nan), depth], dim=-1)

    def stored(self) -> BedlamCameras:
        """The same cameras for the pictures as they are stored, on their side or not."""
        if not self.closeup:
            return self
        turn = self.rotation.new_tensor(_ON_ITS_SIDE)
        return BedlamCameras(turn @ self.rotation, self.translation @ turn.T, self.focal, False)


_ON_ITS_SIDE = ((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
"""Turn of a camera's axes that lays its picture on its side, so that a quarter turn clockwise puts it right again."""


def on_its_side(pixels: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
    """Where pixels of an upright closeup lie in the stored picture."""
    x, y = pixels.unbind(-1)
    return torch.stack([y, HEIGHT - x], dim=-1)


def cameras(
    position: Float[Tensor, "*batch 3"],
    yaw: Float[Tensor, "*batch"],
    pitch: Float[Tensor, "*batch"],
    roll: Float[Tensor, "*batch"],
    focal: Float[Tensor, "*batch"],
    closeup: bool,
) -> BedlamCameras:
    """Cameras from their lines in the files: Unreal's axes, cm, degrees, mm.

    A closeup's camera lies on its side: the quarter turn is taken off its roll in the direction that leaves least, so
    that the sign with which a file tells it does not matter.
    """
    if closeup:
        roll = roll - 90 * torch.round(roll / 90)
    turns = [axis_to_rotmat(torch.deg2rad(angle), axis) for angle, axis in ((yaw, "Y"), (pitch, "X"), (roll, "Z"))]
    own = turns[0] @ turns[1] @ turns[2]
    rotation = own.mT * own.new_tensor((1.0, -1.0, -1.0))
    translation = -(rotation @ to_world(position)[..., None]).squeeze(-1)
    return BedlamCameras(rotation, translation, focal / SENSOR_WIDTH * WIDTH, closeup)
