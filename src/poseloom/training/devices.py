"""Devices by the names that users give them, and the one on which models are opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

from poseloom.base.errors import PoseloomError, closest

CPU = "cpu"
KINDS = ("cpu", "cuda", "mps", "auto")
"""What a device may be called; ``cuda:1`` is the second of them, ``gpu`` another word for ``cuda``."""
_NUMBERED = re.compile(r"cuda:\d{1,3}")
_CHOSEN: ContextVar[str] = ContextVar("device", default=CPU)


def device_named(name: str, where: str = "device") -> torch.device:
    """The device of a name; ``auto`` is a CUDA device where there is one, else the CPU.

    Args:
        name: one of `KINDS`, or ``cuda:N``.
        where: what the name was given as, for the message.

    Raises:
        PoseloomError: an unknown name, or a device that this machine has not.
    """
    known = "cuda" if name == "gpu" else name.lower()
    if known == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else CPU)
    if known not in KINDS and not _NUMBERED.fullmatch(known):
        raise PoseloomError(
            f"{where}: unknown device {name!r}; expected cpu, cuda, cuda:N, mps or auto{closest(known, KINDS)}"
        )
    if known != CPU and not _is_here(known):
        raise PoseloomError(f"{where}: {known} asked for, none here; leave it out, or say cpu or auto")
    return torch.device(known)


def _is_here(name: str) -> bool:
    if name == "mps":
        return has_mps()
    number = int(name.partition(":")[2] or 0)
    return torch.cuda.is_available() and number < torch.cuda.device_count()


def has_mps() -> bool:
    """Whether this is a Mac whose graphics processor computes."""
    return torch.backends.mps.is_available()


@contextmanager
def on_device(name: str) -> Iterator[torch.device]:
    """Within the block models are opened on this device: ``with on_device("cuda"): generate(...)``.

    Poses and texts are given and taken on the CPU as ever; the networks alone compute there. Another device rounds
    differently, so what is drawn may differ in the last digits.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps`` or ``auto``.

    Raises:
        PoseloomError: this machine has no such device.
    """
    device = device_named(name)
    token = _CHOSEN.set(str(device))
    try:
        yield device
    finally:
        _CHOSEN.reset(token)


def chosen_device() -> torch.device:
    """The device of the `on_device` block around, the CPU without one."""
    return torch.device(_CHOSEN.get())
