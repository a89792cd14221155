"""Figures of the published retrieval models: recall both ways and R-precision with repeated pools."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.metrics.precision import POOL_SIZE, REPETITIONS, r_precision
from poseloom.metrics.recall import two_way_recall
from poseloom.tasks.retrieval.evaluate import recall_figures


@dataclass(frozen=True)
class RankProtocol:
    """R-precision as published.

    Args:
        pool: candidates for each text, its own among them.
        repetitions: pools for each text.
    """

    pool: int = within(POOL_SIZE, 2, 1_000_000)
    repetitions: int = within(REPETITIONS, 1, 1000)


def precision_figures(
    texts: Float[Tensor, "items d"], targets: Float[Tensor, "items d"], protocol: RankProtocol, seed: int
) -> dict[str, float]:
    """R-precision at 1, 2, 3, percent: ``r_precision_1`` as published (by the mean rank), ``_mended`` as usual."""
    found = r_precision(texts, targets, pool_size=protocol.pool, repetitions=protocol.repetitions, seed=seed)
    named = zip(found.k, found.published, found.mended, strict=True)
    figures: dict[str, float] = {}
    for k, published, mended in named:
        figures |= {f"r_precision_{k}": published, f"r_precision_{k}_mended": mended}
    return {**figures, "multimodality": found.multimodality}


def ranking_figures(
    texts: Float[Tensor, "items d"],
    targets: Float[Tensor, "items d"],
    protocol: RankProtocol,
    seed: int,
    names: tuple[str, str],
) -> dict[str, float]:
    """mRecall, recall both ways by the names of the directions, and R-precision."""
    recall = recall_figures(two_way_recall(texts, targets), *names)
    return {**recall, **precision_figures(texts, targets, protocol, seed)}
