"""Reconstruction by a generator that draws several samples: mean, best, and mean of the best few.

PoseScript and PoseFix draw 30 poses a text and report, for each of MPJE, MPVE and the geodesic angle on its own, the
mean of the 30, the best one ("top-1") and the mean of the best 6. No alignment: translation is zero for both, and the
root's rotation counts. "MPJE_30" of their text generators is the top-1 in millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

SAMPLES = 30
BEST = 6


@dataclass(frozen=True)
class SampleErrors:
    """Means over the items, unit of the errors.

    Args:
        mean: error over all samples.
        top: mean of the best sample of each item.
        best: mean of the best few samples of each item.
        count: samples for each item.
        few: how many the best few are.
    """

    mean: float
    top: float
    best: float
    count: int
    few: int


def sample_errors(errors: Float[Tensor, "*items samples"], few: int = BEST) -> SampleErrors:
    """Summary of the errors of several samples for each item; the samples are the last axis.

    Raises:
        PoseloomError: fewer samples than `few`, or no items.
    """
    count = errors.shape[-1]
    if not errors.numel() or not 1 <= few <= count:
        raise PoseloomError(f"best of {few} samples: got errors of shape {tuple(errors.shape)}, samples last")
    ordered = errors.double().sort(dim=-1).values
    return SampleErrors(
        mean=float(ordered.mean()),
        top=float(ordered[..., 0].mean()),
        best=float(ordered[..., :few].mean()),
        count=count,
        few=few,
    )
