"""Losses on keypoint sequences with missing points, as published and averaged over what was seen."""

from __future__ import annotations

import math

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

Sequences = Float[Tensor, "batch frames keypoints d"]
Confidences = Float[Tensor, "batch frames keypoints"]


def masked_loss(
    label: Sequences, prediction: Sequences, confidence: Confidences, power: int = 2, steps: int = 1
) -> Float[Tensor, ""]:
    """The released systems' loss: mean over *all* points of confidence x sum over dims of |difference|^power.

    Points that are missing or padding add nothing and count in the mean.

    Args:
        label, prediction: coordinates.
        confidence: how sure the label's points are.
        power: 2 (their l2) or 1 (l1).
        steps: number of steps of the refinement; the loss is multiplied by ln(steps)^2 where there is more than one.
    """
    error = ((label - prediction).abs() ** power).sum(-1)
    factor = math.log(steps) ** 2 if steps > 1 else 1.0
    return (confidence * error).mean() * factor


def seen_loss(label: Sequences, prediction: Sequences, confidence: Confidences, power: int = 2) -> Float[Tensor, ""]:
    """Mean over what was seen, weighted by confidence, of the sum over dims of |difference|^power; 0 if nothing was."""
    error = ((label - prediction).abs() ** power).sum(-1)
    return (confidence * error).sum() / confidence.sum().clamp(min=1e-6)


def unsmoothness(sequence: Sequences, confidence: Confidences, steps: int, *, cyclic: bool) -> Float[Tensor, ""]:
    """Absolute change from frame to frame, weighted by both frames' confidences.

    Args:
        sequence: coordinates.
        confidence: how sure they are.
        steps: see `masked_loss`.
        cyclic: compare the first frame with the last, padded one too, as text-to-pose does.
    """
    if cyclic:
        return masked_loss(sequence, sequence.roll(1, 1), confidence * confidence.roll(1, 1), 1, steps)
    return seen_loss(sequence[:, 1:], sequence[:, :-1], confidence[:, 1:] * confidence[:, :-1], 1)


def span_paths(
    points: Sequences, seen: Bool[Tensor, "batch frames keypoints"], span: int
) -> Float[Tensor, "batch spans keypoints"]:
    """How far each point goes in each span of frames; steps from or to a frame in which it is not seen are none.

    Args:
        points: places.
        seen: frames that count.
        span: frames of one; the last one may have fewer.
    """
    steps = points.diff(dim=1).norm(dim=-1) * (seen[:, 1:] & seen[:, :-1])
    return F.pad(steps, (0, 0, 1, -points.shape[1] % span)).unflatten(1, (-1, span)).sum(2)


def length_loss(predicted: Float[Tensor, "batch"], true: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    """Mean squared error, frames."""
    return (predicted - true).square().mean()
