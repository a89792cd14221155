"""What a run finds out about its samples and keeps: the best fit of a body to each photo so far, say (SPIN, Kolotouros
et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor, distributed

from poseloom.base.errors import PoseloomError


class SampleStore:
    """Tensors of samples by their numbers, one block of memory a field; the same in all processes, on the CPU.

    A learner hands it to the checkpoint: `run_state` returns its `state`, `load_run_state` calls its `load`.

    Args:
        samples: how many there are.
        fields: name -> shape of one sample's tensor.
        dtype: number type of all fields.
    """

    def __init__(self, samples: int, fields: Mapping[str, tuple[int, ...]], dtype: torch.dtype = torch.float32):
        self.values = {name: torch.zeros(samples, *shape, dtype=dtype) for name, shape in fields.items()}
        self.filled: Bool[Tensor, " samples"] = torch.zeros(samples, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self.filled)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Memory of its own: tensors that are sent to a process that is started share theirs with the sender's."""
        self.values = {name: kept.clone() for name, kept in state["values"].items()}
        self.filled = state["filled"].clone()

    def read(self, samples: Int[Tensor, " rows"]) -> tuple[dict[str, Tensor], Bool[Tensor, " rows"]]:
        """What is kept of samples, zeros where nothing is, and whether something is; on the device of `samples`.

        Raises:
            PoseloomError: there is no such sample.
        """
        rows = self._rows(samples)
        found = {name: kept[rows].to(samples.device) for name, kept in self.values.items()}
        return found, self.filled[rows].to(samples.device)

    @torch.no_grad()
    def write(self, samples: Int[Tensor, " rows"], **values: Tensor) -> None:
        """Keep tensors of samples. Each process calls it at the same steps, and each then knows what all have written.

        Raises:
            PoseloomError: there is no such sample, or the fields are others than the store's.
        """
        if set(values) != set(self.values):
            raise PoseloomError(f"store: expected the fields {', '.join(self.values)}, got {', '.join(values)}")
        rows = _of_all(self._rows(samples))
        for name, kept in self.values.items():
            kept.index_copy_(0, rows, _of_all(values[name].detach().to(kept)))
        self.filled[rows] = True

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: the tensors themselves, no copies."""
        return {"values": self.values, "filled": self.filled}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave; an empty state, as of a run without one, leaves the store as it is.

        Raises:
            PoseloomError: it is of other samples or fields.
        """
        if not state:
            return
        shapes = {name: kept.shape for name, kept in self.values.items()}
        found = {name: kept.shape for name, kept in state["values"].items()}
        if shapes != found:
            raise PoseloomError(
                f"store: expected tensors {_shapes_text(shapes)}, the checkpoint has {_shapes_text(found)}"
            )
        self.filled.copy_(state["filled"])
        for name, kept in self.values.items():
            kept.copy_(state["values"][name])

    def _rows(self, samples: Tensor) -> Tensor:
        rows = samples.detach().cpu().long()
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(self):
            raise PoseloomError(f"store: samples {int(rows.min())} to {int(rows.max())} of {len(self)} do not exist")
        return rows


def _of_all(values: Tensor) -> Tensor:
    """The rows of all processes, one after another by rank; processes may have different numbers of them."""
    if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
        return values
    parts: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(parts, values)
    return torch.cat(parts)


def _shapes_text(shapes: Mapping[str, torch.Size]) -> str:
    return ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items()) or "none"
