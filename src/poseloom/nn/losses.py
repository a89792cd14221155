"""Losses of text-and-pose models: contrastive, likelihoods with learned scales, caption cross-entropy.

Formulas of the released PoseScript and PoseFix code (arXiv 2210.11795, 2309.08480) and of PoseEmbroider
(arXiv 2409.06535). Functions of tensors only; which terms a task adds up is in its objective.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.base.ranges import within


def bbc(scores: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    """Batch-based classification: cross-entropy of each row against the diagonal (Vo et al., CVPR 2019)."""
    return functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))


def symmetric_bbc(scores: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    """Mean of `bbc` over both directions; rows are texts, columns poses."""
    return (bbc(scores) + bbc(scores.T)) / 2


def laplacian_nll(
    target: Float[Tensor, "*shape"], estimate: Float[Tensor, "*shape"], log_scale: Float[Tensor, "*scale"]
) -> Float[Tensor, "*shape"]:
    """Negative log-likelihood of each coefficient under a Laplace distribution of scale exp(log_scale)."""
    return math.log(2) + log_scale + (target - estimate).abs() / log_scale.exp()


def gaussian_nll(
    target: Float[Tensor, "*shape"], estimate: Float[Tensor, "*shape"], log_variance: Float[Tensor, "*scale"]
) -> Float[Tensor, "*shape"]:
    """Negative log-likelihood of each coefficient under a Gaussian of variance exp(log_variance)."""
    return 0.5 * (math.log(2 * math.pi) + log_variance) + 0.5 * (target - estimate) ** 2 / log_variance.exp()


@dataclass(frozen=True)
class ReconstructionTerms:
    """Negative log-likelihoods of a reconstructed pose, one value for each coefficient.

    Args:
        vertices: Laplacian, metres, (batch, V, 3).
        joints: Laplacian, metres, (batch, J, 3).
        rotations: Gaussian on the entries of the rotation matrices, (batch, R, 9).
    """

    vertices: Tensor
    joints: Tensor
    rotations: Tensor

    def means(self) -> dict[str, Tensor]:
        """Mean over everything, by name: what the text-conditioned generator's loss takes."""
        return {name: value.mean() for name, value in self._items()}

    def sums(self) -> dict[str, Float[Tensor, "batch"]]:
        """Sum over each item's coefficients, by name."""
        return {name: value.flatten(1).sum(1) for name, value in self._items()}

    def sizes(self) -> dict[str, int]:
        """Number of coefficients of an item, by name."""
        return {name: value[0].numel() for name, value in self._items()}

    def _items(self) -> tuple[tuple[str, Tensor], ...]:
        return (("vertices", self.vertices), ("joints", self.joints), ("rotations", self.rotations))


@dataclass(frozen=True)
class PerTerm:
    """One number for each of the three reconstruction terms."""

    vertices: float = within(1.0, 0, 1e6)
    joints: float = within(1.0, 0, 1e6)
    rotations: float = within(1.0, 0, 1e6)

    def items(self) -> tuple[tuple[str, float], ...]:
        return (("vertices", self.vertices), ("joints", self.joints), ("rotations", self.rotations))


def weighted_reconstruction(terms: ReconstructionTerms, weights: PerTerm) -> Float[Tensor, ""]:
    """Sum of the terms' means by weight: the reconstruction part of the text-conditioned generator's loss."""
    means = terms.means()
    return torch.stack([weight * means[name] for name, weight in weights.items()]).sum()


def per_coefficient_bound(
    terms: ReconstructionTerms, divergence: Float[Tensor, "batch"], weights: PerTerm
) -> Float[Tensor, ""]:
    """Mean over items of sum_k w_k (NLL_k + KL) / n_k: loss of the editing model and of PoseVAE.

    The divergence counts once in each term, divided by that term's number of coefficients, as published.
    """
    sums, sizes = terms.sums(), terms.sizes()
    parts = [weight * (sums[name] + divergence) / sizes[name] for name, weight in weights.items()]
    return torch.stack(parts).sum(0).mean()


def evidence_bounds(terms: ReconstructionTerms, divergence: Float[Tensor, "batch"]) -> dict[str, Float[Tensor, ""]]:
    """ELBO for each coefficient and each term, mean over items; higher is better.

    The whole divergence is subtracted in each of the three, as in the published evaluation.
    """
    sums, sizes = terms.sums(), terms.sizes()
    return {name: ((-sums[name] - divergence) / size).mean() for name, size in sizes.items()}


def free_bits(divergence: Float[Tensor, "batch"], floor: float) -> Float[Tensor, "batch"]:
    """Each item's divergence, but at least `floor` nats; 0 turns it off."""
    return divergence.clamp(min=floor) if floor else divergence


def caption_loss(
    logits: Float[Tensor, "batch length words"], tokens: Int[Tensor, "batch length"], *, pad: int = 0
) -> Float[Tensor, ""]:
    """Cross-entropy of the logits at 0..L-2 against the tokens 1..L-1, mean over tokens that are not padding."""
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=pad)


def mismatched_caption_loss(
    logits: Float[Tensor, "batch length words"], tokens: Int[Tensor, "batch length"], *, pad: int = 0
) -> Float[Tensor, ""]:
    """`caption_loss` against the texts of other items (rolled by half the batch): it should stay high.

    Published as the "fake loss" of the validation.
    """
    return caption_loss(logits, tokens.roll(-(len(tokens) // 2), dims=0), pad=pad)
