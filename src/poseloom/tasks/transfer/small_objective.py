"""How the generator that finds its field of places by itself is trained: as the default one."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import nn

from poseloom.tasks.transfer.models.small import SmallConfig, SmallGenerator
from poseloom.tasks.transfer.objective import WarpedLearner, WarpedRecipe
from poseloom.training import Task


@dataclass(frozen=True)
class SmallRecipe(WarpedRecipe):
    """How the generator without a geometry of limbs is trained and measured.

    Args:
        algorithm: tells these recipes from others of the task.
        model: its sizes.
    """

    algorithm: str = "small"
    model: SmallConfig = field(default_factory=SmallConfig)  # type: ignore[assignment]


class SmallLearner(WarpedLearner):
    """The small generator, and a discriminator that sees the target's map as well."""

    kind = "small"
    recipe: SmallRecipe

    def first_generator(self) -> nn.Module:
        return SmallGenerator(self.recipe.model)


TASK = Task("transfer", "a person in another pose, by a field of places", SmallRecipe, SmallLearner)
