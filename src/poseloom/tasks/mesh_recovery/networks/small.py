"""poseloom's own small network: the maps of the photo reader's body network -> a body, and how sure each part of it is.

The reader's network has seen many real people; its trunk stays as it is. A lifter says what the landmarks alone tell;
what is learned besides is how the trunk's last map, and what its finest map holds at each landmark, correct that, and
tell shape and camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.nn.layers.residual import ResidualMLP
from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.tasks.keypoints.body import POINTS
from poseloom.tasks.lifting.frame import INPUTS
from poseloom.tasks.lifting.model import Lifter, LifterConfig, LifterOutput

SMALL = "small"
DEEP, DEEP_SIDE = 288, 2
"""Channels of the trunk's last map, and its side as it is read: the means of its quarters."""
FINE = 48
"""Channels of its finest map."""
PHENOTYPES = 6
_SIZES = (6 * BODY_JOINTS, 3 * BODY_JOINTS, 2 * BODY_JOINTS, PHENOTYPES, 3)
_LEAST, _MOST = -5.0, 1.0
"""Logarithms of the smallest and the greatest error that is foreseen, in metres and radians."""
_LEAST_SPREAD = 0.05
_FIRST = 1e-3
"""Spread of the first weights of the last layer, so that a network begins with what its lifter says."""
_USUAL_SCALE = 0.8
"""Of a person's region, what a metre is at a usual distance."""


@dataclass(frozen=True)
class SmallConfig:
    """Sizes of the learned part.

    Args:
        width: width of the hidden vectors.
        blocks: number of residual blocks.
        dropout: share of hidden units that rest in training.
        resting: share of what the maps say that rests in training; of the landmarks a quarter of it.
        lifter: sizes of the lifter with which it begins.
    """

    width: int = within(512, 1, 8192)
    blocks: int = within(3, 0, 64)
    dropout: float = within(0.2, 0, 0.9)
    resting: float = within(0.1, 0, 0.9)
    lifter: LifterConfig = field(default_factory=LifterConfig)


@dataclass(frozen=True, eq=False)
class Maps:
    """What the network reads of people whose regions were cut out.

    Args:
        deep: the means of the quarters of the trunk's last map.
        fine: what its finest map holds at each landmark.
        numbers: landmarks as the lifter sees them (see `poseloom.tasks.lifting.frame`).
    """

    deep: Float[Tensor, "people 288 2 2"]
    fine: Float[Tensor, "people 33 48"]
    numbers: Float[Tensor, "people 266"]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Tensor | slice) -> Maps:
        return Maps(*(getattr(self, one.name)[rows] for one in fields(self)))


def joined_maps(parts: Sequence[Maps]) -> Maps:
    """Several batches as one."""
    return Maps(*(torch.cat([getattr(part, one.name) for part in parts]) for one in fields(Maps)))


class SmallOutput(NamedTuple):
    """A body in the axes of the person's region.

    Fields: local rotations (the root's in those axes), joints from the pelvis in metres on the average body, the mean
    error that is foreseen for each joint's place in metres and for each local rotation in radians, phenotypes in
    [0, 1], and the weak-perspective camera of the average body in the region, whose side is 2 (scale, x, y; y down).
    """

    local: Float[Tensor, "people 22 3 3"]
    joints: Float[Tensor, "people 22 3"]
    place_error: Float[Tensor, "people 22"]
    turn_error: Float[Tensor, "people 22"]
    shape: Float[Tensor, "people 6"]
    weak: Float[Tensor, "people 3"]


class SmallNetwork(nn.Module):
    """The learned part. It begins with what its lifter says."""

    def __init__(self, config: SmallConfig):
        super().__init__()
        self.resting = config.resting
        self.lifter = Lifter(config.lifter)
        inputs = DEEP * DEEP_SIDE**2 + POINTS * FINE + INPUTS + sum(_SIZES[:3])
        self.body = ResidualMLP(inputs, sum(_SIZES), config.width, config.blocks, config.dropout)
        nn.init.normal_(self.body.leave[-1].weight, std=_FIRST)
        nn.init.zeros_(self.body.leave[-1].bias)
        for name, count in (("deep", DEEP * DEEP_SIDE**2), ("fine", POINTS * FINE)):
            self.register_buffer(f"{name}_mean", torch.zeros(count))
            self.register_buffer(f"{name}_spread", torch.ones(count))

    def measure(self, seen: Maps) -> None:
        """Take over means and spreads of what is seen."""
        for name in ("deep", "fine"):
            values = getattr(seen, name).float().flatten(1)
            getattr(self, f"{name}_mean").copy_(values.mean(0))
            getattr(self, f"{name}_spread").copy_(values.std(0).clamp_min(_LEAST_SPREAD))

    def forward(self, seen: Maps) -> SmallOutput:
        lifted: LifterOutput = self.lifter(seen.numbers)
        told = rot.rotmat_to_sixd(lifted.local).flatten(1), lifted.joints, lifted.place_error, lifted.turn_error
        made = self.body(self._inputs(seen, torch.cat([told[0], *(one.flatten(1) for one in told[1:])], dim=-1)))
        turns, places, errors, shape, weak = made.split(_SIZES, dim=-1)
        spread = errors.unflatten(-1, (2, BODY_JOINTS))
        foreseen = torch.stack(told[2:], dim=1).log() + spread
        place_error, turn_error = foreseen.clamp(_LEAST, _MOST).exp().unbind(1)
        return SmallOutput(
            rot.sixd_to_rotmat((told[0] + turns).unflatten(-1, (BODY_JOINTS, 6))),
            lifted.joints + places.unflatten(-1, (BODY_JOINTS, 3)),
            place_error,
            turn_error,
            shape.sigmoid(),
            torch.cat([weak[:, :1].clamp(-3, 3).exp() * _USUAL_SCALE, weak[:, 1:]], dim=-1),
        )

    def _inputs(self, seen: Maps, told: Tensor) -> Tensor:
        deep = (seen.deep.float().flatten(1) - self.deep_mean) / self.deep_spread
        fine = (seen.fine.float().flatten(1) - self.fine_mean) / self.fine_spread
        numbers = (seen.numbers - self.lifter.mean) / self.lifter.spread
        parts = ((deep, self.resting), (fine, self.resting), (numbers, self.resting / 4), (told, self.resting / 4))
        return torch.cat([functional.dropout(one, share, self.training) for one, share in parts], dim=-1)
