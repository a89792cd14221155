"""What the flow and the classifiers of facts are trained by."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.nn.pose.fact_classifier import ClaimClassifier, FactClassifier
from poseloom.nn.pose.features import geometry_of, joint_positions
from poseloom.nn.pose.flow import OriginalPose, PoseFlow

_LATEST = 0.1
"""Added to the time that is left, so that the weight of a late step stays bounded."""
_JOINTS_WEIGHT = 20.0
"""Squared metres of a joint weigh this much against squared, normalised rotation numbers."""


def flow_losses(
    flow: PoseFlow,
    rotations: Float[Tensor, "batch joints 3"],
    condition: Float[Tensor, "batch condition"],
    origin: OriginalPose | None = None,
) -> dict[str, Tensor]:
    """How far the pose that the flow says is from the true one, at random times.

    Returns:
        ``rotation``, ``geometry`` (what words tell of: `geometry_of`), normalised and squared; ``joints``, squared
        metres; their weighted ``total``.
    """
    pose = flow.normalised(rotations)
    target, conditions = pose.repeat(flow.time_samples, 1), condition.repeat(flow.time_samples, 1)
    time = torch.rand(len(target), device=target.device)
    noise = torch.randn_like(target)
    start = flow.start(origin, flow.time_samples)
    point = torch.lerp(noise, target, time[:, None])
    found = flow(point if start is None else start.kept(point), time, conditions, start).float()
    weight = 1 / (1 - time + _LATEST)
    one = slice(0, len(pose))  # joints cost more to compute: one point of each path is enough
    places = joint_positions(flow.matrices(found[one]), flow.offsets)
    true = joint_positions(flow.matrices(pose), flow.offsets)
    rotation = ((found - target).square().mean(-1) * weight).mean()
    joints = ((places - true).square().sum(-1).mean(-1) * weight[one]).mean()
    stated = (geometry_of(places) - geometry_of(true)) / flow.geometry_deviation
    geometry = (stated.square().mean(-1) * weight[one]).mean()
    total = rotation + geometry + _JOINTS_WEIGHT * joints
    return {"total": total, "rotation": rotation, "joints": joints, "geometry": geometry}


def fact_loss(
    classifier: FactClassifier, rotations: Float[Tensor, "poses joints 3"], facts: Float[Tensor, "poses facts"]
) -> Float[Tensor, ""]:
    """How badly the facts of poses are known: binary cross entropy."""
    return functional.binary_cross_entropy_with_logits(classifier.tower(rotations).float(), facts)


def claim_loss(
    classifier: ClaimClassifier,
    first: Float[Tensor, "pairs joints 3"],
    second: Float[Tensor, "pairs joints 3"],
    places: Int[Tensor, "pairs claims"],
    holds: Float[Tensor, "pairs claims"],
) -> Float[Tensor, ""]:
    """How badly some claims of each pair are known: binary cross entropy; NaN does not count."""
    logits = classifier.tower(first, second).float().gather(1, places)
    known = ~holds.isnan()
    return functional.binary_cross_entropy_with_logits(logits[known], holds[known])
