"""R-precision of said texts: does a text lead a retrieval model back to its own pose, among 31 others?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jaxtyping import Float
from torch import Tensor

from poseloom.metrics.precision import r_precision
from poseloom.tasks.common.embedding import EmbeddingModel, in_parts
from poseloom.tasks.common.exported import WordedModel, open_exported

M = TypeVar("M", bound=EmbeddingModel)


@dataclass(frozen=True)
class Judge:
    """The retrieval model that judges texts.

    Args:
        model: exported weights (safetensors) of a default retrieval model; where it is empty, no R-precision is
            measured.
    """

    model: str = ""


def precision_at_1(texts: Float[Tensor, "items d"], poses: Float[Tensor, "items d"]) -> float:
    """R@1 precision, percent, in pools of 32, of unit vectors of texts and of their own poses or pairs."""
    return r_precision(texts, poses).mended[0]


def r_precision_by(
    judge: Judge,
    task: str,
    model: WordedModel[M],
    config: type,
    texts: Sequence[str],
    embed: Callable[[M], Float[Tensor, "items d"]],
) -> dict[str, float]:
    """``r_precision_1`` of texts by a retrieval model; nothing where no judge is named.

    Args:
        judge: names its weights.
        task: that it must be of.
        model: makes its module.
        config: data class of the module's sizes.
        texts: one of each item.
        embed: gives the vectors of the items by that module.

    Raises:
        FileError: see `open_exported`.
    """
    if not judge.model:
        return {}
    known = open_exported(judge.model, task, model, config)
    return {
        "r_precision_1": precision_at_1(
            in_parts(known.model.embed_texts, known.words.encode(texts)), embed(known.model)
        )
    }
