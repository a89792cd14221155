"""Does a distance find a generated sign's own label, and is its length right (Ham2Pose, CVPR 2023)?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.metrics.sign import ndtw_mje
from poseloom.metrics.trajectories import Trajectories

RANKS = (1, 5, 10)
OTHERS = 20
"""Other predictions, and other labels, in a gallery."""

Distance = Callable[[Trajectories, Trajectories], float]
"""(prediction, label) -> how far apart they are."""


@dataclass(frozen=True)
class DistanceRanks:
    """Share of the items, percent, whose own pair is among the k nearest of its gallery.

    Args:
        k: 1, 5, 10.
        to_prediction: distances of the prediction to its label, other labels and other predictions.
        to_label: distances of the label to its prediction, other predictions and other labels.
    """

    k: tuple[int, ...]
    to_prediction: tuple[float, ...]
    to_label: tuple[float, ...]


@dataclass(frozen=True)
class LengthError:
    """Error of predicted lengths: of |predicted - true| in frames, and divided by the true length."""

    mean: float
    median: float
    relative_mean: float
    relative_median: float


def distance_ranks(
    predictions: Sequence[Trajectories],
    labels: Sequence[Trajectories],
    distance: Distance = ndtw_mje,
    *,
    others: int = OTHERS,
    seed: int = 0,
) -> DistanceRanks:
    """Ranks of each item's own pair in a gallery of up to `others` other predictions and as many other labels.

    Where the sequence that stands in the place of the prediction or the label is of the other kind, it takes that
    place in `distance` all the same. A tie counts for the own pair's rank by half.

    Raises:
        PoseloomError: fewer than two items, or not as many predictions as labels.
    """
    if len(predictions) != len(labels) or len(labels) < 2:
        raise PoseloomError(
            f"distance ranks: expected as many predictions as labels, two or more, got {len(predictions)} and "
            f"{len(labels)}"
        )
    generator = np.random.default_rng(seed)
    ranks = np.empty((2, len(labels)))
    for item, (prediction, label) in enumerate(zip(predictions, labels, strict=True)):
        rest = np.delete(np.arange(len(labels)), item)
        chosen = [generator.permutation(rest)[:others] for _ in range(2)]
        gallery = [*(predictions[other] for other in chosen[0]), *(labels[other] for other in chosen[1])]
        own = distance(prediction, label)
        ranks[0, item] = _rank(own, [distance(prediction, other) for other in gallery])
        ranks[1, item] = _rank(own, [distance(other, label) for other in gallery])
    shares = (ranks[..., None] < np.array(RANKS)).mean(1) * 100
    return DistanceRanks(RANKS, tuple(shares[0].tolist()), tuple(shares[1].tolist()))


_Lengths = Float[ndarray, " items"] | Int[ndarray, " items"] | Sequence[float]


def length_error(predicted: _Lengths, true: _Lengths) -> LengthError:
    """Error of predicted numbers of frames.

    Raises:
        PoseloomError: no items, different numbers of them, or a true length that is not positive.
    """
    guess, truth = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    if guess.shape != truth.shape or not truth.size or not (truth > 0).all():
        raise PoseloomError("length error: expected as many predicted as true lengths, the true ones above zero")
    error = np.abs(guess - truth)
    relative = error / truth
    return LengthError(float(error.mean()), float(np.median(error)), float(relative.mean()), float(np.median(relative)))


def _rank(own: float, others: Sequence[float]) -> float:
    values = np.asarray(others)
    return float((values < own).sum() + (values == own).sum() / 2)
