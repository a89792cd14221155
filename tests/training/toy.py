"""A whole task in one file: a small network learns made-up curves. The example of docs/training.md."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from poseloom.tasks import Declaration
from poseloom.training import (
    Batches,
    DatasetBatches,
    Learner,
    MadeBatches,
    Monitor,
    ParameterGroup,
    Recipe,
    Share,
    Stage,
    Task,
    overlaid,
)


@dataclass(frozen=True)
class ToyModel:
    """The network.

    Args:
        width: numbers of the hidden layer.
        dropout: share of hidden units that rest.
    """

    width: int = 16
    dropout: float = 0.1


@dataclass(frozen=True)
class ToyData:
    """The curves.

    Args:
        phase: where the sine begins, radians.
        noise: standard deviation of what is added.
        samples: how many a fixed set has; 0 makes new ones all the time.
        batches: how many an epoch has, where samples are made.
    """

    phase: float = 0.0
    noise: float = 0.1
    samples: int = 0
    batches: int = 10


@dataclass(frozen=True)
class ToyRecipe(Recipe):
    """How the toy is trained.

    Args:
        model: the network.
        data: the curves.
    """

    model: ToyModel = field(default_factory=ToyModel)
    data: ToyData = field(default_factory=ToyData)


class ToyLearner(Learner):
    monitor = Monitor("error", "min")

    def __init__(self, recipe: ToyRecipe):
        super().__init__(recipe)
        width = recipe.model.width
        self.model = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Dropout(recipe.model.dropout), nn.Linear(width, 1)
        )
        self.scale = nn.Parameter(torch.zeros(()))  # a weight of the loss, trained as well

    def batches(self, share: Share) -> Batches:
        data = overlaid(self.recipe.data, share.stage.data)
        if data.samples:
            return DatasetBatches(torch.utils.data.TensorDataset(*curve(share.seed, data.samples, data)), share)
        return MadeBatches(lambda seed, count: curve(seed, count, data), share, data.batches, chunk=4, join=joined)

    def losses(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        x, y = batch
        error = (self.model(x) - y).square().mean()
        return {"total": error * torch.exp(-self.scale) + self.scale, "error": error}

    def validate(self) -> dict[str, float]:
        x, y = curve(0, 64, self.recipe.data)
        return {"error": (self.model(x.to(self.device)) - y.to(self.device)).square().mean().item()}

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [ParameterGroup(list(self.model.parameters())), ParameterGroup([self.scale], lr_factor=0.1, decay=False)]


def curve(seed: int, count: int, data: ToyData) -> tuple[Tensor, Tensor]:
    """Points of a noisy sine."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 1, generator=generator) * 6 - 3
    return x, torch.sin(x + data.phase) + data.noise * torch.randn(count, 1, generator=generator)


def joined(chunks: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return torch.cat([x for x, _ in chunks]), torch.cat([y for _, y in chunks])


TASK = Task("toy", "a sine curve", ToyRecipe, ToyLearner)
DECLARATION = Declaration("toy", "a sine curve", model="ToyCurve", offers=(), learners={"default": "toy"})
