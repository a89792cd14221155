"""Losses over the whole batch when several processes train: every sample is compared with those of all processes."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, distributed


def gather_features(features: Float[Tensor, "samples ..."]) -> Float[Tensor, "all_samples ..."]:
    """The features of all processes, one after another by rank, with gradients to each.

    Where one process trains, and in validation (without gradients, in the first process alone), those given.

    A contrastive loss of them, computed in every process, has the gradient of one process with the whole batch, for
    DistributedDataParallel takes the mean over processes of what each adds here.
    """
    if (
        not torch.is_grad_enabled()
        or not (distributed.is_available() and distributed.is_initialized())
        or distributed.get_world_size() == 1
    ):
        return features
    return _Gather.apply(features)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor) -> Tensor:
        parts = [torch.empty_like(features) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, features.contiguous())
        context.samples = len(features)
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        first = distributed.get_rank() * context.samples
        return total[first : first + context.samples]
