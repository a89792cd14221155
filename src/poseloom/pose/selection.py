"""Choice of poses that differ: farthest-point selection by the mean distance of joints."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError


def farthest_points(joints: Float[Tensor, "n joints 3"], count: int, start: int = 0) -> Int[Tensor, " count"]:
    """Indices of `count` poses, each the farthest from all that were chosen before it.

    The distance of two poses is the mean over joints of the Euclidean distance (PoseScript, Delmas et al. 2022).
    Time and memory grow as count x n and n.

    Args:
        joints: positions, metres, usually of poses without heading and with the pelvis at the origin.
        count: how many to choose, the first included; at most n.
        start: index of the first one.

    Raises:
        PoseloomError: `count` or `start` is out of range.
    """
    total = joints.shape[0]
    if not 1 <= count <= total:
        raise PoseloomError(f"count: expected a number from 1 to {total}, the number of poses, got {count}")
    if not 0 <= start < total:
        raise PoseloomError(f"start: expected the index of a pose, 0 to {total - 1}, got {start}")
    chosen = torch.empty(count, dtype=torch.long, device=joints.device)
    nearest = joints.new_full((total,), torch.inf)
    latest = torch.tensor(start, device=joints.device)
    for place in range(count):
        chosen[place] = latest
        distance = torch.linalg.vector_norm(joints - joints[latest], dim=-1).mean(-1)
        nearest = torch.minimum(nearest, distance)
        latest = nearest.argmax()
    return chosen
