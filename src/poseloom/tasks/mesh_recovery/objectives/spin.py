"""SPIN (Kolotouros et al., ICCV 2019): a body is fitted to the keypoints from where the network is, and taught to it.

Two variants: the authors', and the benchmark's (Pang et al. 2022), whose energies differ; see `SpinLoop`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.body.joint_sets import smpl_49
from poseloom.fitting.smplify import PoseMixture, Smplify, SmplifyState, fit_smplify, without_ignored
from poseloom.fitting.smplify_benchmark import BenchmarkSmplify, fit_benchmark
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.pose.weak_perspective import FOCAL, estimated_translation, weak_to_translation
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints, SmplLearnedBody
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch
from poseloom.tasks.mesh_recovery.objectives.fits import Fits, FitStore
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.objectives.losses import (
    HIPS_24,
    VARIANTS,
    camera_prior,
    flagged_mean,
    keypoints2d_term,
    keypoints3d_term,
    perspective,
)
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.tasks.mesh_recovery.objectives.tables import STILL
from poseloom.training import ParameterGroup, Stage, Task

_DATA_SETS = slice(25, 49)
"""Of the 49 joints those that data sets annotate; the others are OpenPose's."""
_WHOLE = 60.0
_2D, _3D, _POSE, _BETAS = 5.0, 5.0, 1.0, 0.001
_LARGEST_BETA = 3.0
"""Shapes of fits with a coefficient beyond this are taught as the average."""
_DRAWN, _ROUNDS, _GAUSSIANS = 1024, 8, 8
_RIDGE = 0.01
_APART = 1.0
"""Pixels from the middle of the others: nearer together keypoints do not tell how far a body is away."""


@dataclass(frozen=True)
class SpinLoop:
    """Fitting in the loop.

    Args:
        variant: authors, or benchmark: robust function of squared errors in -1 to 1, another prior of elbows and knees,
            no depth term, and the weights of the benchmark.
        steps: of each of the two stages of a fit.
        threshold: a fit whose loss is above it is not taught; of the authors' loss in pixels, or the benchmark's.
        fits: folder with first fits, ``NAME_fits.npy`` of SPIN for each data set that has some; none where empty.
    """

    variant: Literal["authors", "benchmark"] = "authors"
    steps: int = within(100, 1, 100_000)
    threshold: float = within(100.0, 0, 1e9)
    fits: str = ""


@dataclass(frozen=True)
class SpinRecipe(MeshRecipe):
    """SPIN.

    Args:
        spin: fitting in the loop.
    """

    algorithm: str = "spin"
    spin: SpinLoop = field(default_factory=SpinLoop)


class SpinLearner(MeshLearner):
    """SPIN: the network, and the best fit to each photo so far, which the run keeps."""

    convention = "smpl_49"
    recipe: SpinRecipe

    @cached_property
    def fits(self) -> FitStore:
        """The best fits so far."""
        store = FitStore(self.offsets[""], self.body.rotations, self.body.average)
        for name, first in self.offsets.items() if self.recipe.spin.fits else ():
            path = Path(self.recipe.spin.fits) / f"{name}_fits.npy"
            if name and path.exists():
                places = self.people(name, 0, STILL).table.column("frame").to_numpy()
                store.load_static(path, torch.from_numpy(places.astype("int64")), first)
        return store

    def run_state(self) -> dict[str, Any]:
        return self.fits.store.state()

    def load_run_state(self, state: dict[str, Any]) -> None:
        self.fits.store.load(state)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return self.network_groups()

    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        found: BodyParameters = self.model(pictures)
        return self.body.posed(found.rotations, found.betas)

    def losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """Terms of the variant, weighted; ``fitted`` is the share of samples whose fit became better."""
        found: BodyParameters = self.model(batch.pictures)
        batch = self._knowable(batch)
        taught, improved = self._improved(found, batch)
        authors = self.recipe.spin.variant == "authors"
        parts = self._authors_terms(found, batch, taught) if authors else self._benchmark_terms(found, batch, taught)
        total = torch.stack(list(parts.values())).sum()
        return {"total": total, **parts, "fitted": improved.float().mean()}

    # -- fitting -----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _improved(self, found: BodyParameters, batch: MeshBatch) -> tuple[Fits, Bool[Tensor, " batch"]]:
        """What is taught, and where the fit became better than the one that was kept."""
        kept = self.fits.read(batch)
        before = torch.where(kept.known, self._fit_loss(kept, batch), torch.inf)
        start = SmplifyState(
            rotmat_to_rotvec(found.rotations[:, 0]),
            rotmat_to_rotvec(found.rotations[:, 1:]).flatten(1),
            found.betas.detach(),
            weak_to_translation(found.weak, FOCAL, self.form.size[0]),
        )
        start = replace(start, **{name: value.nan_to_num() for name, value in vars(start).items()})
        with torch.enable_grad():
            fitted = self._fitted(start, found.weak, batch)
        pose = torch.cat([fitted.root[:, None], fitted.body_pose.unflatten(1, (-1, 3))], dim=1)
        new = Fits(rotvec_to_rotmat(pose), fitted.betas, torch.ones_like(kept.known))
        after = self._fit_loss(new, batch)
        better = (after < before) & after.isfinite() & (batch.keypoints2d[..., 2] > 0).any(-1)
        self.fits.write(batch, new, better)
        best = torch.where(better, after, before)
        rotations = torch.where(better[:, None, None, None], new.rotations, kept.rotations)
        betas = torch.where(better[:, None], new.betas, kept.betas)
        wild = ((betas - self.body.average.to(betas)).abs() > _LARGEST_BETA).any(-1)
        betas = torch.where(wild[:, None], self.body.average.to(betas), betas)
        own, shaped = batch.has_body[:, None, None, None], batch.has_shape[:, None]
        taught = Fits(
            torch.where(own, batch.rotations, rotations),
            torch.where(shaped, batch.betas, betas),
            batch.has_body | (best < self.recipe.spin.threshold),
        )
        return taught, better

    def _fitted(self, start: SmplifyState, weak: Tensor, batch: MeshBatch) -> SmplifyState:
        pixels, sure = batch.keypoints2d[..., :2], batch.keypoints2d[..., 2]
        steps = self.recipe.spin.steps
        if self.recipe.spin.variant == "authors":
            return fit_smplify(self._smplify, self._joints_49, start, pixels, sure, steps)
        raw = replace(start, place=weak.detach())  # as released: the camera's numbers in place of a translation
        return fit_benchmark(BenchmarkSmplify(self._smplify.prior), self._joints_49, raw, pixels, sure, steps)

    def _fit_loss(self, fits: Fits, batch: MeshBatch) -> Float[Tensor, " batch"]:
        """Mean reprojection loss of the 49 joints, placed by least squares."""
        joints = smpl_49(self.body.posed(fits.rotations, fits.betas).joints)
        pixels, sure = batch.keypoints2d[..., :2], batch.keypoints2d[..., 2]
        side = self.form.size[0]
        place = _placed(joints[:, _DATA_SETS], pixels[:, _DATA_SETS], sure[:, _DATA_SETS], side)
        seen = self._smplify.project(joints, place)
        if self.recipe.spin.variant == "authors":
            return self._smplify.reprojection(seen, pixels, without_ignored(sure)).mean(-1)
        return BenchmarkSmplify(self._smplify.prior).reprojection(seen, pixels, sure).sum((1, 2))

    def _joints_49(self, pose: Tensor, betas: Tensor) -> Tensor:
        rotations = rotvec_to_rotmat(pose.unflatten(1, (-1, 3)))
        return smpl_49(self.body.posed(rotations, betas).joints)

    @cached_property
    def _smplify(self) -> Smplify:
        half = self.form.size[0] / 2
        return Smplify(self._prior(), centre=(half, half))

    def _prior(self) -> PoseMixture:
        """The user's ``gmm_08.pkl``; else eight Gaussians about poses of the sampler."""
        own = self.body.mixture() if isinstance(self.body, SmplLearnedBody) else None
        if own is not None:
            return own
        pose = sample(_DRAWN, seed=0).rotations[:, 1:22].flatten(1)
        missing = 3 * (self.body.rotations - 1) - pose.shape[1]
        return gaussians_of(torch.nn.functional.pad(pose, (0, missing)))

    def _knowable(self, batch: MeshBatch) -> MeshBatch:
        """Keypoints of joints that the body does not have count for nothing."""
        known = smpl_49(self.body.known[None, :, None].expand(1, -1, 3).float())[0, :, 0].to(batch.keypoints2d)
        two, three = batch.keypoints2d.clone(), batch.keypoints3d.clone()
        two[..., 2] *= known
        three[..., 3] *= known
        return replace(batch, keypoints2d=two, keypoints3d=three)

    # -- losses ------------------------------------------------------------------------------------------------------

    def _authors_terms(self, found: BodyParameters, batch: MeshBatch, taught: Fits) -> dict[str, Tensor]:
        joints = smpl_49(self.body.posed(found.rotations, found.betas).joints)
        side = self.form.size[0]
        two = batch.keypoints2d.clone()
        two[:, : _DATA_SETS.start, 2] = 0
        wanted = 2 * two[..., :2] / side - 1
        seen = 2 * perspective(joints, found.weak, side) / side
        values = {
            "keypoints2d": _2D * ((seen - wanted).square() * two[..., 2:]).mean(),
            "keypoints3d": _3D * self._keypoints3d("mse", joints, batch),
            "pose": _POSE * flagged_mean("mse", found.rotations, taught.rotations, taught.known),
            "betas": _BETAS * flagged_mean("mse", found.betas, taught.betas, taught.known),
            "camera": camera_prior(found.weak),
        }
        return {name: _WHOLE * value for name, value in values.items()}

    def _benchmark_terms(self, found: BodyParameters, batch: MeshBatch, taught: Fits) -> dict[str, Tensor]:
        terms = VARIANTS[self.recipe.loss]
        own = self.body.posed(found.rotations, found.betas)
        true = self.body.posed(taught.rotations, taught.betas)
        joints, side = smpl_49(own.joints), self.form.size[0]
        seen = perspective(joints, found.weak, side)
        values = {
            "keypoints3d": self._keypoints3d(terms.keypoints3d, joints, batch),
            "keypoints2d": keypoints2d_term(terms.keypoints2d, seen, batch.keypoints2d, span=side - 1),
            "vertices": flagged_mean(terms.vertices, own.vertices, true.vertices, taught.known),
            "pose": flagged_mean(terms.pose, found.rotations, taught.rotations, taught.known),
            "betas": flagged_mean(terms.betas, found.betas, taught.betas, taught.known),
        }
        return {name: terms.weights[name] * value for name, value in values.items()} | {
            "camera": _WHOLE * camera_prior(found.weak)
        }

    def _keypoints3d(self, kind: Any, joints: Tensor, batch: MeshBatch) -> Tensor:
        three = batch.keypoints3d[:, _DATA_SETS]
        return keypoints3d_term(kind, joints[:, _DATA_SETS], three, HIPS_24)


def _placed(joints: Tensor, pixels: Tensor, sure: Tensor, side: int) -> Float[Tensor, "batch 3"]:
    """Translations by least squares; those with too few keypoints are set far enough to be seen."""
    seen = torch.where((sure > 0)[..., None], pixels, torch.nan)
    apart = (seen - seen.nanmean(1, keepdim=True)).abs().amax(-1).nan_to_num()
    enough = (apart > _APART).any(-1)
    found = estimated_translation(joints, pixels, sure, FOCAL, (side / 2, side / 2))
    usual = found.new_tensor([0.0, 0.0, 2 * FOCAL / side])
    return torch.where((enough & found.isfinite().all(-1))[:, None], found, usual)


def gaussians_of(poses: Float[Tensor, "n numbers"]) -> PoseMixture:
    """Eight Gaussians over poses, by k-means from rows that lie evenly among them."""
    centres = poses[torch.linspace(0, len(poses) - 1, _GAUSSIANS).long()]
    for _ in range(_ROUNDS):
        owner = torch.cdist(poses, centres).argmin(-1)
        centres = torch.stack([poses[owner == one].mean(0) for one in range(_GAUSSIANS) if bool((owner == one).any())])
    owner = torch.cdist(poses, centres).argmin(-1)
    eye = _RIDGE * torch.eye(poses.shape[1], dtype=torch.float64)
    groups = [poses[owner == one].double() for one in range(len(centres))]
    covariances = [(group - group.mean(0)).T @ (group - group.mean(0)) / max(1, len(group)) + eye for group in groups]
    weights = torch.tensor([len(group) / len(poses) for group in groups], dtype=torch.float64)
    return PoseMixture.of(centres.double(), torch.stack(covariances), weights)


TASK = Task("mesh_recovery", "pictures of people -> bodies (SPIN)", SpinRecipe, SpinLearner)
