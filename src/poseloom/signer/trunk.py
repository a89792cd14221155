"""How far points are from the skin of head and trunk, which hands and arms keep out of.

Distances were measured on the free body's fine mesh (``tools/bake_signer_trunk.py``) on a grid over its right half;
the left one is the mirror image. Points are metres from the pelvis of the body at rest, in the world's axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load
from torch import Tensor

from poseloom.signer.shoulders import chest_origin

_TO_METRES = 0.001
_NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class _Grid:
    """Distances (right, up, out) in metres, where the grid begins, its spacing, and the steps to a cell's corners."""

    flat: Float[Tensor, " points"]
    counts: Float[Tensor, "3"]
    low: Float[Tensor, "3"]
    step: float
    corners: Tensor
    strides: tuple[int, int]


@lru_cache(maxsize=1)
def _grid() -> _Grid:
    tensors = load((resources.files("poseloom.signer") / "trunk.safetensors").read_bytes())
    distance = tensors["distance"].float() * _TO_METRES
    _, y, z = distance.shape
    corners = torch.tensor([0, 1, z, z + 1, y * z, y * z + 1, y * z + z, y * z + z + 1])
    counts = torch.tensor(distance.shape) - 1.001
    return _Grid(distance.flatten(), counts, tensors["low"], float(tensors["step"]), corners, (y * z, z))


def trunk_distance(points: Float[Tensor, "*batch 3"]) -> Float[Tensor, " *batch"]:
    """Metres from the skin of head and trunk, negative inside; about 0.13 at most."""
    grid = _grid()
    x, y, z = (points - chest_origin()).unbind(-1)
    place = (torch.stack([x.abs(), y, z], dim=-1) - grid.low) / grid.step
    place = torch.minimum(place.clamp_min(0), grid.counts)
    before = place.floor()
    wx, wy, wz = (place - before)[..., None].unbind(-2)
    ix, iy, iz = before.long().unbind(-1)
    first = ix * grid.strides[0] + iy * grid.strides[1] + iz
    corners = grid.flat[first[..., None] + grid.corners]
    corners = torch.lerp(corners[..., :4], corners[..., 4:], wx)
    corners = torch.lerp(corners[..., :2], corners[..., 2:], wy)
    return torch.lerp(corners[..., :1], corners[..., 1:], wz)[..., 0]


def trunk_slope(points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """Unit vectors in which the distance from the skin grows fastest."""
    _, slope = TrunkSampler().sample(points.reshape(-1, 3).numpy())
    return torch.from_numpy(slope).reshape(points.shape).to(points)


class TrunkSampler:
    """Distances and normals of few points at a time, in numpy, where the calls of torch would cost the most."""

    def __init__(self) -> None:
        grid = _grid()
        self._flat, self._corners = grid.flat.numpy(), grid.corners.numpy()
        self._counts, self._low, self._step = grid.counts.numpy(), grid.low.numpy(), grid.step
        self._strides, self._origin = np.array([*grid.strides, 1]), chest_origin().numpy()

    def sample(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances (points,) and unit vectors (points, 3) in which they grow fastest.

        Args:
            points: (points, 3) metres.
        """
        local = points - self._origin
        sign = np.where(local[:, 0] < 0, -1.0, 1.0)
        local[:, 0] *= sign
        place = np.minimum(np.maximum((local - self._low) / self._step, 0), self._counts)
        before = np.floor(place)
        x, y, z = ((place - before).T)[..., None]
        corners = self._flat[(before.astype(np.int64) @ self._strides)[:, None] + self._corners]
        low, high = corners[:, :4], corners[:, 4:]
        face = low + (high - low) * x
        edge = face[:, :2] + (face[:, 2:] - face[:, :2]) * y
        distance = edge[:, 0] + (edge[:, 1] - edge[:, 0]) * z[:, 0]
        across = high - low
        dx = across[:, :2] * (1 - y) + across[:, 2:] * y
        dy = face[:, 2:] - face[:, :2]
        slope = np.stack(
            [
                (dx[:, 0] * (1 - z[:, 0]) + dx[:, 1] * z[:, 0]) * sign,
                dy[:, 0] * (1 - z[:, 0]) + dy[:, 1] * z[:, 0],
                edge[:, 1] - edge[:, 0],
            ],
            axis=-1,
        )
        length = np.sqrt((slope**2).sum(-1, keepdims=True))
        return distance, slope / np.maximum(length, _NOTHING)
