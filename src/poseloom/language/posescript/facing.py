"""Whether a pose stands in the axes in which left, right, front and behind are measured."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.posecodes.values import ANKLE_BELOW_SHOULDERS
from poseloom.pose.joints import JOINT_INDEX

FACING = 0.7
"""Share of the line between shoulders and hips that must run along +x: within 45 degrees."""
UPRIGHT = 0.5
"""Height of the unit vector from pelvis to neck of an upright trunk: within 60 degrees of the vertical."""


def facing(joints: Float[Tensor, "poses joints 3"]) -> Bool[Tensor, "poses"]:
    """Whether a person faces +z and is upright, or bent over while standing on the feet.

    Of anybody else "in front of" and "to the left of" along the axes of the room say something that no reader
    expects: the feet of a person who lies on the back are not behind the head.
    """

    def at(name: str) -> Tensor:
        return joints[:, JOINT_INDEX[name]]

    aside = at("left_shoulder") - at("right_shoulder") + at("left_hip") - at("right_hip")
    ahead = aside[:, 0] > FACING * aside[:, ::2].norm(dim=-1)
    trunk = at("neck") - at("pelvis")
    upright = trunk[:, 1] > UPRIGHT * trunk.norm(dim=-1)
    shoulders = (at("left_shoulder")[:, 1] + at("right_shoulder")[:, 1]) / 2
    ankles = torch.maximum(at("left_ankle")[:, 1], at("right_ankle")[:, 1])
    return ahead & (upright | (ankles < shoulders - ANKLE_BELOW_SHOULDERS))
