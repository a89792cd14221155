"""How poseloom's own generator learns: to see the end of a path from anywhere on it, with a text and without."""

from __future__ import annotations

import torch
from jaxtyping import Bool
from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.drafts import Draft, damage_points
from poseloom.tasks.sign.losses import seen_loss
from poseloom.tasks.sign.models.parts import TextEncoding
from poseloom.tasks.sign.models.refiner import Refiner, RefinerContext

_REPAIRS_WITHOUT_TEXT = 0.8
"""Share of the training drafts without text that are damaged clips."""
_START_NOISE = 0.02
"""Standard deviation, shoulder widths, of the noise on drafts in training."""


def refiner_losses(model: Refiner, batch: SignBatch) -> dict[str, Tensor]:
    """``place``, ``shape`` of the hands and ``speed`` of a path's end as it is seen from somewhere on the path, and
    ``length`` in logarithms; their weighted ``total``."""
    config, gold = model.config, batch.values
    kept = torch.rand(len(gold)) >= (config.no_text if model.training else 0.0)
    texts = [text if stays else "" for text, stays in zip(batch.texts, kept.tolist(), strict=True)]
    has_text = torch.tensor([bool(text) for text in texts])
    text = model.encode_text(model.tokens(texts))
    draft = _training_draft(model, batch, has_text)
    given = model.given(text, draft)
    passed = torch.rand(len(gold), device=gold.device)
    passed = torch.where(torch.rand_like(passed) < 1 / 3, 0, passed)
    estimate = _on_the_way(model, given, draft, gold, passed)
    found = estimate + model.change(given, estimate, passed)
    parts = {
        "place": seen_loss(gold, found, batch.confidence, 1),
        "shape": _shape_loss(model, gold, found, batch.confidence),
        "speed": _speed_loss(gold, found, batch.confidence),
        "length": _length_loss(model, text, batch, has_text.to(gold.device)),
    }
    weights = {"shape": config.shape_weight, "speed": config.speed_weight, "length": config.length_weight}
    total = parts["place"] + sum(weights[name] * parts[name] for name in weights)
    return {"total": total, **parts}


def _training_draft(model: Refiner, batch: SignBatch, has_text: Bool[Tensor, "batch"]) -> Draft:
    """A start frame held still, or a damaged clip; mostly the latter where there is no text to sign."""
    seen = batch.seen
    draft = _held_still(model, batch)
    share = torch.where(has_text, model.config.repairs, _REPAIRS_WITHOUT_TEXT).to(seen.device)
    rows = torch.nonzero(torch.rand(len(seen), device=seen.device) < share).flatten()
    if not len(rows):
        return draft
    repair = model.draft(batch.values[rows], damage_points(seen[rows], model.config.hands), batch.padding[rows])
    values = draft.values.index_copy(0, rows, repair.values)
    return Draft(values, draft.known.index_copy(0, rows, repair.known), batch.padding)


def _held_still(model: Refiner, batch: SignBatch) -> Draft:
    """What `start` makes of the first frames, without looking for gaps."""
    seen = batch.seen
    still = torch.where(seen[:, :1, :, None], batch.values[:, :1], model.rest)
    known = torch.zeros_like(seen)
    known[:, 0] = seen[:, 0]
    return Draft(still.expand_as(batch.values), known, batch.padding)


def _on_the_way(model: Refiner, given: RefinerContext, draft: Draft, gold: Tensor, passed: Tensor) -> Tensor:
    """Where refinement stands after a share of its way, by the true end or by what the model takes for it."""
    end = torch.where(draft.known[..., None], draft.values, gold)
    if float(torch.rand(())) < model.config.rollouts:
        with torch.no_grad():
            end = draft.values + model.change(given, draft.values, torch.zeros_like(passed))
    point = torch.lerp(draft.values, end, passed[:, None, None, None])
    noise = _START_NOISE * given.free * torch.randn_like(gold)
    return point + noise * passed[:, None, None, None]


def _shape_loss(model: Refiner, gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    total = gold.new_zeros(())
    for first, end in model.config.hands:
        wrist, hand = slice(first, first + 1), slice(first + 1, end)
        sure = confidence[:, :, hand] * (confidence[:, :, wrist] > 0)
        relative = [values[:, :, hand] - values[:, :, wrist] for values in (gold, found)]
        total = total + seen_loss(relative[0], relative[1], sure, 1)
    return total / max(1, len(model.config.hands))


def _speed_loss(gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    both = confidence[:, 1:] * confidence[:, :-1]
    return seen_loss(gold.diff(dim=1), found.diff(dim=1), both, 1)


def _length_loss(model: Refiner, text: TextEncoding, batch: SignBatch, has_text: Tensor) -> Tensor:
    error = (model.log_length(text) - batch.lengths.log()).square()
    return (error * has_text).sum() / has_text.sum().clamp(min=1)
