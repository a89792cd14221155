"""Exponential moving average of the weights (Polyak & Juditsky 1992): what is validated and kept where it is on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_WARMING = 10
"""The decay grows as (1 + n) / (10 + n), so that the first random weights are soon forgotten."""


class MovingAverage:
    """Averages of the parameters that need gradients; the others and all buffers stay the model's own."""

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.updates = 0
        self._module = module
        self.averages = {name: p.detach().clone() for name, p in module.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (_WARMING + self.updates))
        current = dict(self._module.named_parameters())
        weights = [current[name].detach() for name in self.averages]
        torch._foreach_lerp_(list(self.averages.values()), weights, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module has the averaged weights for the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        current = dict(self._module.named_parameters())
        for name, average in self.averages.items():
            kept = average.clone()
            average.copy_(current[name])
            current[name].copy_(kept)

    def state_dict(self) -> dict[str, int | dict[str, Tensor]]:
        return {"updates": self.updates, "averages": self.averages}

    def load_state_dict(self, state: dict) -> None:
        self.updates = int(state["updates"])
        for name, average in self.averages.items():
            average.copy_(state["averages"][name])
