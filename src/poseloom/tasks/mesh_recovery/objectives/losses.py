"""The benchmark's losses of body parameters (Pang et al., NeurIPS 2022), and those of the algorithms' authors.

A term is the sum of the elements' losses times their confidence, divided by the number of elements whose confidence is
above zero; 0 where there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.pose.weak_perspective import FOCAL, weak_to_translation

Element = Literal["smooth", "l1", "mse"]
Variant = Literal["normal", "l1", "mse"]
"""The benchmark's three: the usual mixture, L1 everywhere, squared errors everywhere."""
SIDE = 224
_ELEMENTS: dict[Element, Callable[..., Tensor]] = {
    "smooth": functional.smooth_l1_loss,
    "l1": functional.l1_loss,
    "mse": functional.mse_loss,
}
HIPS_54 = (45, 46)
"""Right and left hip of the data sets among the 54 joints, the middle of which is the origin of 3D keypoints."""
HIPS_24 = (2, 3)
"""The same among the 24."""


@dataclass(frozen=True)
class Terms:
    """The kinds of the five regression losses, and their weights.

    Args:
        keypoints3d, keypoints2d, vertices, pose, betas: kinds.
        weights: by the same names.
    """

    keypoints3d: Element
    keypoints2d: Element
    vertices: Element
    pose: Element
    betas: Element
    weights: dict[str, float] = field(
        default_factory=lambda: {"keypoints3d": 100.0, "keypoints2d": 10.0, "vertices": 2.0, "pose": 3.0, "betas": 0.02}
    )


VARIANTS: dict[str, Terms] = {
    "normal": Terms("smooth", "smooth", "l1", "mse", "mse"),
    "l1": Terms("l1", "l1", "l1", "l1", "l1"),
    "mse": Terms("mse", "mse", "mse", "mse", "mse"),
}


def weighted_mean(
    kind: Element,
    predicted: Float[Tensor, "batch points d"],
    true: Float[Tensor, "batch points d"],
    confidence: Float[Tensor, "batch points"],
    flagged: Bool[Tensor, " batch"] | None = None,
) -> Float[Tensor, ""]:
    """A term of points with confidences.

    Args:
        kind: of the elements' losses.
        predicted, true: points.
        confidence: of each.
        flagged: samples that count; then the mean runs over all their elements, those without confidence included,
            as the benchmark does where samples carry flags.
    """
    elements = _ELEMENTS[kind](predicted, true, reduction="none") * confidence[..., None]
    if flagged is not None:
        return elements[flagged].mean() if bool(flagged.any()) else elements.sum() * 0
    count = (confidence > 0).sum() * predicted.shape[-1]
    return elements.sum() / count.clamp_min(1)


def flagged_mean(
    kind: Element, predicted: Float[Tensor, "batch *numbers"], true: Float[Tensor, "batch *numbers"], flagged: Tensor
) -> Float[Tensor, ""]:
    """A term of numbers of the samples that have them."""
    elements = _ELEMENTS[kind](predicted, true, reduction="none").flatten(1)
    return (elements * flagged[:, None]).sum() / (flagged.sum() * elements.shape[1]).clamp_min(1)


def centred(points: Float[Tensor, "batch points 3"], hips: tuple[int, int]) -> Float[Tensor, "batch points 3"]:
    """Points about the middle of the hips."""
    return points - points[:, list(hips)].mean(1, keepdim=True)


def perspective(
    points: Float[Tensor, "batch points 3"], weak: Float[Tensor, "batch 3"], side: int = SIDE
) -> Float[Tensor, "batch points 2"]:
    """Pixels from the middle of the crop, by the perspective camera of a long focal length."""
    seen = points + weak_to_translation(weak, FOCAL, side)[:, None]
    return FOCAL * seen[..., :2] / seen[..., 2:]


def keypoints2d_term(
    kind: Element,
    projected: Float[Tensor, "batch points 2"],
    true: Float[Tensor, "batch points 3"],
    *,
    flagged: Bool[Tensor, " batch"] | None = None,
    span: float = SIDE - 1,
    true_span: float | None = None,
) -> Float[Tensor, ""]:
    """Keypoints of the crop, brought to -1 to 1.

    Args:
        kind: of the elements' losses.
        projected: pixels from the middle of the crop.
        true: pixels from its upper left corner, and confidence.
        flagged: see `weighted_mean`.
        span: pixels that are 2; the benchmark's are one less than the crop has.
        true_span: those of the true ones, where an algorithm's authors have another.
    """
    wanted = 2 * true[..., :2] / (true_span or span) - 1
    return weighted_mean(kind, 2 * projected / span, wanted, true[..., 2], flagged)


def keypoints3d_term(
    kind: Element,
    predicted: Float[Tensor, "batch points 3"],
    true: Float[Tensor, "batch points 4"],
    hips: tuple[int, int],
    flagged: Bool[Tensor, " batch"] | None = None,
) -> Float[Tensor, ""]:
    """Joints about the middle of the hips, metres; `true` with confidence."""
    own, other = centred(predicted, hips), centred(true[..., :3], hips)
    return weighted_mean(kind, own, other, true[..., 3], flagged)


def camera_prior(weak: Float[Tensor, "batch 3"]) -> Float[Tensor, ""]:
    """Grows where the scale falls below zero: the mean of exp(-10 scale) squared."""
    return torch.exp(-10 * weak[:, 0]).square().mean()


def adversary_losses(
    real: Float[Tensor, "batch scores"], fake: Float[Tensor, "batch scores"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Least squares (Mao et al., ICCV 2017): real scores are to be 1, fake ones 0."""
    return (real - 1).square().mean(), fake.square().mean()


def deceit_loss(fake: Float[Tensor, "batch scores"]) -> Float[Tensor, ""]:
    """What the network learns of its adversary: its bodies' scores are to be 1."""
    return (fake - 1).square().mean()
