"""Weights as whole numbers of eight bits: a quarter of single precision, half of half precision.

In the file a tensor of two axes or more is int8 under its own name, and under ``NAME.int8_scale`` stands one number of
half precision for each of its output channels (its first axis): value = int8 * scale; of single precision where one is
too small for half. All else stays in half precision.
The file's metadata say so: ``quantised`` is ``int8 per output channel``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from poseloom.base.errors import PoseloomError

METADATA_KEY, SCHEME = "quantised", "int8 per output channel"
SCALE = ".int8_scale"
"""Behind the name of a tensor: that of its scales."""
FEWEST = 1024
"""Numbers of a tensor below which nothing is won."""
_LARGEST = 127
_HEADER_BYTES = 8
_LARGEST_HALF, _SMALLEST_HALF = torch.finfo(torch.float16).max, torch.finfo(torch.float16).smallest_normal


def quantised(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as they are stored: int8 with scales; small ones in half precision; whole numbers as they are."""
    stored: dict[str, Tensor] = {}
    for name, value in weights.items():
        if value.is_floating_point() and value.ndim > 1 and value.numel() >= FEWEST and _can_be(value):
            stored[name], stored[name + SCALE] = to_int8(value)
        else:
            stored[name] = half(value)
    return stored


def to_int8(
    value: Float[Tensor, "channels *rest"],
) -> tuple[Int8[Tensor, "channels *rest"], Float[Tensor, " channels"]]:
    """Whole numbers from -127 to 127, and the scale of each output channel."""
    single = value.float().flatten(1)
    largest = single.abs().amax(1)
    exact = torch.where(largest > 0, largest / _LARGEST, 1.0)
    scale = exact.half() if bool((exact >= _SMALLEST_HALF).all()) else exact
    # rounded by the scale as it is stored; half precision may have made it a little smaller
    numbers = (single / scale.float()[:, None]).round().clamp(-_LARGEST, _LARGEST)
    return numbers.to(torch.int8).reshape(value.shape), scale


def expanded(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors in single precision, of what `quantised` gives.

    Raises:
        PoseloomError: scales without their tensor, or of another number than it has channels.
    """
    weights: dict[str, Tensor] = {}
    for name, value in stored.items():
        if name.endswith(SCALE):
            if name.removesuffix(SCALE) not in stored:
                raise PoseloomError(f"{name} belongs to no tensor")
            continue
        scale = stored.get(name + SCALE)
        if scale is None:
            weights[name] = value
            continue
        if value.dtype != torch.int8 or value.ndim < 1 or scale.shape != value.shape[:1]:
            raise PoseloomError(f"{name} is {tuple(value.shape)} of {value.dtype}, its scales are {tuple(scale.shape)}")
        weights[name] = value.float() * scale.float().reshape(-1, *[1] * (value.ndim - 1))
    return weights


def is_quantised(content: bytes) -> bool:
    """Whether a safetensors file says so in its metadata; False for anything that is no such file."""
    length = int.from_bytes(content[:_HEADER_BYTES], "little")
    try:
        header = json.loads(content[_HEADER_BYTES : _HEADER_BYTES + length])
        return bool(header["__metadata__"][METADATA_KEY] == SCHEME)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _can_be(value: Tensor) -> bool:
    return bool(value.abs().max() <= _LARGEST_HALF)  # False for nan


def half(value: Tensor) -> Tensor:
    """In half precision, where its numbers are not whole and fit."""
    fits = value.is_floating_point() and (value.numel() == 0 or bool(value.abs().max() <= _LARGEST_HALF))
    return value.half() if fits else value
