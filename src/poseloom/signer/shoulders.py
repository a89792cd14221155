"""Bones of the signer's arms and where they hang: the free body's, the left ones the mirror image of the right ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer.frames import SIDES

FULLEST_REACH = 0.985
"""Share of the arm's length up to which it stretches; the elbow never locks."""
SHORTEST_REACH = 0.158
"""Metres: the wrist comes no nearer to the shoulder; the elbow is bent by 148 degrees there."""
PER_SIDE = torch.tensor([1.0, -1.0])
"""Sign of the axis to the left, for left and right."""


@dataclass(frozen=True, eq=False)
class ArmBones:
    """Metres; points from the pelvis of the body at rest."""

    shoulders: Float[Tensor, "2 3"]
    collars: Float[Tensor, "2 3"]
    upper: float
    lower: float

    @property
    def longest(self) -> float:
        """How far the wrist comes from the shoulder."""
        return FULLEST_REACH * (self.upper + self.lower)


@lru_cache(maxsize=1)
def arm_bones() -> ArmBones:
    """Of the average free body. It is symmetric to a millimetre; here both sides are the mean of the two."""
    offsets = rest_offsets()
    upper, lower = (
        float(torch.stack([offsets[JOINT_INDEX[f"{side}_{name}"], 0].abs() for side in SIDES]).mean())
        for name in ("elbow", "wrist")
    )
    return ArmBones(_mirrored_pair("shoulder"), _mirrored_pair("collar"), upper, lower)


def _mirrored_pair(name: str) -> Float[Tensor, "2 3"]:
    points = torch.stack([_at_rest(JOINT_INDEX[f"{side}_{name}"]) for side in SIDES])
    flip = torch.tensor([-1.0, 1.0, 1.0])
    left = (points[0] + points[1] * flip) / 2
    return torch.stack([left, left * flip])


def _at_rest(joint: int) -> Float[Tensor, "3"]:
    point = torch.zeros(3)
    while joint > 0:
        point = point + rest_offsets()[joint]
        joint = PARENTS[joint]
    return point


def shoulder_points() -> Float[Tensor, "2 3"]:
    """Left and right shoulder joint of the standing body, metres from the pelvis."""
    return arm_bones().shoulders


@lru_cache(maxsize=1)
def chest_origin() -> Float[Tensor, "3"]:
    """The middle between the shoulders, from which places are counted, metres from the pelvis."""
    return arm_bones().shoulders.mean(0)


def within_reach(point: Float[Tensor, "3"], side: str) -> Float[Tensor, "3"]:
    """The nearest point that the wrist of a side can come to."""
    shoulder = arm_bones().shoulders[SIDES.index(side)]
    line = point - shoulder
    distance = float(line.norm())
    allowed = min(max(distance, SHORTEST_REACH), arm_bones().longest)
    return point if allowed == distance else shoulder + line * (allowed / max(distance, 1e-9))
