"""Batches in the order of their places, prepared here or in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from poseloom.training.batches import Batches, Place


def feed(batches: Batches, places: Sequence[Place], workers: int, pin: bool) -> Iterator[Any]:
    """The batches at `places`, one after another.

    Args:
        batches: number of batches of the stage.
        places: which, in which order.
        workers: processes that prepare them ahead; 0 prepares each when it is asked for.
        pin: into memory from which a GPU copies faster.
    """
    if workers == 0:
        return (batches[place] for place in places)
    dataset: Any = batches
    sampler: Any = places
    return iter(
        DataLoader(dataset, batch_size=None, sampler=sampler, num_workers=workers, collate_fn=_as_it_is, pin_memory=pin)
    )


def on_device(batch: Any, device: torch.device) -> Any:
    """A batch with all its tensors on a device.

    Looks into lists, tuples, mappings and data classes; anything else that has a method `to` uses it.
    """
    if hasattr(batch, "to"):
        return batch.to(device, non_blocking=True) if isinstance(batch, Tensor) else batch.to(device)
    if isinstance(batch, Mapping):
        return {key: on_device(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(on_device(value, device) for value in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(on_device(value, device) for value in batch)
    if is_dataclass(batch) and not isinstance(batch, type):
        return replace(batch, **{one.name: on_device(getattr(batch, one.name), device) for one in fields(batch)})
    return batch


def _as_it_is(batch: Any) -> Any:
    return batch
