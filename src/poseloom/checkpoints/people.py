"""The networks that find people and their keypoints in pictures, as poseloom ships them."""

from __future__ import annotations

from functools import lru_cache

import torch

from poseloom.checkpoints.places import WEIGHTS
from poseloom.tasks.keypoints.predict import KeypointReader, read_people
from poseloom.training.devices import chosen_device, device_named


def keypoint_reader(device: str | None = None) -> KeypointReader:
    """All six networks, opened once for a device; by default that of the `on_device` block around.

    Raises:
        FileError: a file of them is missing or damaged.
    """
    return _opened(str(chosen_device() if device is None else device_named(device)))


@lru_cache(maxsize=2)
def _opened(device: str) -> KeypointReader:
    return read_people(WEIGHTS, torch.device(device))
