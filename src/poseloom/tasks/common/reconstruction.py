"""How well a pose generator gives poses back: likelihoods in training, and the published figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from poseloom.base.ranges import within
from poseloom.metrics.elbo import elbo_per_item, laplace_likelihood, normal_likelihood
from poseloom.metrics.joint_error import mpjpe, mpvpe
from poseloom.metrics.rotation_error import geodesic_degrees
from poseloom.metrics.samples import BEST, SAMPLES, sample_errors
from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import ReconstructionTerms, evidence_bounds, gaussian_nll, laplacian_nll
from poseloom.nn.pose.decoder import JointRotations
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.common.surfaces import Wearer

MILLIMETRES = 1000.0
"""Of a metre."""
PUBLISHED_TERMS = {"joints": "jts", "vertices": "vert", "rotations": "rot"}
"""Our names of the three views of a pose, and those of the published tables."""


@dataclass(frozen=True)
class SampleProtocol:
    """Reconstruction from words as published.

    Args:
        samples: poses drawn for each text.
        best: number of best samples whose mean is given besides.
    """

    samples: int = within(SAMPLES, 1, 10_000)
    best: int = within(BEST, 1, 10_000)


def reconstruction_terms(
    model: Any, wearer: Wearer, poses: Float[Tensor, "batch joints 3"], decoded: JointRotations
) -> ReconstructionTerms:
    """Negative log-likelihoods of poses under a model's reconstruction, with its learned log-scales."""
    with torch.no_grad():
        true = wearer(poses)
    made = wearer(decoded.axis_angle)
    return ReconstructionTerms(
        laplacian_nll(true.vertices, made.vertices, model.decsigma_v2v),
        laplacian_nll(true.joints, made.joints, model.decsigma_jts),
        gaussian_nll(rotvec_to_rotmat(poses).flatten(-2), decoded.matrices.flatten(-2), model.decsigma_rot),
    )


def training_bounds(terms: ReconstructionTerms, kl: Float[Tensor, " batch"]) -> dict[str, Tensor]:
    """The evidence bounds of a batch by their published names, to be watched in training."""
    return {f"elbo_{PUBLISHED_TERMS[name]}": bound for name, bound in evidence_bounds(terms, kl).items()}


def elbo(
    model: Any, wearer: Wearer, poses: Float[Tensor, "batch joints 3"], decoded: JointRotations, kl: Tensor
) -> dict[str, Float[Tensor, " batch"]]:
    """ELBO of each pose from a sample of its posterior: ``elbo_jts``, ``elbo_vert``, ``elbo_rot``; higher is better."""
    true, made = wearer(poses), wearer(decoded.axis_angle)
    views = (
        ("jts", made.joints, true.joints, model.decsigma_jts, laplace_likelihood),
        ("vert", made.vertices, true.vertices, model.decsigma_v2v, laplace_likelihood),
        ("rot", decoded.matrices, rotvec_to_rotmat(poses), model.decsigma_rot, normal_likelihood),
    )
    return {f"elbo_{name}": elbo_per_item(own, data, scale, kl, kind) for name, own, data, scale, kind in views}


class GatheredSampleErrors:
    """Errors of several samples for each item, gathered batch by batch.

    Args:
        wearer: the body whose joints and vertices are compared.
        best: number of best samples whose mean is given.
    """

    def __init__(self, wearer: Wearer, best: int):
        self.wearer, self.best = wearer, best
        self._errors: dict[str, list[Tensor]] = {"mpjpe": [], "mpvpe": [], "geodesic": []}

    def add(self, poses: Float[Tensor, "batch joints 3"], samples: Float[Tensor, "batch samples joints 3"]) -> None:
        """Take in the samples for some poses, axis-angle in radians."""
        true = self.wearer(poses)
        made = self.wearer(samples.flatten(0, 1))
        count = samples.shape[1]
        joints, vertices = (points.unflatten(0, (-1, count)) for points in (made.joints, made.vertices))
        angles = geodesic_degrees(rotvec_to_rotmat(samples), rotvec_to_rotmat(poses)[:, None]).mean(-1)
        self._errors["mpjpe"].append(MILLIMETRES * mpjpe(joints, true.joints[:, None]).cpu())
        self._errors["mpvpe"].append(MILLIMETRES * mpvpe(vertices, true.vertices[:, None]).cpu())
        self._errors["geodesic"].append(angles.cpu())

    def figures(self) -> dict[str, float]:
        """Millimetres and degrees: mean of the samples, of the best one (``_top1``), of the best few (``_best6``)."""
        found: dict[str, float] = {}
        for name, parts in self._errors.items():
            summary = sample_errors(torch.cat(parts), self.best)
            found |= {name: summary.mean, f"{name}_top1": summary.top, f"{name}_best{self.best}": summary.best}
        return found


@dataclass(frozen=True)
class VaeFigures:
    """What a conditional VAE reaches on held-out poses.

    Args:
        figures: ``elbo_jts``, ``elbo_vert``, ``elbo_rot``; ``mpjpe``, ``mpvpe`` (mm), ``geodesic`` (degrees), each also
            ``_top1`` and ``_best6``.
        drawn: one of the samples of each pose.
    """

    figures: dict[str, float]
    drawn: Float[Tensor, "poses joints 3"]


def vae_figures(
    model: Any,
    wearer: Wearer,
    items: Iterable[tuple[Float[Tensor, "_batch joints 3"], Normal, Normal]],
    protocol: SampleProtocol,
) -> VaeFigures:
    """ELBO from a sample of the posterior, and errors of samples of what is predicted.

    Args:
        model: in evaluation mode.
        wearer: the body.
        items: batches of true poses, their posterior, and the Gaussian that is predicted of them.
        protocol: how many samples.
    """
    errors = GatheredSampleErrors(wearer, protocol.best)
    bounds: list[dict[str, Tensor]] = []
    drawn = []
    for poses, posterior, predicted in items:
        decoded = model.decode(posterior.sample())
        bounds.append(elbo(model, wearer, poses, decoded, divergence(posterior, predicted)))
        samples = model.decode(latent_samples(predicted, protocol.samples)).axis_angle
        errors.add(poses, samples)
        drawn.append(samples[:, 0].cpu())  # one of many that were drawn alike
    means = {name: float(torch.cat([one[name] for one in bounds]).mean()) for name in bounds[0]}
    return VaeFigures({**means, **errors.figures()}, torch.cat(drawn))


def latent_samples(conditional: Normal, count: int) -> Float[Tensor, "batch samples latent"]:
    """Several latents of each distribution."""
    return conditional.sample((count,)).transpose(0, 1)
