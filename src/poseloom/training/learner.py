"""What a task gives to the engine: one object that holds a recipe's model, losses and data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.training.batches import Batches, Share
from poseloom.training.recipe import Recipe, Stage

TOTAL = "total"
"""Name of the loss that is minimised."""


@dataclass(frozen=True)
class Monitor:
    """The validation figure that picks the best checkpoint.

    Args:
        name: a key of what `Learner.validate` returns.
        best: the greatest (max) or the least (min) is best.
    """

    name: str = TOTAL
    best: Literal["min", "max"] = "min"

    def better(self, figure: float, than: float | None) -> bool:
        """Whether `figure` beats the best so far; a figure that is not a number never does."""
        if figure != figure:
            return False
        if than is None:
            return True
        return figure > than if self.best == "max" else figure < than


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share a learning rate.

    Args:
        parameters: of the learner; those that need no gradient are passed over.
        lr_factor: multiplies the stage's learning rate.
        decay: whether the stage's weight decay applies.
    """

    parameters: list[nn.Parameter]
    lr_factor: float = 1.0
    decay: bool = True


@dataclass
class Position:
    """Where the run is; the engine keeps it up to date, so that a loss may follow it (an annealed weight, say).

    Args:
        stage: number of the stage, from 0.
        epoch: within the stage, from 0.
        step: optimiser steps taken in the stage.
        steps: optimiser steps of the whole stage.
    """

    stage: int = 0
    epoch: int = 0
    step: int = 0
    steps: int = 1


class HeldBatch:
    """A batch out of Lightning's sight, which would round its numbers to 16 bits before mixed precision begins."""

    def __init__(self, batch: Any):
        self.batch = batch


class Learner(nn.Module, ABC):
    """Model, losses and data of one recipe.

    Everything with weights that are trained is a submodule (a temperature of a loss as well); `model` is the part that
    is exported and predicts. The engine calls, for each stage, `begin`, `batches` and `parameter_groups` once, then
    `losses` for each batch, `validate` in between. Before each of them it seeds torch, numpy and `random` from the
    recipe's seed and the position, so that a step draws the same numbers in a run that was resumed.

    Args:
        recipe: the whole recipe; subclasses narrow its type.
    """

    model: nn.Module
    monitor: Monitor = Monitor()
    kept_elsewhere: tuple[str, ...] = ()
    """Prefixes of state-dict names that no checkpoint repeats: frozen weights that come from a file of their own."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.position = Position()

    @abstractmethod
    def batches(self, share: Share) -> Batches:
        """The training batches of a stage, this process's share of each; see `training.batches`."""

    @abstractmethod
    def losses(self, batch: Any) -> dict[str, Tensor]:
        """Scalar losses of a batch by name; `total` is minimised, the others are logged."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Figures on the validation split; one is named by `monitor`. Called in evaluation mode, without gradients,
        in the first process alone."""

    def evaluate(self, split: str) -> dict[str, float]:
        """The figures of the task's protocol on a split; by default those of the validation."""
        if split != "val":
            raise PoseloomError(f"{self.recipe.task}: split {split!r} is unknown; this task evaluates on 'val'")
        return self.validate()

    def begin(self, stage: Stage) -> None:
        """Called before a stage: freeze or thaw parameters here."""

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        """How the parameters share the learning rate; by default all alike."""
        return [ParameterGroup(list(self.parameters()))]

    def extras(self) -> dict[str, Any]:
        """What the exported model needs besides recipe and weights, as JSON (a vocabulary, say)."""
        return {}

    def forward(self, held: HeldBatch) -> dict[str, Tensor]:
        """What the engine calls, so that several processes can hook in."""
        return self.losses(held.batch)

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return next((p.device for p in self.parameters()), torch.device("cpu"))
