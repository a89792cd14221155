"""The networks that find people and their keypoints in pictures, as poseloom ships them."""

from __future__ import annotations

from functools import lru_cache

from poseloom.checkpoints.registry import WEIGHTS
from poseloom.tasks.keypoints.predict import KeypointReader, read_people


@lru_cache(maxsize=1)
def keypoint_reader() -> KeypointReader:
    """All six networks, opened once.

    Raises:
        FileError: a file of them is missing or damaged.
    """
    return read_people(WEIGHTS)
