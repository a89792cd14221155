"""How far each refinement goes: noise proportions of diffusion, Ham2Pose's step sizes, and step sizes for any number.

Schedules: text-to-pose (diffusion.py) after Nichol & Dhariwal 2021 and Ho et al. 2020; Ham2Pose, arXiv 2211.13613.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

_COSINE_OFFSET = 0.008
_LEAST, _MOST = 1e-4, 1.0
_FIRST_BETA, _LAST_BETA = 1e-4, 0.02
_SIGMOID_REACH = 6.0
_FIRST_SIZE = 0.1


def cosine_betas(steps: int) -> Float[Tensor, "steps"]:
    """1 - a(t + 1) / a(t) of the squared cosine a, clipped to [1e-4, 1]."""
    alphas = _cosine(steps)
    return (1 - alphas[1:] / alphas[:-1]).clamp(_LEAST, _MOST)


def cosine_proportions(steps: int) -> Float[Tensor, "steps"]:
    """1 - a(t + 1): the share of the start that is left at step t, rising evenly to 1."""
    return (1 - _cosine(steps)[1:]).clamp(_LEAST, _MOST)


def linear_betas(steps: int) -> Float[Tensor, "steps"]:
    """From 1e-4 to 0.02."""
    return torch.linspace(_FIRST_BETA, _LAST_BETA, steps)


def quadratic_betas(steps: int) -> Float[Tensor, "steps"]:
    """Squares of a ramp of the square roots."""
    return torch.linspace(_FIRST_BETA**0.5, _LAST_BETA**0.5, steps) ** 2


def sigmoid_betas(steps: int) -> Float[Tensor, "steps"]:
    """A logistic ramp of -6 to 6 between the same ends."""
    ramp = torch.linspace(-_SIGMOID_REACH, _SIGMOID_REACH, steps)
    return torch.sigmoid(ramp) * (_LAST_BETA - _FIRST_BETA) + _FIRST_BETA


def step_fractions(betas: Float[Tensor, "steps"]) -> Float[Tensor, "steps"]:
    """(beta(n) - beta(n - 1)) / (1 - beta(n - 1)), beta(-1) = 0: what of the rest each step adds."""
    before = torch.cat([betas.new_zeros(1), betas[:-1]])
    return (betas - before) / (1 - before)


def cumulative_size(step: int, steps: int) -> float:
    """Ham2Pose's s(k): 0.1 for k < 2, then ln k / ln T; 1 at the end, also where there is one step alone."""
    if step >= steps:
        return 1.0
    return _FIRST_SIZE if step < 2 else math.log(step) / math.log(steps)


def blend_sizes(steps: int) -> list[float]:
    """Ham2Pose's published step sizes s(i + 1) - s(i), s(0) = 0; they add up to 1, but a third of the start is left."""
    sizes = [0.0, *(cumulative_size(step, steps) for step in range(1, steps + 1))]
    return [after - before for before, after in pairwise(sizes)]


def whole_blend_sizes(steps: int) -> list[float]:
    """Step sizes after which the share s(k) of the start has been replaced: the last one is 1."""
    sizes = [0.0, *(cumulative_size(step, steps) for step in range(1, steps + 1))]
    return [(after - before) / (1 - before) for before, after in pairwise(sizes)]


def between_rows(table: Float[Tensor, "rows width"], place: float) -> Float[Tensor, "width"]:
    """A row of a table; between two rows by linear interpolation."""
    low = math.floor(place)
    high = min(low + 1, len(table) - 1)
    return torch.lerp(table[low], table[high], place - low)


def _cosine(steps: int) -> Float[Tensor, "steps_and_1"]:
    x = torch.linspace(0, steps, steps + 1) / steps  # in single precision, as released
    alphas = torch.cos((x + _COSINE_OFFSET) / (1 + _COSINE_OFFSET) * math.pi / 2) ** 2
    return alphas / alphas[0]
