"""Frechet distance between two sets of features (FID where the features are a network's).

    |mu1 - mu2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2))

with sample covariances (n - 1): Dowson & Landau 1982; as a measure of generated data Heusel et al., NeurIPS 2017.
PoseScript takes the features of its retrieval model's pose encoder: real poses against one generated pose a text.
Values in different feature spaces cannot be compared.

The trace of (S1 S2)^(1/2) is the sum of the square roots of the eigenvalues of S1^(1/2) S2 S1^(1/2), which is
symmetric: no Schur decomposition and no complex numbers, and singular covariances (fewer items than dimensions) need
no added diagonal.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError


class FeatureStatistics:
    """Mean and covariance of features that come in batches, in float64 (Chan, Golub & LeVeque 1979).

    ``statistics.add(batch)`` for every batch; ``+=`` joins those of two processes. The result does not depend on how
    the items were batched, but for rounding.
    """

    def __init__(self, dimensions: int):
        self.count = 0
        self.mean: Float[Tensor, " d"] = torch.zeros(dimensions, dtype=torch.float64)
        self.scatter: Float[Tensor, "d d"] = torch.zeros(dimensions, dimensions, dtype=torch.float64)

    @classmethod
    def of(cls, features: Float[Tensor, "items d"]) -> FeatureStatistics:
        """Statistics of one tensor."""
        statistics = cls(features.shape[-1])
        statistics.add(features)
        return statistics

    def add(self, features: Float[Tensor, "items d"]) -> None:
        """Take in a batch.

        Raises:
            PoseloomError: another number of dimensions, or values that are not finite.
        """
        if features.ndim != 2 or features.shape[1] != len(self.mean):
            raise PoseloomError(f"features: expected (items, {len(self.mean)}), got {tuple(features.shape)}")
        if not torch.isfinite(features).all():
            raise PoseloomError("features: hold NaN or infinity; look for the pose or text that gives them")
        batch = features.detach().to("cpu", torch.float64)
        if not len(batch):
            return
        centred = batch - batch.mean(0)
        self._join(len(batch), batch.mean(0), centred.T @ centred)

    def __iadd__(self, other: FeatureStatistics) -> FeatureStatistics:
        if other.count:
            self._join(other.count, other.mean, other.scatter)
        return self

    def covariance(self) -> Float[Tensor, "d d"]:
        """Sample covariance, divided by n - 1.

        Raises:
            PoseloomError: fewer than two items.
        """
        if self.count < 2:
            raise PoseloomError(f"a covariance needs at least two items, got {self.count}")
        return self.scatter / (self.count - 1)

    def _join(self, count: int, mean: Tensor, scatter: Tensor) -> None:
        total = self.count + count
        step = mean - self.mean
        self.scatter += scatter + torch.outer(step, step) * (self.count * count / total)
        self.mean += step * (count / total)
        self.count = total


def frechet_distance(
    real: FeatureStatistics | Float[Tensor, "items d"], generated: FeatureStatistics | Float[Tensor, "others d"]
) -> float:
    """Frechet distance of two sets of features; 0 for equal mean and covariance. Symmetric.

    Raises:
        PoseloomError: fewer than two items in a set, or different dimensions.
    """
    a, b = (x if isinstance(x, FeatureStatistics) else FeatureStatistics.of(x) for x in (real, generated))
    if a.mean.shape != b.mean.shape:
        raise PoseloomError(f"features of {len(a.mean)} and of {len(b.mean)} dimensions cannot be compared")
    covariance_a, covariance_b = a.covariance(), b.covariance()
    values, vectors = torch.linalg.eigh(covariance_a)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    product = torch.linalg.eigvalsh(root @ covariance_b @ root)
    trace = covariance_a.trace() + covariance_b.trace() - 2 * product.clamp_min(0).sqrt().sum()
    return float(((a.mean - b.mean) ** 2).sum() + trace)
