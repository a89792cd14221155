"""How poseloom's own generator learns: to see the end of a path from anywhere on it, with a text and without."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.drafts import Draft, damage_points
from poseloom.tasks.sign.losses import seen_loss, span_paths
from poseloom.tasks.sign.models.parts import TextEncoding
from poseloom.tasks.sign.models.refiner import Refiner, RefinerContext

_REPAIRS_WITHOUT_TEXT = 0.8
"""Share of the training drafts without text that are damaged clips."""
_NOISE = 0.05
"""Standard deviation of the noise on curves in training, in scales of the coordinates."""
_SHORT_PATH = 0.5
"""Shoulder widths added to a path's length, so that hands at rest count little."""
_STEADY = 0.2
"""Shoulder widths a frame, added to a path's changes of speed for the same reason."""
_ABSENT, _MOST_ABSENT = 0.25, 30
"""Share of the first poses that lack points, and how many at most."""
_OTHER_START = 14.0
"""Frames from the pose of another clip to the clip's own."""


def refiner_losses(model: Refiner, batch: SignBatch) -> dict[str, Tensor]:
    """``place``, ``shape`` of the hands, ``speed`` and length of the wrists' ``path`` of the curve's end as it is seen
    from somewhere on the way to it, and ``length`` of the clip in logarithms; their weighted ``total``."""
    config = model.config
    if model.training:
        batch = _with_other_starts(batch, config.other_starts)
    gold = batch.values
    kept = torch.rand(len(gold)) >= (config.no_text if model.training else 0.0)
    texts = [text if stays else "" for text, stays in zip(batch.texts, kept.tolist(), strict=True)]
    has_text = torch.tensor([bool(text) for text in texts])
    text = model.encode_text(model.tokens(texts))
    draft = _training_draft(model, batch, has_text)
    given = model.given(text, draft)
    passed = torch.rand(len(gold), device=gold.device)
    passed = torch.where(torch.rand_like(passed) < 1 / 3, 0, passed)
    found = given.drawn(model.end_of(given, _on_the_way(model, given, passed), passed))
    parts = {
        "place": seen_loss(gold, found, batch.confidence, 1),
        "shape": _shape_loss(model, gold, found, batch.confidence),
        "speed": _speed_loss(gold, found, batch.confidence),
        "path": _path_loss(model, gold, found, batch.confidence),
        "tremble": _tremble_loss(model, gold, found, batch.confidence),
        "length": _length_loss(model, text, batch, has_text.to(gold.device)),
    }
    weights = {
        "shape": config.shape_weight,
        "speed": config.speed_weight,
        "path": config.path_weight,
        "tremble": config.tremble_weight,
        "length": config.length_weight,
    }
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
    """What `start` makes of the first frames; some lack a range of points, as files lack hands or faces."""
    seen = batch.seen[:, 0]
    places = torch.arange(seen.shape[1], device=seen.device)
    first, count = ((torch.rand(len(seen), 1) * most).to(seen.device) for most in (seen.shape[1], _MOST_ABSENT))
    absent = (torch.rand(len(seen), 1) < _ABSENT).to(seen.device) & (places >= first) & (places < first + count)
    seen = seen & ~(absent & model.training)
    still = torch.where(seen[:, None, :, None], batch.values[:, :1], model.rest)
    known = torch.zeros_like(batch.seen)
    known[:, 0] = seen
    return Draft(still.expand_as(batch.values), known, batch.padding)


def _with_other_starts(batch: SignBatch, share: float) -> SignBatch:
    """Some clips begin in a pose of their neighbour in the batch and come to their own in the first frames."""
    values = batch.values
    other, same = torch.arange(len(values)).roll(-1), torch.rand(len(values)) >= share
    frames = (torch.rand(len(values)) * batch.lengths.cpu()[other]).long()
    way = (torch.arange(values.shape[1], device=values.device) / _OTHER_START).clamp(max=1)
    left = 1 - way**3 * (10 - 15 * way + 6 * way**2)  # the least jerk (Flash & Hogan 1985)
    seen = batch.seen[other, frames] & batch.seen[:, 0]
    apart = (values[other, frames] - values[:, 0]) * (seen & ~same.to(seen.device)[:, None])[..., None]
    moved = values + left[None, :, None, None] * apart[:, None]
    return SignBatch(batch.texts, torch.where(batch.seen[..., None], moved, values), batch.confidence, batch.padding)


@torch.no_grad()
def _on_the_way(model: Refiner, given: RefinerContext, passed: Tensor) -> Float[Tensor, "batch knots coordinates"]:
    """Where refinement stands after a share of its way to what the model takes for the end."""
    nothing = model.no_curve(given)
    end = model.end_of(given, nothing, torch.zeros_like(passed))
    return passed[:, None, None] * (end + _NOISE * torch.randn_like(end))


def _shape_loss(model: Refiner, gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    """Of the hands' points, and of the body's wrist, where the hand's wrist is the origin."""
    total = gold.new_zeros(())
    for number, (first, end) in enumerate(model.config.hands):
        points = [*range(first + 1, end), *model.config.wrists[number : number + 1]]
        sure = confidence[:, :, points] * (confidence[:, :, first, None] > 0)
        relative = [values[:, :, points] - values[:, :, first, None] for values in (gold, found)]
        total = total + seen_loss(relative[0], relative[1], sure, 1)
    return total / max(1, len(model.config.hands))


def _speed_loss(gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    both = confidence[:, 1:] * confidence[:, :-1]
    return seen_loss(gold.diff(dim=1), found.diff(dim=1), both, 1)


def _path_loss(model: Refiner, gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    """Mean relative error of how far each wrist goes, half of it span by span: where the time is unsure, the middle of
    all hardly moves, and the place alone would not tell where it should."""
    points = _wrists(model)
    seen = confidence[..., points] > 0
    true, made = (span_paths(values[:, :, points], seen, model.config.patch) for values in (gold, found))
    error = ((made - true).abs().sum(1) + (made.sum(1) - true.sum(1)).abs()) / 2
    return (error / (true.sum(1) + _SHORT_PATH)).mean() * seen.any()


def _tremble_loss(model: Refiner, gold: Tensor, found: Tensor, confidence: Tensor) -> Tensor:
    """Mean relative excess of the wrists' change of speed: a hand that trembles goes far without going anywhere."""
    points = _wrists(model)
    seen = (confidence[..., points] > 0).unfold(1, 3, 1).all(-1)
    true, made = (_turned(values[:, :, points], seen) for values in (gold, found))
    return ((made - true).clamp(min=0) / (true + _STEADY)).mean() * seen.any()


def _turned(wrists: Tensor, seen: Tensor) -> Tensor:
    return (wrists.diff(dim=1, n=2).norm(dim=-1) * seen).sum(1)


def _wrists(model: Refiner) -> list[int]:
    return [first for first, _ in model.config.hands] + list(model.config.wrists)


def _length_loss(model: Refiner, text: TextEncoding, batch: SignBatch, has_text: Tensor) -> Tensor:
    error = (model.log_length(text) - batch.lengths.log()).square()
    return (error * has_text).sum() / has_text.sum().clamp(min=1)
