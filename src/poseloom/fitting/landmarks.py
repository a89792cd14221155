"""Which points of the body the names of keypoints mean: its joints, and points fixed to them (`landmarks.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.pose.joints import JOINT_INDEX, other_side

_FILE = Path(__file__).with_name("landmarks.json")


@dataclass(frozen=True)
class Landmark:
    """A point of the body.

    Args:
        joint: index of the joint that carries it.
        offset: metres from the joint, in its axes, on the average body; zero for the joint itself.
        weight: how exactly detectors mean this point.
    """

    joint: int
    offset: tuple[float, float, float]
    weight: float

    @property
    def is_joint(self) -> bool:
        """Whether the point is the joint itself, named by a body model."""
        return self.offset == (0.0, 0.0, 0.0)


@lru_cache(maxsize=1)
def landmarks() -> dict[str, Landmark]:
    """By the names of `poseloom.pose.keypoints`.

    Raises:
        FileError: the table is damaged.
    """
    known = {keypoint_name(joint): Landmark(index, (0.0, 0.0, 0.0), 1.0) for joint, index in JOINT_INDEX.items()}
    for name, row in entry(_FILE, read_table(_FILE), "points", dict).items():
        joint, offset = entry(_FILE, row, "joint", str, name), entry(_FILE, row, "offset", list, name)
        weight = entry(_FILE, row, "weight", int | float, name)
        if joint not in JOINT_INDEX or len(offset) != 3:
            raise FileError(_FILE, f"expected a joint and three numbers, got {joint!r} and {offset}", field=name)
        x, y, z = (float(value) for value in offset)
        known[name] = Landmark(JOINT_INDEX[joint], (x, y, z), float(weight))
        if name.startswith("left_"):
            known[other_side(name)] = Landmark(JOINT_INDEX[other_side(joint)], (-x, y, z), float(weight))
    return known


def offsets_of(points: list[Landmark]) -> Float[Tensor, "points 3"]:
    """Offsets of several landmarks from their joints, metres."""
    return torch.tensor([point.offset for point in points], dtype=torch.float64).reshape(-1, 3)


def keypoint_name(joint: str) -> str:
    """Name of a joint as `keypoints.json` spells it: ``spine1`` -> ``spine_1``, ``left_index1`` -> ``left_index_1``."""
    return f"{joint[:-1]}_{joint[-1]}" if joint[-1].isdigit() else joint
