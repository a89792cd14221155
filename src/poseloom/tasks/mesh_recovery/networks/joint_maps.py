"""Where the small network itself sees each joint, and what it sees there.

A map of each joint whose mean is its place (soft-argmax: Sun et al., Integral human pose regression, 2018), and the
features under that map (part attention: Kocabas et al., PARE, 2021).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.pose import BODY_JOINTS
from poseloom.tasks.mesh_recovery.networks.small_trunk import DEEP, LATE, LATE_SIDE

CELLS = LATE_SIDE**2
FEATURES = 24
"""Numbers that are told of what lies at a joint."""
TOLD = BODY_JOINTS * (FEATURES + 3)
"""Of each joint its place, how peaked its map is, and its features."""


class SeenJoints(NamedTuple):
    """Logarithms of the joints' maps, their places (the region reaches from -1 to 1, y down), and all that is told."""

    heat: Float[Tensor, "people 22 256"]
    places: Float[Tensor, "people 22 2"]
    told: Float[Tensor, "people told"]


class JointMaps(nn.Module):
    """A late and the last map of the trunk -> joints.

    Args:
        width: channels of the map in which they are looked for.
    """

    def __init__(self, width: int):
        super().__init__()
        self.late = nn.Conv2d(LATE, width, 1)
        self.deep = nn.Conv2d(DEEP, width, 1)
        self.each = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.mix = nn.Conv2d(width, width, 1)
        self.heat = nn.Conv2d(width, BODY_JOINTS, 1)
        self.features = nn.Linear(width, FEATURES)
        line = (torch.arange(LATE_SIDE) + 0.5) * (2 / LATE_SIDE) - 1
        grid = torch.stack([line.repeat(LATE_SIDE), line.repeat_interleave(LATE_SIDE)], dim=-1)
        self.register_buffer("grid", grid, persistent=False)

    def forward(self, late: Float[Tensor, "people 88 16 16"], deep: Float[Tensor, "people 288 8 8"]) -> SeenJoints:
        far = functional.interpolate(self.deep(deep), size=late.shape[-2:], mode="bilinear", align_corners=False)
        x = functional.relu(self.late(late) + far)
        x = functional.relu(x + self.mix(functional.relu(self.each(x))))
        heat = self.heat(x).flatten(2).log_softmax(dim=-1)
        share = heat.exp()
        places = share @ self.grid
        peak = share.amax(-1, keepdim=True)
        features = self.features(share @ x.flatten(2).mT)
        return SeenJoints(heat, places, torch.cat([places, peak, features], dim=-1).flatten(1))
