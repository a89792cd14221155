"""Dynamic time warping of many pairs of series at once.

The recurrence runs along anti-diagonals, whose cells do not depend on each other, so that a batch of keypoints takes
n + m - 1 vector operations instead of a Python loop over frames.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

_CELLS_AT_ONCE = 1 << 23
"""Cells of cost matrices warped together: 64 MiB of float64 each for costs and sums."""
_MOVES = np.array([(1, 0), (0, 1), (1, 1)])
"""Steps back to (i - 1, j), (i, j - 1), (i - 1, j - 1), in the order in which ties are decided."""


def dtw_distance(cost: Float[ndarray, "batch n m"]) -> Float[ndarray, " batch"]:
    """Least sum of costs along a monotone path from (0, 0) to (n - 1, m - 1); not divided by the path's length.

    Steps go one frame on in either series or in both (Sakoe & Chiba 1978, symmetric, without slope weights). Cells of
    infinite cost are not entered.
    """
    parts = [_accumulate(part)[-1][:, -1] for part in _parts(cost)]
    return np.concatenate(parts) if parts else np.zeros(0)


def dtw_distance_padded(
    cost: Float[ndarray, "batch n m"], n: Int[ndarray, " batch"], m: Int[ndarray, " batch"]
) -> Float[ndarray, " batch"]:
    """`dtw_distance` of pairs of different lengths: of each cost matrix only the first n rows and m columns count."""
    results = []
    start = 0
    for part in _parts(cost):
        rows, columns = n[start : start + len(part)], m[start : start + len(part)]
        sums = _accumulate(part)
        results.append(sums[rows + columns - 2, np.arange(len(part)), rows - 1])
        start += len(part)
    return np.concatenate(results) if results else np.zeros(0)


def dtw_with_path(cost: Float[ndarray, "batch n m"]) -> tuple[Float[ndarray, " batch"], Bool[ndarray, "batch n m"]]:
    """`dtw_distance`, and the cells that the best path of each pair visits.

    Of equally good predecessors (i - 1, j) comes before (i, j - 1) before (i - 1, j - 1).
    """
    batch, n, m = cost.shape
    sums = _accumulate(cost)
    total = sums[-1][:, -1].copy()
    padded = np.full((n + m, batch, n + 1), np.inf)  # one diagonal and one row of outside cells before all others
    padded[1:, :, 1:] = sums
    every = np.arange(batch)
    i, j = np.full(batch, n - 1), np.full(batch, m - 1)
    visited = np.zeros(cost.shape, bool)
    visited[every, i, j] = True
    for _ in range(n + m - 2):
        own = cost[every, i, j]
        before = [padded[i + j - (di + dj) + 1, every, i - di + 1] for di, dj in _MOVES]
        move = _MOVES[np.argmin([value + own for value in before], axis=0)]
        home = (i == 0) & (j == 0)
        i, j = np.where(home, 0, i - move[:, 0]), np.where(home, 0, j - move[:, 1])
        visited[every, i, j] = True
    return total, visited


def _parts(cost: ndarray) -> list[ndarray]:
    """The batch in pieces of bounded size."""
    step = max(1, _CELLS_AT_ONCE // max(1, cost.shape[1] * cost.shape[2]))
    return [cost[start : start + step] for start in range(0, len(cost), step)]


def _skew(cost: Float[ndarray, "batch n m"]) -> Float[ndarray, "diagonals batch n"]:
    """Cell (i, j) moved to [i + j, :, i]; cells outside the matrix are infinite."""
    batch, n, m = cost.shape
    rows = np.full((batch, n, n + m), np.inf)
    rows[:, :, :m] = cost
    shifted = rows.reshape(batch, -1)[:, : n * (n + m - 1)].reshape(batch, n, n + m - 1)
    return np.ascontiguousarray(shifted.transpose(2, 0, 1))


def _accumulate(cost: Float[ndarray, "batch n m"]) -> Float[ndarray, "diagonals batch n"]:
    """Least sum of costs up to every cell, stored as `_skew` does."""
    sums = _skew(cost)
    best = np.empty(sums.shape[1:])
    for diagonal in range(1, len(sums)):
        # of the last diagonal [i] is (i, j - 1) and [i - 1] is (i - 1, j); of the one before [i - 1] is (i - 1, j - 1)
        np.copyto(best, sums[diagonal - 1])
        np.minimum(best[:, 1:], sums[diagonal - 1][:, :-1], out=best[:, 1:])
        if diagonal > 1:
            np.minimum(best[:, 1:], sums[diagonal - 2][:, :-1], out=best[:, 1:])
        sums[diagonal] += best
    return sums
