"""How people hold their joints, where points leave it open: means and spreads of captured motion."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, other_side

_FILE = Path(__file__).with_name("pose_prior.json")
_SMALLEST = 0.04
"""Radians: no axis is held more firmly than this spread."""


@lru_cache(maxsize=1)
def pose_prior() -> tuple[Float[Tensor, "22 3 3"], Float[Tensor, "22 3"]]:
    """Mean local rotations, and spreads about their axes in radians; infinite for the pelvis.

    Raises:
        FileError: the table is damaged.
    """
    mean = torch.zeros(BODY_JOINTS, 3, dtype=torch.float64)
    spread = torch.full((BODY_JOINTS, 3), torch.inf, dtype=torch.float64)
    mirrored = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)
    for name, row in entry(_FILE, read_table(_FILE), "joints", dict).items():
        own = torch.tensor(entry(_FILE, row, "mean", list, name), dtype=torch.float64)
        about = torch.tensor(entry(_FILE, row, "spread", list, name), dtype=torch.float64).clamp_min(_SMALLEST)
        mean[JOINT_INDEX[name]], spread[JOINT_INDEX[name]] = own, about
        other = JOINT_INDEX[other_side(name)]
        if other != JOINT_INDEX[name]:
            mean[other], spread[other] = own * mirrored, about
    return rot.rotvec_to_rotmat(mean), spread
