"""Least squares over time: what depends on a frame or two neighbours, and corrections that bend little."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

_BENDING = (6.0, -4.0, 1.0)
"""Second differences squared and summed over a row with zeros before and after it: of each frame with itself, with the
next one and with the one after it. Never a matrix of all frames: signs may take minutes."""


def solve_banded(
    own: Float[Tensor, "frames size size"],
    after: Float[Tensor, "frames size size"],
    slope: Float[Tensor, "frames size"],
    change: Float[Tensor, "frames size"],
    bends: Float[Tensor, " size"],
) -> Float[Tensor, "frames size"]:
    """The step of Gauss-Newton for a change over time that is nothing before and after.

    Args:
        own: normal equations of each frame with itself.
        after: those of each frame with the next one; the last is not looked at.
        slope: of half the squares.
        change: what was changed so far, whose bending is counted too.
        bends: weights of how the change bends from frame to frame.
    """
    frames, size = slope.shape
    square = bends.double().numpy() ** 2
    blocks = np.zeros((3, frames + frames % 2, size, size))
    blocks[0, :frames] = own.double().numpy()
    blocks[0, frames:] = np.eye(size)
    blocks[1, : frames - 1] = after[:-1].double().numpy()
    for offset, weight in enumerate(_BENDING):
        blocks[offset][: max(0, frames - offset), range(size), range(size)] += weight * square
    right = np.zeros((frames + frames % 2, size))
    right[:frames] = -slope.double().numpy() - _bending_of(change.double().numpy()) * square
    return torch.from_numpy(_thomas(blocks, right)[:frames]).to(slope)


def _bending_of(change: np.ndarray) -> np.ndarray:
    """What the sum of squared second differences grows by with each value of every row, halved."""
    second = np.diff(np.pad(change, ((2, 2), (0, 0))), n=2, axis=0)
    return np.diff(second, n=2, axis=0)


def _thomas(blocks: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve block rows that reach two frames ahead: pairs of frames are eliminated one after the other."""
    _, frames, size, _ = blocks.shape
    pairs, wide = frames // 2, 2 * size
    diagonal, upper = np.zeros((pairs, wide, wide)), np.zeros((pairs, wide, wide))
    even, odd = slice(0, size), slice(size, wide)
    diagonal[:, even, even], diagonal[:, odd, odd] = blocks[0, ::2], blocks[0, 1::2]
    diagonal[:, even, odd] = blocks[1, ::2]
    diagonal[:, odd, even] = blocks[1, ::2].transpose(0, 2, 1)
    upper[:, even, even], upper[:, odd, odd], upper[:, odd, even] = blocks[2, ::2], blocks[2, 1::2], blocks[1, 1::2]
    wanted = right.reshape(pairs, wide, 1).copy()
    ahead = np.zeros((pairs, wide, wide + 1))
    for pair in range(pairs):
        if pair:
            before = upper[pair - 1].T
            diagonal[pair] -= before @ ahead[pair - 1, :, :wide]
            wanted[pair] -= before @ ahead[pair - 1, :, wide:]
        ahead[pair] = np.linalg.solve(diagonal[pair], np.concatenate([upper[pair], wanted[pair]], axis=-1))
    found = np.zeros((pairs, wide))
    for pair in range(pairs - 1, -1, -1):
        found[pair] = ahead[pair, :, wide]
        if pair + 1 < pairs:
            found[pair] -= ahead[pair, :, :wide] @ found[pair + 1]
    return found.reshape(frames, size)
