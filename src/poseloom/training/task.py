"""How a task makes itself known to the engine and to the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poseloom.training.learner import Learner
from poseloom.training.recipe import Recipe
from poseloom.training.seeds import Purpose, seeded, stream


@dataclass(frozen=True)
class Task:
    """A capability that can be trained and evaluated.

    Args:
        name: what its folder under tasks is called.
        summary: one line, for lists.
        recipe: its recipe class.
        learner: makes a learner of such a recipe; usually the learner's class.
    """

    name: str
    summary: str
    recipe: type[Recipe]
    learner: Callable[[Any], Learner]

    def build(self, recipe: Recipe) -> Learner:
        """The learner of a recipe, its first weights drawn from the recipe's seed."""
        with seeded(stream(recipe.seed, Purpose.BUILD)):
            return self.learner(recipe)
