"""Poses as they are compared: without heading, on the average free body, exactly symmetric."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import MIRROR, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose

CHUNK = 1024
"""Poses worked on at once: larger chunks leave the processor's cache and were measured half as fast."""


@lru_cache(maxsize=1)
def even_offsets() -> Float[Tensor, "52 3"]:
    """Bones of the free body made even: left and right differ by a millimetre, which search must not notice."""
    offsets = rest_offsets()
    return (offsets + offsets[list(MIRROR)] * offsets.new_tensor([-1.0, 1.0, 1.0])) / 2


def joints_of(pose: Pose) -> Float[Tensor, "poses 52 3"]:
    """Joints in metres, the pelvis at the origin; of poses with one leading axis and 52 joints."""
    return forward_kinematics(pose.matrices(), even_offsets(), PARENTS)[1]


def chunks_of(pose: Pose) -> Iterator[Pose]:
    """The rotations of poses alone, 52 joints, facing +Z, a chunk at a time: shapes and places do not count."""
    plain = Pose(pose.rotations.detach().to(torch.float32).cpu()).with_hands()
    for first in range(0, len(plain), CHUNK):
        yield plain[first : first + CHUNK].without_heading()
