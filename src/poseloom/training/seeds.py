"""Random numbers that follow from where the run is, so that nothing random needs to be carried in a checkpoint."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
import torch

from poseloom.base.streams import mix_numbers

_NUMPY_SEEDS = 2**32
_TORCH_SEEDS = 2**63


class Purpose(IntEnum):
    """What is drawn; each has a stream of its own."""

    BUILD = 1
    DATA = 2
    STEP = 3
    VALIDATION = 4
    EVALUATION = 5


def stream(seed: int, purpose: Purpose, *place: int) -> int:
    """The seed of one stream, below 2**63."""
    return mix_numbers(seed, purpose, *place) % _TORCH_SEEDS


def seed_all(seed: int) -> None:
    """Seed torch (all devices), numpy's global generator and `random`."""
    random.seed(seed)
    np.random.seed(seed % _NUMPY_SEEDS)
    torch.manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed for the block; afterwards the generators go on as if it had not been."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    seed_all(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
