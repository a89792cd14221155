"""Clips of exercises made from the stances: to and fro between two of them, with noise, and walks."""

from __future__ import annotations

import math
from itertools import pairwise

import torch

from poseloom.pose import Clip, Pose
from poseloom.pose.blend import blend
from poseloom.pose.contact import ground
from poseloom.pose.stances import stance


def repeated(
    base: str,
    peak: str,
    count: int,
    period: float = 2.0,
    *,
    fps: float = 30.0,
    noise: float = 0.02,
    rest: float = 0.5,
    depth: tuple[float, ...] = (),
    in_turn: bool = False,
    seed: int = 0,
) -> Clip:
    """So many times from one stance to another and back; each takes a little more or less than `period` seconds.

    Args:
        depth: how far each repetition goes, 1 for all the way.
        in_turn: every second one is mirrored.
    """
    generator = torch.Generator().manual_seed(seed)
    still = torch.zeros(round(rest * fps))
    weights, mirrored = [still], [still]
    for number in range(count):
        jitter = 1 + 0.15 * (2 * torch.rand(1, generator=generator).item() - 1)
        frames = round(period * jitter * fps)
        far = depth[number] if depth else 1 - 0.1 * torch.rand(1, generator=generator).item()
        weights.append(far * 0.5 * (1 - torch.cos(2 * math.pi * torch.arange(frames) / frames)))
        mirrored.append(torch.full((frames,), float(in_turn and number % 2)))
    weight, mirror = torch.cat([*weights, still]), torch.cat([*mirrored, still]) > 0
    ways = [blend(stance(base), stance(peak, mirrored=side), weight).rotations for side in (False, True)]
    rotations = torch.where(mirror[:, None, None], ways[1], ways[0])
    rotations = rotations + noise * torch.randn(rotations.shape, generator=generator)
    return Clip(ground(Pose(rotations)), fps)


def cut(clip: Clip, start: float, end: float) -> Clip:
    """Without so many seconds at the start and at the end."""
    return clip[round(start * clip.fps) : len(clip) - round(end * clip.fps)]


def walk(steps: int, period: float = 0.55, *, length: float = 0.65, fps: float = 30.0, turn: float = 0.0) -> Clip:
    """From standing so many steps forward, the left foot first, and one that brings the feet together again.

    Args:
        turn: degrees to the left on the way.
    """
    stride = stance("walking stride (left forward)"), stance("walking stride (left forward)", mirrored=True)
    passing = (
        stance("walking, passing (standing on left)"),
        stance("walking, passing (standing on left)", mirrored=True),
    )
    poses = [stance("stand")]
    for number in range(steps):
        poses += [passing[1 - number % 2], stride[number % 2]]
    poses += [stance("stand")]
    between = round(period * fps / 2)
    weight = torch.arange(between) / between
    parts = [blend(a, b, weight) for a, b in pairwise(poses)]
    rotations = torch.cat([part.rotations for part in parts])
    pose = ground(Pose(rotations))
    assert pose.translation is not None
    along = torch.linspace(0, steps * length, len(rotations))
    place = torch.stack([torch.zeros_like(along), pose.translation[:, 1], along], dim=1)
    made = Clip(Pose(rotations, translation=place), fps)
    return _turning(made, turn) if turn else made


def _turning(clip: Clip, degrees: float) -> Clip:
    from poseloom.pose.rotations import axis_to_rotmat

    assert clip.pose.translation is not None
    share = torch.linspace(0, math.radians(degrees), len(clip))
    turns = axis_to_rotmat(share, "Y")
    step = torch.diff(clip.pose.translation, dim=0, prepend=clip.pose.translation[:1])
    turned = (turns @ step[..., None])[..., 0]
    moved = torch.cumsum(turned, 0) + clip.pose.translation[:1]
    matrices = clip.pose.matrices().clone()
    matrices[:, 0] = turns @ matrices[:, 0]
    return Clip(Pose.from_matrices(matrices, translation=moved), clip.fps)
