"""Poses of people in drawn pictures: captured, sampled, and wild mixtures of both in any attitude."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.formats.mocap_npz import read_mocap_selection
from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_NAMES
from poseloom.pose.ranges import clip_to_ranges
from poseloom.pose.sampler import sample
from poseloom.tasks.common.examples import read_poses

WILD, CAPTURED = 0.2, 0.5
"""Shares of wild mixtures, and of captured poses where there are any; the rest is sampled."""
_NOISE = 0.12
"""Radians, of the joints of wild poses."""
_TILTED = 0.6
"""Share of wild poses whose whole body is turned over."""
_TILT = math.radians(50)
_UPSIDE_DOWN = 0.15
"""Share of those in any attitude at all."""
_LIMBS = ("collar", "shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "foot")


def varied_poses(count: int, seed: int, captured: Float[Tensor, "poses 22 3"] | None = None) -> Float[Tensor, "n 52 3"]:
    """Axis-angle rotations of people as pictures may show them, with hands.

    Args:
        count: count of poses.
        seed: the same seed gives the same poses.
        captured: body poses of motion capture to draw from; none if None.
    """
    generator = torch.Generator().manual_seed(seed)
    sampled = sample(3 * count, seed).rotations
    own, hands = sampled[:count], sampled[count : 2 * count, BODY_JOINTS:]
    if captured is not None and len(captured):
        real = captured[torch.randint(len(captured), (count,), generator=generator)]
        chosen = torch.rand(count, generator=generator) < CAPTURED / (1 - WILD)
        own[chosen] = torch.cat([real, hands], dim=1)[chosen]
    wild = _wild(own, sampled[2 * count :], generator)
    is_wild = torch.rand(count, generator=generator) < WILD
    own = torch.where(is_wild[:, None, None], wild, own)
    flipped = torch.rand(count, generator=generator) < 0.5
    return torch.where(flipped[:, None, None], Pose(own).mirror().rotations, own)


def _wild(
    poses: Float[Tensor, "n 52 3"], others: Float[Tensor, "n 52 3"], generator: torch.Generator
) -> Float[Tensor, "n 52 3"]:
    """Each limb of another pose, shaken, and the whole body turned."""
    count = len(poses)
    mixed = poses.clone()
    pool = torch.cat([poses, others])
    for parts in _LIMBS:
        for side in ("left", "right"):
            joints = [JOINT_NAMES.index(f"{side}_{part}") for part in parts]
            mixed[:, joints] = pool[torch.randint(len(pool), (count,), generator=generator)][:, joints]
    mixed[:, 1:BODY_JOINTS] += torch.randn(count, BODY_JOINTS - 1, 3, generator=generator) * _NOISE
    mixed = clip_to_ranges(Pose(mixed)).rotations
    axis = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=-1)
    angle = torch.randn(count, generator=generator) * _TILT
    anyhow = torch.rand(count, generator=generator) < _UPSIDE_DOWN
    angle = torch.where(anyhow, torch.rand(count, generator=generator) * math.pi, angle)
    angle = angle * (torch.rand(count, generator=generator) < _TILTED)
    turned = rot.rotvec_to_rotmat(axis * angle[:, None]) @ rot.rotvec_to_rotmat(mixed[:, 0])
    mixed[:, 0] = rot.rotmat_to_rotvec(turned)
    return mixed


def captured_poses(path: Path) -> Float[Tensor, "poses 22 3"]:
    """Body poses of a motion file to draw from, half of the draws from its most different poses, where it names them.

    Raises:
        FileError: it cannot be read.
    """
    every = read_poses(path, keep_order=True).rotations
    good = read_poses(path).rotations
    if path.suffix != ".npz":
        return good
    order = read_mocap_selection(path).order
    if not len(order):
        return good
    different = every[torch.from_numpy(order)]
    return torch.cat([good, different.repeat(max(1, round(len(good) / len(different))), 1, 1)])
