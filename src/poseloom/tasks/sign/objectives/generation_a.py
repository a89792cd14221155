"""How text-to-pose's first generation learns: to say what is missing, from wherever its own steps have led."""

from __future__ import annotations

import torch
from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.losses import length_loss, masked_loss, seen_loss
from poseloom.tasks.sign.models.generation_a import GenerationA

_SIZE_SPREAD = 0.1
"""Standard deviation of the step size in training."""
_NOISE = 1e-4
"""Standard deviation of what is added after each step in training."""


def generation_a_losses(model: GenerationA, batch: SignBatch) -> dict[str, Tensor]:
    """``refinement``: the change that is missing at each step of a path; ``length``, squared frames; ``total``."""
    config = model.config
    text = model.encode_text(model.tokens(list(batch.texts)))
    loss = masked_loss if config.published else seen_loss
    current = batch.values[:, :1].expand_as(batch.values)
    refinement = batch.values.new_zeros(())
    for _ in range(config.training_steps):
        target = batch.values - current
        change = model.change(text, current, batch.padding)
        refinement = refinement + loss(target, change, batch.confidence)
        current = _moved(model, current, change.detach() if model.training else target)
    length = length_loss(model.lengths(text), batch.lengths)
    return {"total": refinement + config.length_weight * length, "refinement": refinement, "length": length}


def _moved(model: GenerationA, current: Tensor, change: Tensor) -> Tensor:
    size = 1 + _SIZE_SPREAD * torch.randn(len(current), 1, 1, 1, device=current.device)
    moved = current + size * change
    return moved + _NOISE * torch.randn_like(moved) if model.training else moved
