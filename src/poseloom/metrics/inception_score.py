"""Inception score (Salimans et al., NIPS 2016) of class probabilities; the network that gives them is the caller's."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

SPLITS = 10


def inception_score(probabilities: Float[Tensor, "items classes"], splits: int = SPLITS) -> tuple[float, float]:
    """exp(mean KL(p(y|x) || p(y))) of consecutive splits: their mean and population standard deviation.

    Args:
        probabilities: of classes, rows sum to one; in the order of the pictures, which decides the splits.
        splits: how many.

    Raises:
        PoseloomError: fewer items than splits.
    """
    count = len(probabilities)
    if count < splits:
        raise PoseloomError(f"inception score: {count} pictures are fewer than {splits} splits; take fewer splits")
    scores = []
    for number in range(splits):
        part = probabilities[number * count // splits : (number + 1) * count // splits].double()
        ratio = torch.xlogy(part, part) - torch.xlogy(part, part.mean(0, keepdim=True))
        scores.append(ratio.sum(1).mean().exp())
    found = torch.stack(scores)
    return float(found.mean()), float(found.std(correction=0))
