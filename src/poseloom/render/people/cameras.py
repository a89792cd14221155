"""Cameras as people hold them: from a phone at arm's length to a long lens, tilted, with people cut by the border."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.camera import Camera
from poseloom.pose.viewpoint import FULL_FRAME, orbit

LENSES = (24.0, 135.0)
"""Millimetres on a sensor 36 mm wide."""
_LOWEST = 0.12
"""Metres that a camera stands above the ground at least."""
_CUT = 0.12
"""Share of the pictures that show a part of the person."""


def camera_of_lens(
    millimetres: float, size: tuple[int, int], position: Float[Tensor, " 3"], target: Float[Tensor, " 3"]
) -> Camera:
    """A camera of a focal length in millimetres (sensor 36 mm wide) that looks at a point."""
    camera = Camera.look_at(position, target, size=size)
    focal = millimetres / FULL_FRAME * size[1]
    intrinsics = camera.intrinsics.clone()
    intrinsics[0, 0] = intrinsics[1, 1] = focal
    return replace(camera, intrinsics=intrinsics)


def random_camera(
    rng: np.random.Generator,
    points: Float[Tensor, "points 3"],
    joints: Float[Tensor, "52 3"],
    size: tuple[int, int],
    azimuth: float | None = None,
    *,
    whole: bool = False,
) -> Camera:
    """A camera that shows a person who stands on the ground y = 0.

    Args:
        points: of the person's surface.
        joints: of the person's body.
        size: height and width of the picture, pixels.
        azimuth: where it stands, radians about +Y from +Z; anywhere by default.
        whole: nothing of the person is cut off by the border.
    """
    millimetres = float(np.exp(rng.uniform(*np.log(LENSES))))
    azimuth = rng.uniform(-math.pi, math.pi) if azimuth is None else azimuth
    elevation = math.radians(float(np.clip(rng.normal(7, 10), -12, 50)))
    shown = points
    filling = rng.uniform(0.55, 0.96)
    cut = rng.random() < _CUT and not whole
    if cut:
        shown = _upper_half(points, joints) if rng.random() < 0.75 else points
        filling = rng.uniform(0.8, 1.15)
    turn = orbit(torch.tensor(azimuth), torch.tensor(elevation)).float()
    focal = millimetres / FULL_FRAME * size[1]
    target, distance = _distance(shown, turn, focal, size, filling)
    backward = -turn[2]
    position = target + backward * distance
    if float(position[1]) < _LOWEST:
        position = position.clone()
        position[1] = _LOWEST
    camera = camera_of_lens(millimetres, size, position, target)
    pixels = camera.project(shown)[:, :2]
    # off the middle by what is free beside the person, and not quite level
    yaw = math.atan2(_shift(rng, pixels[:, 0], size[1], cut), focal)
    pitch = -math.atan2(_shift(rng, pixels[:, 1], size[0], cut), focal)
    roll = math.radians(float(np.clip(rng.normal(0, 2.5), -10, 10)))
    shake = rot.rotvec_to_rotmat(torch.tensor([pitch, yaw, 0.0])).float()
    level = rot.rotvec_to_rotmat(torch.tensor([0.0, 0.0, roll])).float()
    turned = level @ shake @ camera.rotation
    return replace(camera, rotation=turned, translation=-(turned @ position))


def _shift(rng: np.random.Generator, places: Float[Tensor, " points"], side: int, cut: bool) -> float:
    """Pixels by which the person may be moved along one side of the picture."""
    room_before, room_after = float(places.min()), side - float(places.max())
    low, high = -0.8 * max(room_before, 0.0), 0.8 * max(room_after, 0.0)
    return float(rng.uniform(low, high)) + (float(rng.normal(0, 0.04)) * side if cut else 0.0)


def _upper_half(points: Float[Tensor, "points 3"], joints: Float[Tensor, "52 3"]) -> Float[Tensor, "some 3"]:
    """What lies nearer to the neck than hips or knees do."""
    neck = joints[12]
    reach = float((joints[0] - neck).norm()) * 1.25
    near = (points - neck).norm(dim=-1) < reach
    return points[near] if bool(near.any()) else points


def _distance(
    points: Float[Tensor, "points 3"], turn: Float[Tensor, "3 3"], focal: float, size: tuple[int, int], filling: float
) -> tuple[Float[Tensor, " 3"], float]:
    """Where to look, and from how far, so that points fill this share of the picture."""
    own = points @ turn.T
    low, high = own.amin(0), own.amax(0)
    middle = (low + high) / 2
    extent = high - low
    away = max(float(extent[0]) * focal / (filling * size[1]), float(extent[1]) * focal / (filling * size[0]), 0.5)
    return middle @ turn, away + float(extent[2]) / 2 * 0.6
