"""R-precision of said texts: does a text lead a retrieval model back to its own pose, among 31 others?"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from poseloom.metrics.precision import r_precision


@dataclass(frozen=True)
class Judge:
    """The retrieval model that judges texts.

    Args:
        model: exported weights (safetensors) of a default retrieval model; where it is empty, no R-precision is measured.
    """  # noqa: E501

    model: str = ""


def precision_at_1(texts: Float[Tensor, "items d"], poses: Float[Tensor, "items d"]) -> float:
    """R@1 precision, percent, in pools of 32, of unit vectors of texts and of their own poses or pairs."""
    return r_precision(texts, poses).mended[0]
