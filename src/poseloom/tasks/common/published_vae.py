"""The published generators of poses from texts: a conditional VAE whose body's points, joints and rotations count."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from poseloom.tasks.common.published_learner import ReadingLearner, groups_with, mean_of
from poseloom.tasks.common.published_recipe import PublishedRecipe, ReadingData, check_stages
from poseloom.tasks.common.reconstruction import SampleProtocol
from poseloom.tasks.common.surfaces import Wearer
from poseloom.training import Monitor, ParameterGroup, Stage


@dataclass(frozen=True)
class WornData(ReadingData):
    """A table with texts, and the body that wears its poses.

    Args:
        body: model file of SMPL-H, as published; the free body, whose figures are its own, where it is empty.
    """

    body: str = ""


@dataclass(frozen=True)
class VaeRecipe(PublishedRecipe):
    """How such a model is trained and measured. A subclass adds its sizes, data and weights.

    Args:
        pose_lr_factors: factor of the learning rate of the parts that know poses alone, by stage; 1 where none is
            given.
        protocol: how many samples are drawn.
    """

    pose_lr_factors: dict[str, float] = field(default_factory=dict)
    protocol: SampleProtocol = field(default_factory=SampleProtocol)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_stages(self, "pose_lr_factors", self.pose_lr_factors)


class PublishedVaeLearner(ReadingLearner):
    """A conditional VAE on a table with texts; monitored by its loss."""

    monitor = Monitor("total", "min")

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        self.wearer = Wearer(recipe.data.body)

    @property
    def floor(self) -> float:
        """Nats below which the divergence of an item costs no less, in training."""
        return 0.0

    @abstractmethod
    def pose_parts(self) -> list[nn.Module]:
        """The parts of the model that know poses alone."""

    @abstractmethod
    def measured(self, batch: Any, floor: float) -> dict[str, Tensor]:
        """The loss of a batch as ``total``, and its parts."""

    def losses(self, batch: Any) -> dict[str, Tensor]:
        return self.measured(batch, self.floor)

    def validated(self, batches: Iterator[Any]) -> dict[str, float]:
        return mean_of([(len(batch.texts.lengths), self.measured(batch, 0.0)) for batch in batches])

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return groups_with(self, self.pose_parts(), self.recipe.pose_lr_factors.get(stage.name, 1.0))
