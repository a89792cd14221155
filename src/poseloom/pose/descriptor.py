"""Embeddings of poses: what an index asks of one, and the geometric descriptor that needs no training."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.comparison import chunks_of, joints_of
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.types import Pose

Vectors = Float[np.ndarray, "rows dimensions"]


class Embedder(Protocol):
    """Turns poses into vectors that are close (in angle) for poses that are alike."""

    @property
    def name(self) -> str:
        """Kept in the index: a query must be embedded by the same one."""
        ...

    @property
    def dimensions(self) -> int: ...

    def __call__(self, pose: Pose) -> Vectors:
        """Vectors of length one, float32."""
        ...


_SIDED = ("shoulder", "elbow", "wrist", "knee", "ankle", "foot")
_PLACES = ("spine3", "neck", "head", *(f"{side}_{part}" for side in ("left", "right") for part in _SIDED))
_LIMBS = (
    ("pelvis", "neck"),
    ("neck", "head"),
    *(
        (f"{side}_{start}", f"{side}_{end}")
        for side in ("left", "right")
        for start, end in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("wrist", "middle1"),
            ("hip", "knee"),
            ("knee", "ankle"),
            ("ankle", "foot"),
        )
    ),
)
_TIPS = tuple(f"{side}_{finger}3" for side in ("left", "right") for finger in ("thumb", "index", "ring"))

_METRES = 0.35
"""Distance of a joint that weighs as much as a limb turned by one radian."""
_FINGER_METRES = 0.35
"""The same for finger tips relative to the wrist: fingers count little beside limbs."""
_HEIGHT_METRES = 0.25
"""The same for the pelvis above the lowest joint."""


def _indices(names: tuple[str, ...]) -> list[int]:
    return [JOINT_INDEX[name] for name in names]


class GeometricDescriptor:
    """Where joints are and where limbs point, seen from the pelvis, whatever the heading.

    112 numbers: 15 joints relative to the pelvis, the directions of 14 limbs, the axes of the pelvis (left, front),
    6 finger tips relative to their wrists, the height of the pelvis above the lowest joint; divided by their length.
    The descriptor of a mirrored pose has the same numbers on the other side with the sign of x turned.
    """

    name = "geometric-1"
    dimensions = 112

    def __call__(self, pose: Pose) -> Vectors:
        """Vectors of poses with one leading axis."""
        parts = [self.of_joints(joints_of(chunk)) for chunk in chunks_of(pose)]
        return torch.cat(parts).numpy() if parts else np.zeros((0, self.dimensions), np.float32)

    def of_joints(self, joints: Float[Tensor, "poses 52 3"]) -> Float[Tensor, "poses 112"]:
        """The same from joints with the pelvis at the origin and the heading taken away."""
        starts, ends = (_indices(tuple(limb[end] for limb in _LIMBS)) for end in (0, 1))
        limbs = torch.nn.functional.normalize(joints[:, ends] - joints[:, starts], dim=-1)
        wrists = _indices(tuple(f"{tip.split('_')[0]}_wrist" for tip in _TIPS))
        tips = (joints[:, _indices(_TIPS)] - joints[:, wrists]) / _FINGER_METRES
        left, right, spine = (joints[:, JOINT_INDEX[name]] for name in ("left_hip", "right_hip", "spine2"))
        across = torch.nn.functional.normalize(left - right, dim=-1)
        up = spine - (left + right) / 2
        front = torch.nn.functional.normalize(torch.linalg.cross(across, up), dim=-1)
        height = (joints[:, 0, 1] - joints[..., 1].amin(-1)) / _HEIGHT_METRES
        places = joints[:, _indices(_PLACES)] / _METRES
        parts = [part.flatten(1) for part in (places, limbs, tips, across, front)]
        return torch.nn.functional.normalize(torch.cat([*parts, height[:, None]], dim=1), dim=-1)
