"""Dropout whose random numbers cost little on a CPU: sixteen bits decide over each element."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_BITS = 16
_LEVELS = 1 << _BITS
_PACKED = 4
"""Sixteen-bit numbers in one that is drawn."""
_LOWEST = -(1 << 63)


def dropout(values: Float[Tensor, "*shape"], share: float) -> Float[Tensor, "*shape"]:
    """Set a share of the elements to zero, at random, and scale the others up so that the mean stays.

    The share is rounded to one of 65,536 steps, the scale is that of the rounded share. Random numbers come from
    torch's global generator.
    """
    if share == 0.0:
        return values
    if values.device.type != "cpu":
        return functional.dropout(values, share)
    dropped = round(share * _LEVELS)
    drawn = torch.empty(-(-values.numel() // _PACKED), dtype=torch.long).random_(_LOWEST, None)
    bits = drawn.view(torch.int16)[: values.numel()].view(values.shape)
    kept = (bits >= dropped - _LEVELS // 2).to(values.dtype).mul_(_LEVELS / (_LEVELS - dropped))
    return values * kept
