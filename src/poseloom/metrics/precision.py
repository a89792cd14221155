"""R-precision: can a retrieval model pick a text's own pose from a small pool?

For each query a pool holds its own target and others drawn without replacement. Two readings of "correct at k":

- *mended*: the share of all (query, pool) draws in which the own target ranks below k. This is the usual R-precision.
- *published*: the ranks of a query's pools are averaged, and the query is correct when the mean rank (from 0) is
  below k, as the released evaluations of PoseScript, PoseFix and PoseEmbroider compute it. Neither stricter nor laxer:
  at k = 1 a query that loses one pool in ten by one place counts fully, one that loses one by ten places not at all.

Pools: 32, drawn 10 times (PoseScript, PoseFix); 200, drawn 10 times (PoseEmbroider). The originals draw them from an
unseeded generator; here the seed decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.metrics.recall import recall_at

POOL_SIZE = 32
REPETITIONS = 10
TOP_K = (1, 2, 3)
_NUMBERS_AT_ONCE = 1 << 24
_WHOLE_ROWS = 20_000
"""Items up to which scores of all are computed and picked from: faster than gathering the pools' features."""


@dataclass(frozen=True)
class RPrecision:
    """R-precision at each k, percent.

    Args:
        k: the depths.
        mended: share of pools won.
        published: share of queries whose mean rank is below k.
        chance: what random scores give, k / pool size.
        multimodality: mean similarity of the true pairs, as the published tables call it.
    """

    k: tuple[int, ...]
    mended: tuple[float, ...]
    published: tuple[float, ...]
    chance: tuple[float, ...]
    multimodality: float


def r_precision(
    queries: Float[Tensor, "items d"],
    targets: Float[Tensor, "items d"],
    pools: Int[Tensor, "items repetitions pool"] | None = None,
    *,
    k: Sequence[int] = TOP_K,
    pool_size: int = POOL_SIZE,
    repetitions: int = REPETITIONS,
    seed: int = 0,
) -> RPrecision:
    """R-precision of `queries` against `targets`; row i of one belongs to row i of the other.

    Args:
        queries: features, usually of texts, of unit length.
        targets: features, usually of poses, of unit length.
        pools: indices of the candidates, the query's own first; drawn with `seed` where none are given.
        k: the depths.
        pool_size: candidates in a pool, the own one included.
        repetitions: pools for each query.
        seed: the same seed draws the same pools.

    Raises:
        PoseloomError: fewer items than a pool needs.
    """
    if pools is None:
        pools = sample_pools(len(queries), pool_size, repetitions, seed)
    pools = pools.to(queries.device)
    ranks = pool_ranks(queries, targets, pools)
    return RPrecision(
        k=tuple(k),
        mended=tuple(recall_at(ranks.flatten(), k).tolist()),
        published=tuple(recall_at(ranks.mean(1), k).tolist()),
        chance=tuple(100 * depth / pools.shape[-1] for depth in k),
        multimodality=multimodality(queries, targets),
    )


def sample_pools(
    items: int, pool_size: int = POOL_SIZE, repetitions: int = REPETITIONS, seed: int = 0
) -> Int[Tensor, "items repetitions pool"]:
    """Candidates for each query: its own index first, then others without replacement, uniformly (Floyd 1987).

    Raises:
        PoseloomError: fewer items than a pool needs.
    """
    if items < pool_size:
        raise PoseloomError(f"R-precision: a pool of {pool_size} needs as many items, got {items}; use a smaller pool")
    generator = torch.Generator().manual_seed(seed)
    others = torch.full((items, repetitions, pool_size - 1), -1, dtype=torch.int64)
    for column, last in enumerate(range(items - pool_size, items - 1)):
        drawn = torch.randint(0, last + 1, (items, repetitions), generator=generator)
        taken = (others[..., :column] == drawn[..., None]).any(-1)
        others[..., column] = torch.where(taken, last, drawn)
    own = torch.arange(items)[:, None, None]
    others += others >= own  # indices of all items but the own one
    return torch.cat([own.expand(-1, repetitions, 1), others], dim=-1)


def pool_ranks(
    queries: Float[Tensor, "items d"],
    targets: Float[Tensor, "candidates d"],
    pools: Int[Tensor, "items repetitions pool"],
) -> Float[Tensor, "items repetitions"]:
    """Rank, from 0, of the pool's first candidate by falling dot product; equal scores share their mean rank."""
    whole = len(targets) <= _WHOLE_ROWS
    rows = max(1, _NUMBERS_AT_ONCE // (len(targets) if whole else pools[0].numel() * targets.shape[-1]))
    ranks = []
    for start in range(0, len(queries), rows):
        part = slice(start, start + rows)
        if whole:
            scores = (queries[part] @ targets.T).gather(1, pools[part].flatten(1)).view_as(pools[part])
        else:
            scores = (targets[pools[part]] @ queries[part, None, :, None]).squeeze(-1)
        own = scores[..., :1]
        ranks.append((scores > own).sum(-1) + ((scores == own).sum(-1) - 1) / 2)
    return torch.cat(ranks)


def multimodality(queries: Float[Tensor, "items d"], targets: Float[Tensor, "items d"]) -> float:
    """Mean dot product of the true pairs: their cosine for unit features."""
    return float((queries * targets).sum(-1).double().mean())
