"""Turns: who learns from a step's batches, and how. An adversary and what it judges take turns, each its own losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor, nn

from poseloom.base.errors import PoseloomError, closest
from poseloom.training.recipe import Optimizer, Schedule, Stage, TurnOptions

TOTAL = "total"
"""Name of the loss that is minimised."""

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share a learning rate.

    Args:
        parameters: what it moves of the learner; those that need no gradient are passed over.
        lr_factor: multiplies the stage's learning rate.
        decay: whether the stage's weight decay applies.
    """

    parameters: list[nn.Parameter]
    lr_factor: float = 1.0
    decay: bool = True


@dataclass(frozen=True, eq=False)
class Turn:
    """One of those that learn in a step. Its parameters alone get gradients while its losses are computed.

    Args:
        name: recipes call it so.
        groups: the parameters that learn; no parameter belongs to two turns.
        losses: batch -> scalar losses by name; ``total`` is minimised.
        options: what it does in its own way; a recipe may change each of them.
    """

    name: str
    groups: Sequence[ParameterGroup]
    losses: Callable[[Any], Losses]
    options: TurnOptions = field(default_factory=TurnOptions)

    def settings(self, stage: Stage) -> TurnSettings:
        """What the recipe says of the turn, else the learner, else the stage."""
        mine = {key: value for key, value in vars(self.options).items() if value is not None}
        of_recipe = vars(stage.turns.get(self.name, TurnOptions()))
        mine |= {key: value for key, value in of_recipe.items() if value is not None}
        every, clip = mine.pop("every", 1), mine.pop("clip", stage.clip)
        schedule = mine.pop("schedule", stage.schedule)
        return TurnSettings(every, clip, schedule, replace(stage.optimizer, **mine))


@dataclass(frozen=True)
class TurnSettings:
    """How a turn goes in a stage, settled.

    Args:
        every: steps from one taking of the turn to the next.
        clip: greatest norm of its gradient; 0 clips nothing.
        schedule: how its learning rate moves.
        optimizer: how its weights follow gradients.
    """

    every: int
    clip: float
    schedule: Schedule
    optimizer: Optimizer

    def due(self, step: int) -> bool:
        """Whether the turn is taken at a step, from 0."""
        return (step + 1) % self.every == 0


def check_turns(turns: Sequence[Turn], stage: Stage, task: str) -> list[Turn]:
    """The turns of a stage, if they can be taken.

    Raises:
        PoseloomError: the recipe names a turn that is not there, or two have the same name or a parameter in common.
    """
    names = [turn.name for turn in turns]
    if not turns or len(set(names)) < len(names):
        raise PoseloomError(f"{task}: turns: expected one or more of different names, got {names}")
    for name in stage.turns:
        if name not in names:
            known = f"there is no turn {name!r} (of {', '.join(names)}){closest(name, names)}"
            raise PoseloomError(f"recipe: stages.{stage.name}.turns: {known}")
    owner: dict[int, str] = {}
    for turn in turns:
        for parameter in parameters_of(turn):
            other = owner.setdefault(id(parameter), turn.name)
            if other != turn.name:
                problem = f"a parameter belongs to {other!r} and to {turn.name!r}; give it to one of them"
                raise PoseloomError(f"{task}: turns: {problem}")
    return list(turns)


def parameters_of(turn: Turn) -> list[nn.Parameter]:
    """All parameters of a turn."""
    return [parameter for group in turn.groups for parameter in group.parameters]
