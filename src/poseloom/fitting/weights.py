"""How much each energy of a fit counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FitWeights:
    """What a radian is worth in metres, and how the solver goes.

    Args:
        prior: pull of every joint towards the zero pose, times the factors of `prior_of`.
        hinge: elbows and knees, about other axes than their own.
        upright: leaning of the pelvis to the front and back, where depth or the hips are not seen.
        ranges: pull back into the ranges of motion.
        smooth: pull towards the mean of the frames before and after.
        robust: metres beyond which a point is an outlier; None for measured points.
        iterations: solver's steps a round.
        rounds: how often bones and neighbouring frames are looked at anew.
    """

    prior: float = 0.001
    hinge: float = 0.006
    upright: float = 0.02
    ranges: float = 0.02
    smooth: float = 0.004
    robust: float | None = None
    iterations: int = 6
    rounds: int = 3


PICTURE = FitWeights(
    prior=0.006, hinge=0.05, upright=0.15, ranges=0.1, smooth=0.05, robust=0.15, iterations=8, rounds=3
)
"""For points found in pictures, whose depth is poor."""
