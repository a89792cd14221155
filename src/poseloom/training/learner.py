"""What a task gives to the engine: one object that holds a recipe's model, losses and data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.training.batches import Batches, Share
from poseloom.training.recipe import Recipe, Stage
from poseloom.training.turns import TOTAL as TOTAL
from poseloom.training.turns import Losses, Turn
from poseloom.training.turns import ParameterGroup as ParameterGroup

TRAINING = "train"
"""The only turn of a learner that does not state its turns."""


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
    """A batch out of Lightning's sight, which would round its numbers to 16 bits before mixed precision begins.

    Args:
        batch: what is learned from.
        losses: those of the turn that is taken.
    """

    def __init__(self, batch: Any, losses: Callable[[Any], Losses]):
        self.batch, self.losses = batch, losses


class Learner(nn.Module, ABC):
    """Model, losses and data of one recipe.

    Everything with weights that are trained is a submodule (a temperature of a loss as well); `model` is the part that
    is exported and predicts. The engine calls, for each stage, `begin`, `batches` and `parameter_groups` once, then
    `losses` for each batch, `validate` in between. Before each of them it seeds torch, numpy and `random` from the
    recipe's seed and the position, so that a step draws the same numbers in a run that was resumed.

    Where one total is not enough, as with an adversary, a learner gives its `turns` instead of `losses` and
    `parameter_groups`. What it gathers while it trains, besides weights, it gives as `run_state`.

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

    def losses(self, batch: Any) -> Losses:
        """Scalar losses of a batch by name; `total` is minimised, the others are logged."""
        raise PoseloomError(f"{type(self).__name__} has neither losses nor turns; give it one of them")

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Figures on the validation split; one is named by `monitor`. Called in evaluation mode, without gradients,
        in the first process alone."""

    def evaluate(self, split: str) -> dict[str, float]:
        """The figures of the task's protocol on a split; by default those of the validation."""
        if split != "val":
            raise PoseloomError(f"{self.recipe.task}: split {split!r} is unknown; this task evaluates on 'val'")
        return self.validate()

    def published(self) -> Mapping[str, Mapping[str, float]]:
        """Name -> figures that others published of such runs; `poseloom evaluate` prints them beside one's own."""
        return {}

    def begin(self, stage: Stage) -> None:
        """Called before a stage: freeze or thaw parameters here."""

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        """How the parameters share the learning rate; by default all alike."""
        return [ParameterGroup(list(self.parameters()))]

    def turns(self, stage: Stage) -> Sequence[Turn]:
        """Who learns in each step, in this order; by default one turn with all parameter groups and `losses`.

        Called before the run as well, for the names. Batches of a step are shown to each turn that is due; the
        parameters of the others get no gradient meanwhile.
        """
        return [Turn(TRAINING, self.parameter_groups(stage), self.losses)]

    def run_state(self) -> dict[str, Any]:
        """What a checkpoint keeps besides weights: tensors and plain values in dictionaries and lists.

        Taken in the first process, whenever the last checkpoint is written; see `SampleStore` for one that is the same
        in all processes.
        """
        return {}

    def load_run_state(self, state: dict[str, Any]) -> None:
        """Take back what `run_state` gave, on the CPU; called in all processes before a resumed run goes on."""

    def pictures(self) -> dict[str, Tensor]:
        """Name -> RGB picture of 8 bits, (3, height, width): what TensorBoard shows after each validation."""
        return {}

    def extras(self) -> dict[str, Any]:
        """What the exported model needs besides recipe and weights, as JSON (a vocabulary, say)."""
        return {}

    def forward(self, held: HeldBatch) -> Losses:
        """What the engine calls, so that several processes can hook in."""
        return held.losses(held.batch)

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return next((p.device for p in self.parameters()), torch.device("cpu"))
