"""`JointTracks`: where the points of a person are over time, without rotations. `poseloom.fitting` finds those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError


@dataclass(frozen=True, eq=False)
class JointTracks:
    """Points of one person over time.

    Args:
        names: what each point is, in the words of `poseloom.pose.keypoints` (``left_hip``, ``spine_1``, ``nose``).
        positions: metres in our axes (see `poseloom.pose.types`); what stands under a missing point means nothing.
        weights: 0 where a point is missing, up to 1 where it is sure.
        depth: how far z is to be trusted beside x and y: 1 for measured points, 0 for those of a flat picture.
        fps: frames a second.
        name: what to call it, usually the file's stem.
        notes: what the reader found worth keeping: JSON-like values.

    Raises:
        PoseloomError: shapes that do not belong together, or a seen point that is not finite.
    """

    names: tuple[str, ...]
    positions: Float[Tensor, "frames points 3"]
    weights: Float[Tensor, "frames points"]
    depth: float = 1.0
    fps: float = 30.0
    name: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = tuple(self.positions.shape)
        if len(shape) != 3 or shape[1:] != (len(self.names), 3) or tuple(self.weights.shape) != shape[:2]:
            raise PoseloomError(
                f"JointTracks: expected positions (frames, {len(self.names)}, 3) and weights (frames, "
                f"{len(self.names)}), got {shape} and {tuple(self.weights.shape)}"
            )
        if not torch.isfinite(self.positions[self.weights > 0]).all():
            raise PoseloomError("JointTracks.positions: holds NaN or infinity; give missing points the weight 0")
        if not 0 < self.fps < float("inf"):
            raise PoseloomError(f"JointTracks.fps: expected a positive number of frames a second, got {self.fps}")

    def __len__(self) -> int:
        return len(self.positions)
