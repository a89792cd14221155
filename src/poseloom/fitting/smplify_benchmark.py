"""SMPLify as the benchmark's SPIN runs it (Pang et al., NeurIPS 2022): it differs from the authors' in every term.

The robust function is of squared errors in -1 to 1, so that it is almost their fourth power; the prior of elbows and
knees looks at the numbers of the whole pose, one joint beside what is meant; there is no term of depth. Kept so that
its runs can be repeated; `poseloom.fitting.smplify` is what was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.fitting.smplify import IGNORED, JointsOf, PoseMixture, SmplifyState, minimise
from poseloom.pose.weak_perspective import FOCAL, SIDE, weak_to_translation

_BENT = ((55, 1.0), (58, -1.0), (12, -1.0), (15, -1.0))
"""Numbers of the pose without its root, as released: right elbow, left wrist, right knee, spine."""


@dataclass(frozen=True, eq=False)
class BenchmarkSmplify:
    """Weights of the energies.

    Args:
        prior: prior of poses.
        sigma: where an error becomes an outlier; in -1 to 1 none does.
        side: pixels of the crop.
        prior_weight, shape_weight, bend_weight: weights of the terms.
        rate: Adam's.
    """

    prior: PoseMixture
    sigma: float = 100.0
    side: int = SIDE
    prior_weight: float = 4.78**2
    shape_weight: float = 5.0**2
    bend_weight: float = 15.2**2
    rate: float = 0.01

    def project(
        self, joints: Float[Tensor, "batch k 3"], place: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch k 2"]:
        """Pixels of joints moved by `place`, from the upper left corner."""
        seen = joints + place[:, None]
        return FOCAL * seen[..., :2] / seen[..., 2:] + self.side / 2

    def reprojection(
        self,
        projected: Float[Tensor, "batch k 2"],
        keypoints: Float[Tensor, "batch k 2"],
        confidence: Float[Tensor, "batch k"],
    ) -> Float[Tensor, "batch k 2"]:
        """Robust function of squared errors in -1 to 1, times the confidence."""
        apart = 2 * (projected - keypoints) / (self.side - 1)
        squared = apart.square().square()
        return confidence[..., None] * self.sigma**2 * squared / (self.sigma**2 + squared)

    def bends(self, body_pose: Float[Tensor, "batch numbers"]) -> Float[Tensor, "batch 4"]:
        """(exp(angle) - 1) squared of the four numbers that were released."""
        index, signs = [place for place, _ in _BENT], body_pose.new_tensor([sign for _, sign in _BENT])
        return (torch.exp(signs * body_pose[:, index]) - 1).square()

    def body_energy(
        self,
        projected: Float[Tensor, "batch k 2"],
        keypoints: Float[Tensor, "batch k 2"],
        confidence: Float[Tensor, "batch k"],
        body_pose: Float[Tensor, "batch numbers"],
        betas: Float[Tensor, "batch coefficients"],
    ) -> Float[Tensor, " batch"]:
        """All terms, of each sample."""
        return (
            self.reprojection(projected, keypoints, confidence).sum((1, 2))
            + self.prior_weight * self.prior.energy(body_pose)
            + self.bend_weight * self.bends(body_pose).sum(-1)
            + self.shape_weight * betas.square().sum(-1)
        )


def fit_benchmark(
    smplify: BenchmarkSmplify,
    joints_of: JointsOf,
    start: SmplifyState,
    keypoints: Float[Tensor, "batch 49 2"],
    confidence: Float[Tensor, "batch 49"],
    steps: int = 50,
) -> SmplifyState:
    """Both stages: root and camera to all keypoints but the ignored, then root, pose and shape; `steps` of each.

    The place of the start is the weak-perspective camera; it is taken for one as it is moved.
    """
    kept = confidence.clone()
    kept[:, list(IGNORED)] = 0

    def seen(state: SmplifyState) -> Float[Tensor, "batch 49 2"]:
        joints = joints_of(torch.cat([state.root, state.body_pose], dim=-1), state.betas)
        return smplify.project(joints, weak_to_translation(state.place, FOCAL, smplify.side))

    def camera(state: SmplifyState) -> Float[Tensor, " batch"]:
        return smplify.reprojection(seen(state), keypoints, kept).sum((1, 2))

    def body(state: SmplifyState) -> Float[Tensor, " batch"]:
        return smplify.body_energy(seen(state), keypoints, kept, state.body_pose, state.betas)

    state = minimise(camera, start, ("root", "place"), steps, smplify.rate)
    return minimise(body, state, ("root", "body_pose", "betas"), steps, smplify.rate)
