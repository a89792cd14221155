"""How text-to-pose's last generation learns: to say the clean sequence from a blend with its start."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.losses import length_loss, masked_loss, seen_loss, unsmoothness
from poseloom.tasks.sign.models.generation_c import GenerationC
from poseloom.tasks.sign.models.parts import TextEncoding

_LONGEST_BLOCK = 21
"""Keypoints that one block hides at most in training."""


def generation_c_losses(model: GenerationC, batch: SignBatch) -> dict[str, Tensor]:
    """``refinement`` of a noisy blend to the clean sequence, ``reconstruction`` of hidden points of the first frame,
    ``smoothness``, ``length`` in squared frames; their weighted ``total``."""
    config, gold = model.config, batch.values
    texts = ["" if float(torch.rand(())) < config.no_text else text for text in batch.texts]
    text = model.encode_text(model.tokens(texts if model.training else list(batch.texts)))
    steps = torch.randint(config.steps, (len(gold),), device=gold.device)
    blend = _noisy_blend(model, gold, steps)
    found = model.clean(text, blend, batch.padding, model.step_embedding(steps))
    first = gold[:, 0]
    mended = model.pose_correction(_with_hidden_block(model, first).flatten(1)).view_as(first)
    refinement = _loss(model, gold, found, batch.confidence, config.steps)
    parts = {
        "refinement": refinement,
        "reconstruction": _loss(model, first[:, None], mended[:, None], batch.confidence[:, :1], 1),
        "smoothness": unsmoothness(found, batch.confidence, config.steps, cyclic=config.published),
        "length": length_loss(_sampled_length(model, text), batch.lengths),
    }
    weights = {"smoothness": config.smoothness_weight, "length": config.length_weight}
    weighted = torch.stack([weights.get(name, 1.0) * value for name, value in parts.items()])
    return {"total": weighted.sum(), **parts}


def _loss(model: GenerationC, label: Tensor, found: Tensor, confidence: Tensor, steps: int) -> Tensor:
    if model.config.published:
        return masked_loss(label, found, confidence, steps=steps)
    return seen_loss(label, found, confidence)


def _noisy_blend(model: GenerationC, gold: Tensor, steps: Int[Tensor, "batch"]) -> Tensor:
    start = gold[:, :1].expand_as(gold)
    strength = model.config.noise if model.training else 0.0
    shares = model.betas[steps] * (1 + strength * torch.randn(len(gold), device=gold.device))
    noise = 1 + strength * torch.randn_like(gold)
    noise[:, 0] = 1
    return model.blended(start, gold, shares) * noise


def _with_hidden_block(model: GenerationC, first: Tensor) -> Tensor:
    """A copy in which a block of keypoints is 0; the released code hides it in the target as well."""
    if not model.training:
        return first
    keypoints = first.shape[1]
    begin = int(torch.randint(keypoints, ()))
    end = int(torch.randint(begin, min(keypoints, begin + _LONGEST_BLOCK) + 1, ()))
    hidden = first.clone()
    hidden[:, begin:end] = 0
    return hidden


def _sampled_length(model: GenerationC, text: TextEncoding) -> Tensor:
    mean = model.lengths(text)
    if not (model.training and model.config.published):
        return mean
    log_variance = model.seq_length.fc_var(model.mean_of(text)).squeeze(-1)
    return mean + (log_variance / 2).exp() * torch.randn_like(mean)
