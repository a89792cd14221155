"""A task that needs all of the engine: two networks in turns, a store of what was found out, two data sets by share."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from poseloom.training import (
    Batches,
    DatasetBatches,
    Learner,
    Mix,
    MixedBatches,
    Monitor,
    ParameterGroup,
    Recipe,
    SampleStore,
    Share,
    Stage,
    Task,
    Turn,
    TurnOptions,
)

SIZES = {"ring": 40, "line": 9}
NOISE = 2


@dataclass(frozen=True, eq=False)
class PointBatch:
    """Points of the plane, and their numbers in the store."""

    numbers: Int[Tensor, " batch"]
    points: Float[Tensor, "batch 2"]


@dataclass(frozen=True)
class PointData:
    """The points.

    Args:
        mix: how much of a batch comes from the ring and from the line.
    """

    mix: Mix = field(default_factory=lambda: Mix({"ring": 0.7, "line": 0.3}))


@dataclass(frozen=True)
class GanRecipe(Recipe):
    """How points are imitated.

    Args:
        data: the points.
    """

    data: PointData = field(default_factory=PointData)


class Points(Dataset):
    """Points of a shape, numbered from `first`."""

    def __init__(self, shape: str, first: int):
        angle = torch.arange(SIZES[shape]) / SIZES[shape] * 6
        self.first = first
        self.points = torch.stack([angle.cos(), angle.sin() if shape == "ring" else angle], dim=-1)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, place: int) -> tuple[int, Tensor]:
        return self.first + place, self.points[place]


class GanLearner(Learner):
    monitor = Monitor("reach", "max")

    def __init__(self, recipe: GanRecipe):
        super().__init__(recipe)
        self.model = nn.Sequential(nn.Linear(NOISE, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 1))
        self.store = SampleStore(sum(SIZES.values()), {"realness": (1,)})

    def batches(self, share: Share) -> Batches:
        sources = {
            "ring": lambda part: DatasetBatches(Points("ring", 0), part, collate),
            "line": lambda part: DatasetBatches(Points("line", SIZES["ring"]), part, collate),
        }
        return MixedBatches(sources, self.recipe.data.mix, share, per_epoch=5)

    def turns(self, stage: Stage) -> list[Turn]:
        judging, making = list(self.discriminator.parameters()), list(self.model.parameters())
        return [
            Turn("discriminator", [ParameterGroup(judging)], self.discriminated, TurnOptions(beta1=0.5)),
            Turn("generator", [ParameterGroup(making)], self.generated, TurnOptions(every=2)),
        ]

    def discriminated(self, batch: PointBatch) -> dict[str, Tensor]:
        real = self.discriminator(batch.points)
        with torch.no_grad():
            made = self.made(batch)
        before, known = self.store.read(batch.numbers)
        self.store.write(batch.numbers, realness=real)
        steady = ((real - before["realness"]) * known[:, None]).square().mean()
        total = functional.softplus(-real).mean() + functional.softplus(self.discriminator(made)).mean()
        return {"total": total + 0.1 * steady, "steady": steady}

    def generated(self, batch: PointBatch) -> dict[str, Tensor]:
        return {"total": functional.softplus(-self.discriminator(self.made(batch))).mean()}

    def made(self, batch: PointBatch) -> Tensor:
        return self.model(torch.randn(len(batch.points), NOISE, device=batch.points.device))

    def validate(self) -> dict[str, float]:
        return {"reach": self.model(torch.randn(64, NOISE)).norm(dim=-1).mean().item()}

    def run_state(self) -> dict:
        return self.store.state()

    def load_run_state(self, state: dict) -> None:
        self.store.load(state)


def collate(items: list[tuple[int, Tensor]]) -> PointBatch:
    return PointBatch(torch.tensor([number for number, _ in items]), torch.stack([point for _, point in items]))


TASK = Task("toy_gan", "points of a ring and a line", GanRecipe, GanLearner)
