"""Hands stop at surfaces: paths of both wrists are changed where a hand would go into the body or the other hand.

A hand follows its path as long as that is free. Where it is not, the hand goes on towards it in small steps and is set
back to the surface after each, so that it stops there or slides along, and never comes out on the other side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.signer.hand_spheres import sphere_radii
from poseloom.signer.shoulders import PER_SIDE
from poseloom.signer.trunk import TrunkSampler, trunk_distance, trunk_slope

TOLERANCE = 0.003
"""Metres that spheres may lie within something: skin gives way."""
_STEP = 0.02
"""Metres between two looks at what is in the way."""
_MOST_STEPS = 6
_ROUNDS = 2
_BACK = 1e-3
"""Metres from its own path at which a hand is back on it."""
_SMOOTHING = 1.2
"""Frames, standard deviation: of the way that a hand is off its path."""


class Meeting(IntEnum):
    """How two hands may come to each other."""

    FREE = 0
    """In any way: fingers interlock."""
    APART = 1
    """They keep out of each other."""
    MIRRORED = 2
    """Each keeps on its own side of the midplane."""


@dataclass(frozen=True, eq=False)
class TwoHands:
    """Both hands over time, left and right, as spheres around the wrists.

    Args:
        spheres: from the wrists, in the world's axes, metres.
        meeting: values of `Meeting`.
        gives_way: share of a collision of the two that each hand makes up for.
    """

    spheres: Float[Tensor, "frames 2 spheres 3"]
    meeting: Int[Tensor, " frames"]
    gives_way: Float[Tensor, "frames 2"]


def kept_clear(points: Float[Tensor, "frames 2 3"], hands: TwoHands) -> Float[Tensor, "frames 2 3"]:
    """Wrists whose hands are outside the trunk and outside each other; the same tensor where they are already."""
    blocked = _blocked(points, hands)
    if not bool(blocked.any()):
        return points
    slid = torch.from_numpy(_slide(points.numpy(), hands, blocked.numpy()))
    moved = points + smooth_over_time(slid - points)
    for _ in range(_ROUNDS):
        moved = _set_back(moved, hands)
    return moved


def _blocked(points: Tensor, hands: TwoHands) -> Tensor:
    """Frames in which a hand is inside something."""
    at = points[:, :, None] + hands.spheres
    radii = sphere_radii() - TOLERANCE
    found = ((radii - trunk_distance(at)) > 0).any(-1).any(-1)
    apart = hands.meeting == Meeting.APART
    if bool(apart.any()):
        inside = radii[:, None] + radii - torch.cdist(at[:, 0], at[:, 1]) > 0
        found = found | (apart & inside.any(-1).any(-1))
    over = (radii - at[..., 0] * PER_SIDE[:, None] > 0).any(-1).any(-1)
    return found | ((hands.meeting == Meeting.MIRRORED) & over)


def _set_back(points: Tensor, hands: TwoHands) -> Tensor:
    """All frames at once, once: out of the trunk and back over the midplane."""
    at = points[:, :, None] + hands.spheres
    radii = sphere_radii() - TOLERANCE
    depth, worst = (radii - trunk_distance(at)).max(-1)
    inside = depth > 0
    if bool(inside.any()):
        deepest = at.gather(2, worst[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
        points = points + (depth * inside)[..., None] * trunk_slope(deepest)
    over = (radii - (points[:, :, None] + hands.spheres)[..., 0] * PER_SIDE[:, None]).amax(-1).clamp_min(0)
    over = over * (hands.meeting == Meeting.MIRRORED)[:, None]
    return points + over[..., None] * PER_SIDE[:, None] * torch.tensor([1.0, 0.0, 0.0])


def _slide(points: np.ndarray, hands: TwoHands, blocked: np.ndarray) -> np.ndarray:
    found = points.copy()
    spheres, meeting, gives_way = (each.numpy() for each in (hands.spheres, hands.meeting, hands.gives_way))
    sampler, radii = TrunkSampler(), (sphere_radii() - TOLERANCE).numpy()
    at, on_path = points[0].copy(), True
    for frame in range(len(points)):
        if on_path and not blocked[frame]:
            at = points[frame].copy()
            continue
        steps = min(max(1, math.ceil(float(np.abs(points[frame] - at).max()) / _STEP)), _MOST_STEPS)
        for step in range(steps):
            at = at + (points[frame] - at) / (steps - step)
            for _ in range(_ROUNDS):
                at = _out(at, spheres[frame], radii, sampler)
                if meeting[frame] == Meeting.MIRRORED:
                    at = _on_own_side(at, spheres[frame], radii)
                elif meeting[frame] == Meeting.APART:
                    at = _apart(at, spheres[frame], radii, gives_way[frame])
        found[frame] = at
        on_path = bool(np.abs(at - points[frame]).max() < _BACK)
    return found


def _out(at: np.ndarray, spheres: np.ndarray, radii: np.ndarray, sampler: TrunkSampler) -> np.ndarray:
    """Both wrists moved so that the deepest sphere of each hand comes out of the trunk."""
    middles = at[:, None] + spheres
    distance, normal = sampler.sample(middles.reshape(-1, 3))
    depth = radii - distance.reshape(2, -1)
    worst = depth.argmax(-1)
    sides = np.arange(2)
    depths = np.maximum(depth[sides, worst], 0)
    return at + depths[:, None] * normal.reshape(2, -1, 3)[sides, worst]


_SIGNS = PER_SIDE.numpy()


def _on_own_side(at: np.ndarray, spheres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    over = (radii - (at[:, None, 0] + spheres[..., 0]) * _SIGNS[:, None]).max(-1)
    at = at.copy()
    at[:, 0] += np.maximum(over, 0) * _SIGNS
    return at


def _apart(at: np.ndarray, spheres: np.ndarray, radii: np.ndarray, gives_way: np.ndarray) -> np.ndarray:
    """Both wrists moved along the line between the two spheres that lie deepest in each other."""
    middles = at[:, None] + spheres
    between = middles[0][:, None] - middles[1][None]
    distance = np.sqrt((between**2).sum(-1))
    depth = radii[:, None] + radii[None] - distance
    left, right = np.unravel_index(depth.argmax(), depth.shape)
    if depth[left, right] <= 0:
        return at
    away = between[left, right] / max(float(distance[left, right]), 1e-6) * depth[left, right]
    return at + np.stack([away * gives_way[0], -away * gives_way[1]])


def smooth_over_time(offsets: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames 2 3"]:
    """Gaussian over time."""
    radius = math.ceil(3 * _SMOOTHING)
    steps = torch.arange(-radius, radius + 1, dtype=offsets.dtype)
    kernel = torch.exp(-0.5 * (steps / _SMOOTHING) ** 2)
    rows = offsets.flatten(1).T[:, None]
    padded = torch.nn.functional.pad(rows, (radius, radius), mode="replicate")
    smooth = torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T
    return smooth.reshape(offsets.shape)
