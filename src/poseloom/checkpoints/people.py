"""The networks that find people, their keypoints and their poses in pictures, as poseloom ships them."""

from __future__ import annotations

from functools import lru_cache

import torch

from poseloom.checkpoints.places import WEIGHTS
from poseloom.tasks.keypoints.predict import KeypointReader, read_people
from poseloom.tasks.lifting.predict import PoseLifter, open_model
from poseloom.tasks.mesh_recovery.predict import LIFTED, check_algorithm
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


@lru_cache(maxsize=1)
def pose_lifter() -> PoseLifter:
    """The network that lifts landmarks, opened once; it is small and computes on the CPU.

    Raises:
        FileError: it is missing or damaged.
    """
    return open_model(WEIGHTS / "lifting.safetensors")


def lifter_of(algorithm: str) -> PoseLifter | None:
    """The lifter of a way to bodies; None for that without one.

    Raises:
        PoseloomError: the algorithm is unknown.
        FileError: the lifter is missing or damaged.
    """
    check_algorithm(algorithm)
    return pose_lifter() if algorithm == LIFTED else None
