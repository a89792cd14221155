"""Distances between predicted and true points: MPJPE, MPVE, PA-MPJPE, PCK, AUC, acceleration.

All take points (..., n, 3), joints or vertices, in one unit, and give a value for each leading index, so that a table
can be averaged, sorted or drawn; take ``.mean()`` for the number that papers state. A `mask` (..., n) tells which
points count; alignments still use all of them.

Sources: MPJPE and PA-MPJPE, Ionescu et al. 2014 (Human3.6M); PCK and AUC in 3D, Mehta et al. 2017 (MPI-INF-3DHP);
PVE, Varol et al. 2017; acceleration error, Kanazawa et al. 2019.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.metrics.procrustes import procrustes_align

Points = Float[Tensor, "*batch n d"]
TruePoints = Float[Tensor, "*#batch n d"]
"""One set of points may be the truth of several samples."""
Mask = Bool[Tensor, "*#batch n"]

PCK_THRESHOLD = 0.150
"""Metres."""
AUC_THRESHOLDS = 31
"""From 0 to `PCK_THRESHOLD`, both included."""


def point_errors(predicted: Points, true: TruePoints) -> Float[Tensor, "*batch n"]:
    """Euclidean distance of every point, unit of the input.

    Raises:
        PoseloomError: different shapes.
    """
    if predicted.shape[-2:] != true.shape[-2:]:
        raise PoseloomError(
            f"points: predicted {tuple(predicted.shape)} and true {tuple(true.shape)} differ in number or dimensions; "
            "select the joints that both have first"
        )
    return (predicted - true).norm(dim=-1)


def mpjpe(predicted: Points, true: TruePoints, mask: Mask | None = None) -> Float[Tensor, "*batch"]:
    """Mean per-joint position error, no alignment of any kind. "MPJE" in PoseScript; of vertices MPVE or PVE.

    A pose without any counted joint gives NaN.
    """
    return _mean(point_errors(predicted, true), mask)


def mpvpe(predicted: Points, true: TruePoints) -> Float[Tensor, "*batch"]:
    """Mean per-vertex position error (PVE, MPVE), no alignment: `mpjpe` of vertices."""
    return mpjpe(predicted, true)


def root_aligned_mpjpe(
    predicted: Points, true: Points, root: int = 0, mask: Mask | None = None
) -> Float[Tensor, "*batch"]:
    """MPJPE after moving both so that joint `root`, usually the pelvis, lies at the origin."""
    own, other = (points - points[..., root : root + 1, :] for points in (predicted, true))
    return mpjpe(own, other, mask)


def pa_mpjpe(predicted: Points, true: Points, mask: Mask | None = None) -> Float[Tensor, "*batch"]:
    """MPJPE after the best scale, rotation and translation of each pose (`procrustes_align`), over all its joints."""
    return mpjpe(procrustes_align(predicted, true), true, mask)


def scale_mpjpe(predicted: Points, true: Points, mask: Mask | None = None) -> Float[Tensor, "*batch"]:
    """MPJPE after the best scale of each pose about the origin (N-MPJPE, Rhodin et al. 2018)."""
    over = (predicted * true).sum((-2, -1), keepdim=True)
    under = (predicted * predicted).sum((-2, -1), keepdim=True)
    return mpjpe(predicted * (over / under.clamp_min(torch.finfo(under.dtype).tiny)), true, mask)


def pck(errors: Float[Tensor, "*batch n"], threshold: float = PCK_THRESHOLD) -> Float[Tensor, ""]:
    """Percentage of correct keypoints: how many of all errors are below the threshold (same unit)."""
    return (errors < threshold).double().mean() * 100


def auc(errors: Float[Tensor, "*batch n"], threshold: float = PCK_THRESHOLD) -> Float[Tensor, ""]:
    """Area under the PCK curve: the mean PCK at 31 thresholds from 0 to `threshold`, percent."""
    thresholds = torch.linspace(0, threshold, AUC_THRESHOLDS, dtype=errors.dtype, device=errors.device)
    below = torch.searchsorted(errors.flatten().sort().values, thresholds)
    return below.double().mean() / errors.numel() * 100


def acceleration_error(
    predicted: Float[Tensor, "*batch frames n d"], true: Float[Tensor, "*batch frames n d"]
) -> Float[Tensor, "*batch inner_frames"]:
    """Mean distance of the joints' second differences, (..., frames - 2), in units per frame squared."""
    second = [x[..., 2:, :, :] - 2 * x[..., 1:-1, :, :] + x[..., :-2, :, :] for x in (predicted, true)]
    return mpjpe(second[0], second[1])


def _mean(errors: Float[Tensor, "*batch n"], mask: Mask | None) -> Float[Tensor, "*batch"]:
    if mask is None:
        return errors.mean(-1)
    weights = mask.expand(errors.shape).to(errors.dtype)
    return torch.where(mask, errors, 0).sum(-1) / weights.sum(-1)
