"""Splits where a data set brings none: by a hash of the recording's name, so that its rows stay together."""

from __future__ import annotations

from poseloom.base.streams import mix_numbers, text_key

TRAIN, VAL, TEST = "train", "val", "test"
_SHARES = ((TRAIN, 0.8), (VAL, 0.1), (TEST, 0.1))
_RANGE = 1 << 64


def split_of(sequence: str) -> str:
    """``train`` (80 %), ``val`` or ``test`` (10 % each): the same for a name in any table and any process."""
    place = mix_numbers(text_key(sequence)) / _RANGE
    for name, share in _SHARES:
        if place < share:
            return name
        place -= share
    return TEST
