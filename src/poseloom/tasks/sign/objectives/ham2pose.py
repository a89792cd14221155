"""How Ham2Pose learns: to blend in the right sequence at each of its steps, one after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.losses import length_loss, masked_loss, seen_loss
from poseloom.tasks.sign.models.ham2pose import Ham2Pose
from poseloom.tasks.sign.models.steps import blend_sizes, cumulative_size, whole_blend_sizes

_NOISE = 1e-4
"""Standard deviation of what is added after each step in training."""


def ham2pose_losses(model: Ham2Pose, batch: SignBatch) -> dict[str, Tensor]:
    """``refinement``: each step of a path against its target; ``length``, squared frames; ``total``."""
    config, gold = model.config, batch.values
    text = model.encode_text(model.tokens(list(batch.texts)))
    sizes = blend_sizes(config.steps) if config.published else whole_blend_sizes(config.steps)
    current = gold[:, :1].expand_as(gold)
    refinement = gold.new_zeros(())
    for step, size in enumerate(sizes):
        moved = model.moved(current, size, model.output(text, current, batch.padding, step))
        # the published target is where the whole way so far leads, though the step went a part of it
        share = cumulative_size(step + 1, config.steps) if config.published else size
        target = gold * share if config.add else share * gold + (1 - share) * current
        target = current + target if config.add else target
        if config.published:
            refinement = refinement + masked_loss(target, moved, batch.confidence, steps=config.steps)
        else:  # weighed so that each step asks for the whole sequence alike
            refinement = refinement + seen_loss(target, moved, batch.confidence) / size**2
        current = _next(model, target, moved.detach())
    length = length_loss(model.lengths(text), batch.lengths)
    return {"total": refinement + config.length_weight * length, "refinement": refinement, "length": length}


def _next(model: Ham2Pose, target: Tensor, moved: Tensor) -> Tensor:
    if not model.training:
        return target
    chosen = target if float(torch.rand(())) < model.config.teacher_forcing else moved
    return chosen + _NOISE * torch.randn_like(chosen)
