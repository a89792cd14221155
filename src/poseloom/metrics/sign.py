"""How near a signed keypoint sequence is to a recorded one: MSE, APE, masked MSE, nDTW-MJE, DTW-MJE, DTWp.

Sources: Ham2Pose (Shalev-Arkushin et al., CVPR 2023) and its code; the validation of text-to-pose; DTWp: "Meaningful
Pose-Based Sign Language Evaluation" (WMT 2025). Lower is better throughout. The measures do not prepare their input:
Ham2Pose's are meant for poses whose shoulders are 1 apart, whose bounding box begins at the origin, without legs, and
with points of confidence <= 0.2 missing; DTWp for coordinates as they are in the file, hands alone, ends trimmed.

`prediction` and `label` are `Trajectories` of the same keypoints, of any two lengths; where a measure compares frame
by frame, the shorter one is continued with zeros. ``published=True`` repeats what the released code did: the mask of
the shorter sequence gets lost in the padding, so that what lies beneath its missing points is compared. MSE and APE
then write zeros through views of the masks: first where the prediction is missing, which empties its mask before the
label is reached, then where the label is. So a point that the label lacks costs nothing, one that the prediction alone
lacks costs the label's distance from the origin, and the two directions differ.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.metrics.dtw import dtw_distance
from poseloom.metrics.fast_dtw import CostOf, fast_dtw_distance
from poseloom.metrics.point_distance import (
    half_label_if_unpredicted,
    half_prediction_if_unpredicted,
    squared_with_constant,
)
from poseloom.metrics.trajectories import Trajectories, same_keypoints

OPENPOSE_137_MEASURED = (*range(9), *range(95, 137))
"""Ham2Pose's 51 keypoints of OpenPose 137: trunk and arms (0 to 8) and both hands; neither face nor legs."""


def sign_mse(prediction: Trajectories, label: Trajectories, *, published: bool = False) -> float:
    """Mean over keypoints and frames of the squared distance; where either point is missing it is 0, and counts."""
    return float(np.square(_distances(prediction, label, published)).mean())


def sign_ape(prediction: Trajectories, label: Trajectories, *, published: bool = False) -> float:
    """Average position error: as `sign_mse`, of the distance itself."""
    return float(_distances(prediction, label, published).mean())


def sign_masked_mse(
    prediction: Trajectories,
    label: Trajectories,
    confidence: Float[ndarray, "keypoints frames"],
    *,
    published: bool = False,
) -> float:
    """Mean over keypoints of the mean over the frames in which nothing is missing of confidence x squared distance.

    Args:
        prediction: what was made.
        label: what was recorded.
        confidence: how sure the prediction is (Ham2Pose), or the label, for at most as many frames as the longer
            sequence; 0 beyond its end. The weights are not divided out.
        published: see the module.
    """
    a, b = _padded(prediction, label, published)
    if confidence.shape[0] != a.keypoints or confidence.shape[1] > a.frames:
        raise PoseloomError(
            f"masked MSE: expected a confidence ({a.keypoints}, at most {a.frames}), got {confidence.shape}"
        )
    weights = np.zeros(a.missing.shape)
    weights[:, : confidence.shape[1]] = confidence
    seen = ~(a.missing | b.missing)
    error = np.where(seen, weights * np.square(_at_origin(a) - _at_origin(b)).sum(-1), 0)
    counted = seen.sum(-1)
    per_keypoint = error.sum(-1)[counted > 0] / counted[counted > 0]
    return float(per_keypoint.mean()) if per_keypoint.size else float("nan")


def ndtw_per_keypoint(
    prediction: Trajectories, label: Trajectories, distance: CostOf = half_label_if_unpredicted
) -> Float[ndarray, " keypoints"]:
    """FastDTW distance (radius 1, not divided by the path's length) of each keypoint's trajectories."""
    same_keypoints(prediction, label)
    return fast_dtw_distance(prediction, label, lambda p, true: distance(true, p).swapaxes(1, 2))[0]


def ndtw_mje(prediction: Trajectories, label: Trajectories, distance: CostOf = half_label_if_unpredicted) -> float:
    """nDTW-MJE of Ham2Pose: mean over the keypoints of `ndtw_per_keypoint`.

    "Normalised" is the pose, by its shoulders, not the sum. With ``distance=zero_if_missing`` it is the measure of
    that name in pose-evaluation.
    """
    return float(ndtw_per_keypoint(prediction, label, distance).mean())


def dtw_mje(prediction: Trajectories, label: Trajectories, *, published: bool = False) -> float:
    """DTW-MJE of text-to-pose's validation: FastDTW distances **summed** over the keypoints, the label leading.

    Published: a missing prediction costs half the norm of what lies beneath it instead of half the label's.
    """
    same_keypoints(prediction, label)
    distance = half_prediction_if_unpredicted if published else half_label_if_unpredicted
    return float(fast_dtw_distance(label, prediction, distance)[0].sum())


def exact_dtw_mje(prediction: Trajectories, label: Trajectories, distance: CostOf = half_label_if_unpredicted) -> float:
    """`ndtw_mje` with exact dynamic time warping: never more, and faster here."""
    same_keypoints(prediction, label)
    return float(dtw_distance(distance(label, prediction)).mean())


def dtw_p(prediction: Trajectories, label: Trajectories) -> float:
    """DTWp: mean over keypoints of the square root of the least sum of squared distances along a path (exact DTW).

    Missing coordinates count as 10. Meant for the 21 + 21 points of both hands.
    """
    same_keypoints(prediction, label)
    return float(np.sqrt(dtw_distance(squared_with_constant(label, prediction))).mean())


def _distances(prediction: Trajectories, label: Trajectories, published: bool) -> Float[ndarray, "keypoints frames"]:
    a, b = _padded(prediction, label, published)
    distances = np.sqrt(np.square(_at_origin(a) - _at_origin(b)).sum(-1))
    uncounted = b.missing if published else a.missing | b.missing
    return np.where(uncounted, 0, distances)


def _padded(a: Trajectories, b: Trajectories, published: bool) -> tuple[Trajectories, Trajectories]:
    same_keypoints(a, b)
    frames = max(a.frames, b.frames)

    def longer(series: Trajectories) -> Trajectories:
        forgets = published and series.frames < frames
        return (series.all_seen() if forgets else series).padded(frames)

    return longer(a), longer(b)


def _at_origin(series: Trajectories) -> Float[ndarray, "keypoints frames d"]:
    return np.where(series.missing[..., None], 0, series.values)
