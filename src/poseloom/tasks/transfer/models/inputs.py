"""What generators get: a person's picture, where its joints are, and where they shall be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from poseloom.tasks.transfer.maps import MapKind, pose_maps
from poseloom.tasks.transfer.masks import published_mask

Picture = Float[Tensor, "batch 3 height width"]
_DPIG_RADIUS = 7


@dataclass(frozen=True, eq=False)
class TransferInputs:
    """A batch of questions.

    Args:
        source: pictures, -1 to 1.
        source_keypoints, target_keypoints: OpenPose's 18 joints, row and column in pixels of these pictures; -1 where
            missing.
    """

    source: Picture
    source_keypoints: Float[Tensor, "batch 18 2"]
    target_keypoints: Float[Tensor, "batch 18 2"]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.source.shape[-2], self.source.shape[-1]

    def reduced(self, height: int) -> TransferInputs:
        """The same in a smaller picture, of this height at the most."""
        if self.size[0] <= height:
            return self
        size = (height, max(1, round(self.size[1] * height / self.size[0])))
        share = self.source.new_tensor(size) / self.source.new_tensor(self.size)
        both = (self.source_keypoints, self.target_keypoints)
        points = [torch.where(one < 0, one, ((one + 0.5) * share - 0.5).clamp(min=0)) for one in both]
        return TransferInputs(functional.interpolate(self.source, size, mode="area"), *points)

    def target_map(self, kind: MapKind | str) -> Float[Tensor, "batch maps height width"]:
        """Map of the target pose."""
        return pose_maps(self.target_keypoints, self.size, kind)

    def both_maps(self, kind: MapKind | str) -> Float[Tensor, "batch maps height width"]:
        """Map of the source's pose, then that of the target's."""
        return torch.cat([pose_maps(self.source_keypoints, self.size, kind), self.target_map(kind)], dim=1)

    @property
    def person(self) -> Float[Tensor, "batch 1 height width"]:
        """Where the source shows the person, as DPIG takes it."""
        return published_mask(self.source_keypoints, self.size, _DPIG_RADIUS)


class Generator(Protocol):
    """What all generators can do, whatever they see of a pose."""

    config: Any

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """Pictures by the stage that made them, the last one being the answer; not clipped."""
        ...


FINAL = "generated"
"""Name of the last picture."""
COARSE = "coarse"
"""Name of stage 1's, where there are two."""
