"""Random numbers without state: a function of seed, index and place alone.

The same seed gives the same draw in any process, in any batch and with any number of workers. The mixing is that of
SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_FRACTION_BITS = 24


def mix_numbers(*numbers: int) -> int:
    """A 64-bit number that looks random and depends on all of `numbers` and their order."""
    state = 0
    for number in numbers:
        state = (state ^ (number & _MASK)) + _GOLDEN & _MASK
        state = (state ^ state >> 30) * _FIRST & _MASK
        state = (state ^ state >> 27) * _SECOND & _MASK
        state ^= state >> 31
    return state


def text_key(text: str) -> int:
    """A number for a name that is the same in every process (FNV-1a), unlike `hash`."""
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 & _MASK
    return state


def uniform(seed: int, indices: NDArray[np.int64], places: int) -> NDArray[np.float32]:
    """Draws in [-1, 1) of shape (places, indices): place p of index i depends on (seed, i, p) alone."""
    with np.errstate(over="ignore"):
        rows = indices.astype(np.uint64)[None] * np.uint64(_GOLDEN) + np.uint64(mix_numbers(seed))
        state = rows ^ (np.arange(1, places + 1, dtype=np.uint64)[:, None] * np.uint64(_FIRST))
        state = (state ^ state >> np.uint64(30)) * np.uint64(_FIRST)
        state = (state ^ state >> np.uint64(27)) * np.uint64(_SECOND)
        state ^= state >> np.uint64(31)
    fraction = (state >> np.uint64(64 - _FRACTION_BITS)).astype(np.float32) / np.float32(1 << _FRACTION_BITS)
    return 2 * fraction - 1
