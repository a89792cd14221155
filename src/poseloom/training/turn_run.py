"""One turn of a stage while it runs: its optimiser, its learning rate, its gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer, RMSprop

from poseloom.base.errors import PoseloomError
from poseloom.training import recipe
from poseloom.training.learner import HeldBatch, Learner
from poseloom.training.recipe import Stage
from poseloom.training.schedule import rate_factor
from poseloom.training.turns import TOTAL, Losses, Turn, parameters_of

if TYPE_CHECKING:
    from lightning.fabric import Fabric

_OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}
_RMSPROP = "rmsprop"
_FACTOR = "lr_factor"


class TurnRun:
    """A turn with its optimiser.

    Args:
        turn: who learns.
        number: its place among the turns of the stage; numbers drawn in it depend on that.
        learner: whose turn it is.
        stage: in which.
    """

    def __init__(self, turn: Turn, number: int, learner: Learner, stage: Stage):
        self.turn, self.number, self.task = turn, number, learner.recipe.task
        self.settings = turn.settings(stage)
        optimizer, groups = self.settings.optimizer, []
        for group in turn.groups:
            parameters = [one for one in group.parameters if one.requires_grad]
            decay = optimizer.weight_decay if group.decay else 0.0
            groups.append({"params": parameters, _FACTOR: group.lr_factor, "weight_decay": decay})
        if not any(group["params"] for group in groups):
            where = f"in stage {stage.name!r}" + (f", turn {turn.name!r}" if number else "")
            raise PoseloomError(f"{self.task}: no parameter needs a gradient {where}")
        self.optimizer: Optimizer = _made(optimizer, groups)
        mine = {id(parameter) for parameter in parameters_of(turn)}
        self.resting = [one for one in learner.parameters() if one.requires_grad and id(one) not in mine]

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return self.optimizer.param_groups[0]["lr"]

    def set_rate(self, step: int, steps: int, per_epoch: int) -> None:
        """The learning rate follows from the step of the stage alone."""
        factor = rate_factor(self.settings.schedule, step, steps, per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.optimizer.lr * factor * group[_FACTOR]

    @contextmanager
    def taken(self) -> Iterator[None]:
        """For the block the parameters of the other turns get no gradient."""
        for parameter in self.resting:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in self.resting:
                parameter.requires_grad_(True)

    def backward(self, fabric: Fabric, module: Any, batch: Any, parts: int, *, last: bool) -> Losses:
        """Losses of a batch and their gradients, which are added up over the `parts` of a step.

        Where all parameters learn, processes exchange gradients in the last part's backward pass; where some rest,
        `step` does it, because DistributedDataParallel waits for the gradients of all.
        """
        syncs = last and not self.resting
        with nullcontext() if syncs else fabric.no_backward_sync(module):
            losses = module(HeldBatch(batch, self.turn.losses))
            if TOTAL not in losses:
                problem = f"{TOTAL!r} is missing, got {', '.join(losses)}"
                raise PoseloomError(f"{self.task}: losses: {problem}")
            fabric.backward(losses[TOTAL] / parts)
        return losses

    def step(self, fabric: Fabric, module: Any) -> None:
        """One step of the optimiser along the gradients."""
        if self.resting and fabric.world_size > 1:
            _averaged(fabric, [one for group in self.optimizer.param_groups for one in group["params"]])
        if self.settings.clip:
            clip = self.settings.clip
            fabric.clip_gradients(module, self.optimizer, max_norm=clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


def _made(options: recipe.Optimizer, groups: list[dict[str, Any]]) -> Optimizer:
    if options.name == _RMSPROP:
        return RMSprop(groups, lr=options.lr, alpha=options.beta2)
    return _OPTIMIZERS[options.name](groups, lr=options.lr, betas=(options.beta1, options.beta2))


def _averaged(fabric: Fabric, parameters: list[nn.Parameter]) -> None:
    """Each gradient becomes its mean over the processes; one that no process has stays away."""
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    gradients: list[Tensor] = [one.grad for one in parameters if one.grad is not None]
    flat = torch.cat([one.flatten().float() for one in gradients])
    reduced: Any = fabric.all_reduce(flat, reduce_op="mean")
    first = 0
    for gradient in gradients:
        gradient.copy_(reduced[first : first + gradient.numel()].view_as(gradient))
        first += gradient.numel()
