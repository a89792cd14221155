"""A residual perceptron: landmarks -> local rotations, joints, and how far off both may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.nn.layers.residual import ResidualMLP
from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.tasks.lifting.frame import INPUTS

_ROTATIONS, _PLACES = 6 * BODY_JOINTS, 3 * BODY_JOINTS
_LEAST, _MOST = -5.0, 1.0
"""Logarithms of the smallest and the greatest error that is foreseen, in metres and radians."""
_TYPICAL = -2.0


@dataclass(frozen=True)
class LifterConfig:
    """Sizes of the model.

    Args:
        width: width of the hidden vectors.
        blocks: number of residual blocks.
        dropout: share of hidden units that rest in training.
    """

    width: int = within(512, 1, 8192)
    blocks: int = within(5, 0, 64)
    dropout: float = within(0.2, 0, 0.9)


class LifterOutput(NamedTuple):
    """What the model says, in the axes of the person's region (see `frame`).

    Fields: local rotations (the root's in those axes), joints from the pelvis in metres on the average body, mean
    error of each joint's place in metres, and of each local rotation in radians.
    """

    local: Float[Tensor, "people 22 3 3"]
    joints: Float[Tensor, "people 22 3"]
    place_error: Float[Tensor, "people 22"]
    turn_error: Float[Tensor, "people 22"]


class Lifter(nn.Module):
    """The network."""

    def __init__(self, config: LifterConfig):
        super().__init__()
        outputs = _ROTATIONS + _PLACES + 2 * BODY_JOINTS
        self.body = ResidualMLP(INPUTS, outputs, config.width, config.blocks, config.dropout)
        self.register_buffer("mean", torch.zeros(INPUTS))
        self.register_buffer("spread", torch.ones(INPUTS))

    def measure(self, numbers: Float[Tensor, "people 266"]) -> None:
        """Take over means and spreads of what is seen."""
        self.mean.copy_(numbers.mean(0))
        self.spread.copy_(numbers.std(0).clamp_min(0.05))

    def forward(self, numbers: Float[Tensor, "people 266"]) -> LifterOutput:
        made = self.body((numbers - self.mean) / self.spread)
        turns, places, errors = made.split([_ROTATIONS, _PLACES, 2 * BODY_JOINTS], dim=-1)
        unit = turns.new_tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
        sixd = turns.unflatten(-1, (BODY_JOINTS, 6)) + unit
        spread = (errors + _TYPICAL).clamp(_LEAST, _MOST).exp().unflatten(-1, (2, BODY_JOINTS))
        return LifterOutput(
            rot.sixd_to_rotmat(sixd), places.unflatten(-1, (BODY_JOINTS, 3)), spread[:, 0], spread[:, 1]
        )
