"""FastDTW: an approximation of dynamic time warping (Salvador & Chan, 2007), for all keypoints at once.

Both series are halved by averaging neighbours, again and again; the shortest ones are warped exactly, and each finer
pair is warped inside a window about the coarser path. The result is never below exact DTW and often above it: say
which one a figure is. Ham2Pose and text-to-pose take radius 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from poseloom.metrics.dtw import dtw_with_path
from poseloom.metrics.trajectories import Trajectories

CostOf = Callable[[Trajectories, Trajectories], Float[ndarray, "keypoints n m"]]
"""Distance of every frame of one to every frame of the other, for each keypoint."""


def fast_dtw_distance(
    a: Trajectories, b: Trajectories, cost_of: CostOf, radius: int = 1
) -> tuple[Float[ndarray, " keypoints"], Bool[ndarray, "keypoints n m"]]:
    """Approximate DTW distance of each keypoint's trajectories, and the cells that the path visits.

    Args:
        a: first series.
        b: second series, of the same keypoints.
        cost_of: distance of points.
        radius: cells by which the coarser path is widened in both directions, at least 1.
    """
    if min(a.frames, b.frames) < radius + 2:
        return dtw_with_path(cost_of(a, b))
    coarse = fast_dtw_distance(_halved(a), _halved(b), cost_of, radius)[1]
    window = _window(coarse, a.frames, b.frames, radius)
    return dtw_with_path(np.where(window, cost_of(a, b), np.inf))


def _halved(series: Trajectories) -> Trajectories:
    """Means of neighbouring frames; an odd last frame is dropped; a mean of a missing point is missing.

    What lies beneath a missing mean is its first point, as numpy's masked arrays have it.
    """
    even = series.frames - series.frames % 2
    first, second = series.values[:, 0:even:2], series.values[:, 1:even:2]
    missing = series.missing[:, 0:even:2] | series.missing[:, 1:even:2]
    return Trajectories(np.where(missing[..., None], first, (first + second) / 2), missing)


def _window(path: Bool[ndarray, "keypoints p q"], n: int, m: int, radius: int) -> Bool[ndarray, "keypoints n m"]:
    """Cells of the finer matrix within `radius` coarse cells of the path, each coarse cell being two by two.

    A path is connected, so that the cells of a row are one run: from the first to the last one near it.
    """
    p, q = path.shape[1:]
    first = path.argmax(-1)
    last = q - 1 - path[..., ::-1].argmax(-1)
    rows = np.arange(n) // 2
    top, bottom = np.clip(rows - radius, 0, p - 1), np.clip(rows + radius, 0, p - 1)
    low = 2 * (first[:, top] - radius)
    high = 2 * (last[:, bottom] + radius) + 1
    columns = np.arange(m)
    return (columns >= low[..., None]) & (columns <= high[..., None])
