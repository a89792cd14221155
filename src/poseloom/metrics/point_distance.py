"""Distance of a predicted point to a true one where either may be missing: the rules of four systems.

Each takes (label, prediction) trajectories and gives the distance of every frame of the one to every frame of the
other, for each keypoint.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.metrics.trajectories import Trajectories

Costs = Float[ndarray, "keypoints label_frames prediction_frames"]

MISSING_COORDINATE = 10.0
"""What pose-evaluation writes in place of a missing coordinate."""


def half_label_if_unpredicted(label: Trajectories, prediction: Trajectories) -> Costs:
    """Ham2Pose (CVPR 2023): 0 where the label is missing; half the label's distance from the origin where only the
    prediction is; else Euclidean. The origin is the label's upper left corner after `focus`."""
    return _with_missing(label, prediction, _norm(label.values)[:, :, None] / 2)


def half_prediction_if_unpredicted(label: Trajectories, prediction: Trajectories) -> Costs:
    """text-to-pose's validation as released: like Ham2Pose, but half the norm of what lies *beneath* the missing
    prediction, a slip."""
    return _with_missing(label, prediction, _norm(prediction.values)[:, None, :] / 2)


def zero_if_missing(label: Trajectories, prediction: Trajectories) -> Costs:
    """pose-evaluation's nDTW-MJE: 0 where either point is missing, else Euclidean."""
    return np.where(prediction.missing[:, None, :], 0, _with_missing(label, prediction, 0))


def squared_with_constant(label: Trajectories, prediction: Trajectories) -> Costs:
    """pose-evaluation's DTWp: the squared Euclidean distance with every missing coordinate set to 10."""
    a, b = (np.where(series.missing[..., None], MISSING_COORDINATE, series.values) for series in (label, prediction))
    return _differences(a, b)


def _with_missing(label: Trajectories, prediction: Trajectories, instead: ndarray | float) -> Costs:
    a, b = (np.where(series.missing[..., None], 0, series.values) for series in (label, prediction))
    distance = np.sqrt(_differences(a, b))
    distance = np.where(prediction.missing[:, None, :], instead, distance)
    return np.where(label.missing[:, :, None], 0, distance)


def _differences(a: Float[ndarray, "keypoints n d"], b: Float[ndarray, "keypoints m d"]) -> Costs:
    """Sum over the dimensions of squared differences; one dimension at a time, which needs a third of the memory."""
    total = np.zeros((a.shape[0], a.shape[1], b.shape[1]))
    for dimension in range(a.shape[-1]):
        difference = a[:, :, None, dimension] - b[:, None, :, dimension]
        total += np.square(difference, out=difference)
    return total


def _norm(values: Float[ndarray, "keypoints frames d"]) -> Float[ndarray, "keypoints frames"]:
    return np.sqrt(np.square(values).sum(-1))
