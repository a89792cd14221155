"""SMPLify as SPIN runs it: energies of an SMPL body over 2D keypoints, and its two stages by Adam.

Bogo et al., ECCV 2016; Kolotouros et al., ICCV 2019. Poses are axis-angle numbers, 72 of SMPL, the first three the
root's; keypoints are pixels of a crop, the 49 of `poseloom.body.joint_sets.smpl_49`. The body is given as a function,
so that any body serves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

JointsOf = Callable[[Float[Tensor, "batch all"], Float[Tensor, "batch coefficients"]], Float[Tensor, "batch 49 3"]]
"""49 joints of a body in a pose (with its root) and a shape, metres, in the camera's axes before its translation."""

IGNORED = (1, 9, 12, 27, 28)
"""OpenPose's neck and hips, the data sets' hips: they lie elsewhere in pictures than on the body."""
_TORSO = ((9, 12, 2, 5), (27, 28, 33, 34))
"""Hips and shoulders as OpenPose has them, and as the data sets have them."""
_BENT = ((52, 1.0), (55, -1.0), (9, -1.0), (12, -1.0))
"""Body pose numbers of elbows (about y) and knees (about x), and the sign that is unnatural."""


@dataclass(frozen=True, eq=False)
class PoseMixture:
    """Gaussians over the numbers of a body pose, 69 of SMPL; the energy is that of the nearest.

    Args:
        means, precisions, log_weights: means, precisions and log weights of each Gaussian; the log weight with the
            determinant, see `of`.
    """

    means: Float[Tensor, "gaussians numbers"]
    precisions: Float[Tensor, "gaussians numbers numbers"]
    log_weights: Float[Tensor, " gaussians"]

    @classmethod
    def of(
        cls,
        means: Float[Tensor, "gaussians numbers"],
        covariances: Float[Tensor, "gaussians numbers numbers"],
        weights: Float[Tensor, " gaussians"],
    ) -> PoseMixture:
        """From what ``gmm_08.pkl`` holds (means, covars, weights); determinants relative to the smallest."""
        doubles = covariances.double()
        half_log = 0.5 * torch.linalg.slogdet(doubles).logabsdet
        size = means.shape[-1] / 2 * math.log(2 * math.pi)
        log_weights = weights.double().log() - size - (half_log - half_log.min())
        return cls(means.float(), torch.linalg.inv(doubles).float(), log_weights.float())

    def energy(self, body_pose: Float[Tensor, "batch numbers"]) -> Float[Tensor, " batch"]:
        """Half the squared Mahalanobis distance less the log weight, of the Gaussian where that is smallest."""
        apart = body_pose[:, None] - self.means
        squared = torch.einsum("bgi,gij,bgj->bg", apart, self.precisions, apart)
        return (0.5 * squared - self.log_weights).amin(-1)


@dataclass(frozen=True, eq=False)
class Smplify:
    """Weights and camera of the energies.

    Args:
        prior: how likely poses are.
        focal, centre: focal length and centre of the crop's camera, pixels.
        sigma: pixels at which a keypoint becomes an outlier.
        prior_weight, shape_weight, bend_weight, depth_weight: weights of the terms.
        rate: Adam's.
    """

    prior: PoseMixture
    focal: float = 5000.0
    centre: tuple[float, float] = (112.0, 112.0)
    sigma: float = 100.0
    prior_weight: float = 4.78**2
    shape_weight: float = 5.0**2
    bend_weight: float = 15.2**2
    depth_weight: float = 100.0**2
    rate: float = 0.01

    def project(
        self, joints: Float[Tensor, "batch k 3"], place: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch k 2"]:
        """Pixels of joints moved by `place`."""
        seen = joints + place[:, None]
        return self.focal * seen[..., :2] / seen[..., 2:] + seen.new_tensor(self.centre)

    def camera_energy(
        self,
        projected: Float[Tensor, "batch 49 2"],
        keypoints: Float[Tensor, "batch 49 2"],
        confidence: Float[Tensor, "batch 49"],
        place: Float[Tensor, "batch 3"],
        first: Float[Tensor, "batch 3"],
    ) -> Float[Tensor, " batch"]:
        """First stage: squared errors of hips and shoulders, and the distance in depth from the first guess."""
        openpose, annotated = (list(points) for points in _TORSO)
        squared = (projected - keypoints).square()
        by = [squared[:, points].sum((1, 2)) for points in (openpose, annotated)]
        known = (confidence[:, openpose] > 0).all(-1)
        return torch.where(known, by[0], by[1]) + self.depth_weight * (place[:, 2] - first[:, 2]).square()

    def reprojection(
        self,
        projected: Float[Tensor, "batch 49 2"],
        keypoints: Float[Tensor, "batch 49 2"],
        confidence: Float[Tensor, "batch 49"],
    ) -> Float[Tensor, "batch 49"]:
        """Robust squared pixel errors (Geman and McClure), times the squared confidence."""
        squared = (projected - keypoints).square()
        robust = self.sigma**2 * squared / (self.sigma**2 + squared)
        return confidence.square() * robust.sum(-1)

    def body_energy(
        self,
        projected: Float[Tensor, "batch 49 2"],
        keypoints: Float[Tensor, "batch 49 2"],
        confidence: Float[Tensor, "batch 49"],
        body_pose: Float[Tensor, "batch numbers"],
        betas: Float[Tensor, "batch coefficients"],
    ) -> Float[Tensor, " batch"]:
        """Second stage: keypoints, prior of poses, natural bends, shape. `IGNORED` keypoints do not count."""
        return (
            self.reprojection(projected, keypoints, without_ignored(confidence)).sum(-1)
            + self.prior_weight * self.prior.energy(body_pose)
            + self.bend_weight * unnatural_bends(body_pose).sum(-1)
            + self.shape_weight * betas.square().sum(-1)
        )


@dataclass(frozen=True, eq=False)
class SmplifyState:
    """What is fitted."""

    root: Float[Tensor, "batch 3"]
    body_pose: Float[Tensor, "batch numbers"]
    betas: Float[Tensor, "batch coefficients"]
    place: Float[Tensor, "batch 3"]


def unnatural_bends(body_pose: Float[Tensor, "batch numbers"]) -> Float[Tensor, "batch 4"]:
    """Elbows and knees that bend the wrong way: exp(angle) squared, of both elbows, then both knees."""
    index, signs = [place for place, _ in _BENT], body_pose.new_tensor([sign for _, sign in _BENT])
    return torch.exp(signs * body_pose[:, index]).square()


def without_ignored(confidence: Float[Tensor, "batch 49"]) -> Float[Tensor, "batch 49"]:
    """Confidences with those of `IGNORED` set to zero."""
    kept = torch.ones(confidence.shape[-1], dtype=confidence.dtype, device=confidence.device)
    kept[list(IGNORED)] = 0
    return confidence * kept


def fit_smplify(
    smplify: Smplify,
    joints_of: JointsOf,
    start: SmplifyState,
    keypoints: Float[Tensor, "batch 49 2"],
    confidence: Float[Tensor, "batch 49"],
    steps: int = 100,
) -> SmplifyState:
    """Both stages: root and place to the torso, then root, pose and shape to all keypoints; `steps` of each."""

    def joints(state: SmplifyState) -> Float[Tensor, "batch 49 3"]:
        return joints_of(torch.cat([state.root, state.body_pose], dim=-1), state.betas)

    def camera(state: SmplifyState) -> Float[Tensor, " batch"]:
        seen = smplify.project(joints(state), state.place)
        return smplify.camera_energy(seen, keypoints, confidence, state.place, start.place)

    def body(state: SmplifyState) -> Float[Tensor, " batch"]:
        seen = smplify.project(joints(state), state.place)
        return smplify.body_energy(seen, keypoints, confidence, state.body_pose, state.betas)

    state = minimise(camera, start, ("root", "place"), steps, smplify.rate)
    return minimise(body, state, ("root", "body_pose", "betas"), steps, smplify.rate)


def minimise(
    energy: Callable[[SmplifyState], Float[Tensor, " batch"]],
    state: SmplifyState,
    free: tuple[str, ...],
    steps: int,
    rate: float,
) -> SmplifyState:
    """The state after some steps of Adam on an energy, in which the named parts are free."""
    unknowns = {name: getattr(state, name).detach().clone().requires_grad_() for name in free}
    optimiser = torch.optim.Adam(list(unknowns.values()), lr=rate, betas=(0.9, 0.999))
    for _ in range(steps):
        optimiser.zero_grad()
        energy(replace(state, **unknowns)).sum().backward()
        optimiser.step()
    return replace(state, **{name: value.detach() for name, value in unknowns.items()})
