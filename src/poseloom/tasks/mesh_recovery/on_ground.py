"""A person of a video on a floor: from where the pelvis is before the camera to a path on which feet do not slide."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.pose.contact import floor_points
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose
from poseloom.results.keypoints import Keypoints

_FEET = {"left": (27, 29, 31), "right": (28, 30, 32)}
"""Rows of ankle, heel and tip of the foot among the 33 landmarks."""
_SOLE = ("heel", "ball")
_STANDING = 0.35
"""Metres a second: a foot that is slower in the picture stands, if it is low."""
_LOW = 0.12
"""Metres by which a standing foot may be higher than the other one."""
_DEPTH_WINDOW = 0.8
"""Seconds over which the distance from the camera is averaged: it is told by the size in the picture alone."""
_FOLLOW, _STAY, _EVEN, _TOUCH = 0.02, 3.0, 1.0, 1.0
"""Weights: of the place before the camera, of feet that stand, of an even speed, of soles on the floor."""
_STEPS = 300
"""Of conjugate gradients."""


def stands_of(pose: Pose, place: Float[Tensor, "frames 3"], keypoints: Keypoints) -> Float[Tensor, "frames 3"]:
    """Where the pelvis is over a floor (y = 0), so that standing feet stay; the person starts above the origin.

    Args:
        pose: one for each frame, in the camera's axes.
        place: where the pelvis is before the camera, metres.
        keypoints: number of keypoints of the same frames.
    """
    fps = keypoints.fps or 30.0
    path = _steadied(place, fps)
    soles = _soles(pose)
    standing = _standing(keypoints, soles, fps)
    steps = (keypoints.frame[1:] - keypoints.frame[:-1]).double() if len(place) > 1 else place.new_zeros(0)
    across = _path(path[:, [0, 2]], soles[..., [0, 2]], standing, steps)
    height = _heights(path[:, 1], soles[..., 1], standing)
    start = across[:1]
    return torch.stack([across[:, 0] - start[:, 0], height, across[:, 1] - start[:, 1]], dim=-1).float()


def _steadied(place: Float[Tensor, "frames 3"], fps: float) -> Float[Tensor, "frames 3"]:
    """The same directions from the camera at an averaged distance."""
    width = min(len(place), max(1, round(_DEPTH_WINDOW * fps))) | 1
    half = width // 2
    depth = functional.pad(place[:, 2][None, None], (half, half), mode="replicate")
    even = functional.avg_pool1d(depth, width, 1)[0, 0]
    return place * (even / place[:, 2])[:, None]


def _soles(pose: Pose) -> Float[Tensor, "frames 2 2 3"]:
    """Undersides of heel and ball of the left and right foot, from the pelvis, metres."""
    turned, places = forward_kinematics(pose.matrices().double(), rest_offsets().double(), PARENTS)
    points = floor_points()
    found = []
    for side in ("left", "right"):
        for part in _SOLE:
            row = points.row(f"{side}_{part}")
            joint = points.joints[row]
            carried = (turned[:, joint] @ points.centres[row].double()[:, None]).squeeze(-1)
            found.append(places[:, joint] + carried - torch.tensor([0.0, float(points.radii[row]), 0.0]))
    return torch.stack(found, dim=1).unflatten(1, (2, 2))


def _standing(keypoints: Keypoints, soles: Float[Tensor, "frames 2 2 3"], fps: float) -> Bool[Tensor, "frames 2"]:
    """Which feet stand: slow in the picture, and not higher than the other one."""
    count = len(keypoints)
    if count < 2:
        return torch.ones(count, 2, dtype=torch.bool)
    extents = [values[:, 11:29, :2].std(1).norm(dim=-1) for values in (keypoints.world, keypoints.points)]
    scale = extents[0] / extents[1]
    speeds = []
    for rows in _FEET.values():
        place = keypoints.points[:, list(rows), :2].mean(1)
        seconds = (keypoints.frame[1:] - keypoints.frame[:-1]).clamp_min(1) / fps
        step = (place[1:] - place[:-1]).norm(dim=-1) * scale[1:] / seconds
        speeds.append(torch.maximum(torch.cat([step[:1], step]), torch.cat([step, step[-1:]])))
    slow = torch.stack(speeds, dim=-1) < _STANDING
    lowest = soles[..., 1].amin(-1)
    return slow & (lowest <= lowest.amin(-1, keepdim=True) + _LOW)


def _path(
    path: Float[Tensor, "frames 2"],
    soles: Float[Tensor, "frames 2 2 2"],
    standing: Bool[Tensor, "frames 2"],
    steps: Float[Tensor, " gaps"],
) -> Float[Tensor, "frames 2"]:
    """Over the floor: near the path before the camera, unmoved where a foot stands; sparse least squares."""
    if len(path) < 2:
        return path
    feet = soles.mean(2)
    both = (standing[1:] & standing[:-1]).double() * _STAY
    wanted = path[1:] - path[:-1]
    foot_step = feet[1:] - feet[:-1]
    stay = both.sum(-1)
    total = _EVEN / 20 + stay
    moved = (wanted * _EVEN / 20 - (foot_step * both[..., None]).sum(1)) / total[:, None]
    weight = total / steps.clamp_min(1)

    def normal(values: Tensor) -> Tensor:
        made = _FOLLOW**2 * values
        change = (values[1:] - values[:-1]) * weight[:, None]
        made[1:] += change
        made[:-1] -= change
        return made

    right = _FOLLOW**2 * path
    push = moved * weight[:, None]
    right[1:] += push
    right[:-1] -= push
    return _conjugate_gradients(normal, right, path)


def _heights(
    height: Float[Tensor, " frames"], soles: Float[Tensor, "frames 2 2"], standing: Bool[Tensor, "frames 2"]
) -> Float[Tensor, " frames"]:
    """Soles of standing feet on the floor; between these the pelvis rises and falls as before the camera."""
    lowest = soles.amin((-1, -2))
    touch = standing.any(-1).double() * _TOUCH
    if not bool(touch.any()):
        return -lowest if len(height) == 1 else height - (height + lowest).amin()
    if len(height) < 2:
        return -lowest
    wanted = height[1:] - height[:-1]

    def normal(values: Tensor) -> Tensor:
        made = touch[:, None] * values
        change = values[1:] - values[:-1]
        made[1:] += change
        made[:-1] -= change
        return made

    right = (touch * -lowest)[:, None]
    right[1:] += wanted[:, None]
    right[:-1] -= wanted[:, None]
    found = _conjugate_gradients(normal, right, -lowest[:, None])[:, 0]
    return torch.maximum(found, -lowest)


def _conjugate_gradients(
    normal: Callable[[Tensor], Tensor], right: Float[Tensor, "n d"], start: Float[Tensor, "n d"]
) -> Float[Tensor, "n d"]:
    """Hestenes and Stiefel (1952), the columns side by side."""
    found = start.clone()
    rest = right - normal(found)
    way = rest.clone()
    size = rest.square().sum(0)
    for _ in range(_STEPS):
        if float(size.amax()) < 1e-12:
            break
        turned = normal(way)
        step = size / (way * turned).sum(0).clamp_min(1e-30)
        found = found + step * way
        rest = rest - step * turned
        after = rest.square().sum(0)
        way = rest + after / size.clamp_min(1e-30) * way
        size = after
    return found
