"""Joints and surface of a body that wears a model's poses: what the published reconstruction losses and errors see."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.body import default_body
from poseloom.pose.types import Pose

_POSES_AT_ONCE = 512
"""Of 6,890 vertices: 42 MB of numbers."""


@dataclass(frozen=True)
class Surface:
    """Points of posed bodies, metres, in the axes of the poses.

    Args:
        joints: in SMPL-H order.
        vertices: points of the skin, metres.
    """

    joints: Float[Tensor, "batch joints 3"]
    vertices: Float[Tensor, "batch vertices 3"]


class Wearer:
    """One body of average shape, without translation.

    It is no module: its numbers are in a file of their own, and in no checkpoint.

    Args:
        path: a model file of SMPL-H, as published; the free body where it is empty.

    Raises:
        FileError: the file cannot be read.
    """

    def __init__(self, path: str = ""):
        self._body: Any
        if path:
            from poseloom.body.smpl import SmplBody

            self._body = SmplBody.load(Path(path))
        else:
            self._body = copy.deepcopy(default_body("preview"))
        self._device = torch.device("cpu")

    def __call__(self, rotations: Float[Tensor, "batch joints 3"]) -> Surface:
        """Axis-angle poses, radians -> the body that wears them; gradients flow through."""
        if rotations.device != self._device:
            self._body, self._device = self._body.to(rotations.device), rotations.device
        parts = [Pose(part) for part in rotations.split(_POSES_AT_ONCE)]
        joints = torch.cat([self._body.joints(part) for part in parts])
        return Surface(joints, torch.cat([self._body.mesh(part).vertices for part in parts]))
