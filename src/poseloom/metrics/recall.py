"""Recall at k and mRecall of a retrieval model, both ways.

R@k is the share of queries whose own item is among the k items of highest score, in percent; scores are dot products
over the whole split. mRecall is the mean of R@1, R@5 and R@10 in both directions. As in PoseScript (Delmas et al.,
ECCV 2022) and PoseEmbroider (ECCV 2024). Items that would be valid as well, such as a second pose that fits the text,
count as wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

RECALL_K = (1, 5, 10)
_SCORES_AT_ONCE = 1 << 24
"""Largest block of the score matrix held in memory: 64 MiB of float32."""


@dataclass(frozen=True)
class Recall:
    """Recall of one data set in both directions.

    Args:
        k: the depths.
        a_to_b: R@k in percent with the first argument's rows as queries, in the order of `k`.
        b_to_a: R@k in percent with the second argument's rows as queries.
    """

    k: tuple[int, ...]
    a_to_b: tuple[float, ...]
    b_to_a: tuple[float, ...]

    @property
    def mean(self) -> float:
        """mRecall, percent."""
        return mean_recall((*self.a_to_b, *self.b_to_a))


def two_way_recall(a: Float[Tensor, "items d"], b: Float[Tensor, "items d"], k: Sequence[int] = RECALL_K) -> Recall:
    """R@k from `a` to `b` and from `b` to `a`; row i of one belongs to row i of the other.

    Raises:
        PoseloomError: shapes that differ, or no items.
    """
    return Recall(tuple(k), *(tuple(recall_at(own_ranks(x, y), k).tolist()) for x, y in ((a, b), (b, a))))


def own_ranks(queries: Float[Tensor, "items d"], targets: Float[Tensor, "items d"]) -> Float[Tensor, " items"]:
    """Rank, from 0, of each query's own target among all targets by falling dot product.

    Items with the very score of the own one share the mean of their ranks: n duplicates of it give (n - 1) / 2, so
    that a model which maps everything to one point scores as chance does and not 100 %.
    """
    _check(queries, targets)
    rows = max(1, _SCORES_AT_ONCE // len(targets))
    ranks = []
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows] @ targets.T
        index = torch.arange(start, start + len(block), device=block.device)
        own = block.gather(1, index[:, None])
        ties = (block == own).sum(1) - 1
        ranks.append((block > own).sum(1) + ties / 2)
    return torch.cat(ranks)


def recall_at(ranks: Float[Tensor, " items"], k: Sequence[int] = RECALL_K) -> Float[Tensor, " depths"]:
    """Share of ranks (from 0) below each k, percent."""
    depths = torch.tensor(k, device=ranks.device)
    return (ranks[:, None] < depths).double().mean(0) * 100


def mean_recall(percentages: Iterable[float]) -> float:
    """mRecall: the plain mean of R@1, R@5, R@10 of every direction that is counted."""
    values = tuple(percentages)
    return sum(values) / len(values)


def any_to_any_recall(single: Iterable[float], dual: Iterable[float]) -> float:
    """mRecall of PoseEmbroider: half the mean over the 18 single-query values, half that over the 9 dual ones.

    `single` and `dual` are R@1, R@5, R@10 of each query type, percent. A data set without dual queries has no such
    measure (the release counted them as 0, which halves the figure): use `mean_recall` of the single ones.
    """
    return (mean_recall(single) + mean_recall(dual)) / 2


def _check(queries: Tensor, targets: Tensor) -> None:
    if queries.ndim != 2 or queries.shape != targets.shape or not len(queries):
        raise PoseloomError(
            f"retrieval features: expected two tensors (items, d) of one shape with at least one item, "
            f"got {tuple(queries.shape)} and {tuple(targets.shape)}"
        )
