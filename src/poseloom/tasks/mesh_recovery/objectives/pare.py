"""How PARE is trained (Kocabas et al., ICCV 2021): squared errors of parameters and keypoints, and, in stages that are
named, the part masks of the true body, from which its attention learns where to look.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.ranges import within
from poseloom.body.joint_sets import smpl_24
from poseloom.pose.weak_perspective import estimated_translation
from poseloom.render.rasterise import rasterise
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints
from poseloom.tasks.mesh_recovery.networks.outputs import PartsAndParameters
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.objectives.losses import (
    HIPS_24,
    camera_prior,
    flagged_mean,
    keypoints2d_term,
    keypoints3d_term,
    perspective,
)
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.training import ParameterGroup, Stage, Task

_MASK_FOCAL = 500.0
"""Pixels: of the camera that places the body whose parts are drawn, as the benchmark has it."""


@dataclass(frozen=True)
class PareLosses:
    """Weights of PARE's losses; those of the benchmark's second stage.

    Args:
        keypoints3d, keypoints2d, pose, betas, camera: of each term.
        parts: of the cross-entropy of body parts, in the stages that `supervised` names.
        supervised: names of stages in which parts are taught.
    """

    keypoints3d: float = within(300.0, 0, 1e6)
    keypoints2d: float = within(150.0, 0, 1e6)
    pose: float = within(60.0, 0, 1e6)
    betas: float = within(0.06, 0, 1e6)
    camera: float = within(1.0, 0, 1e6)
    parts: float = within(60.0, 0, 1e6)
    supervised: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PareRecipe(MeshRecipe):
    """PARE.

    Args:
        pare: weights of its losses.
    """

    algorithm: str = "pare"
    pare: PareLosses = field(default_factory=PareLosses)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = [stage.name for stage in self.stages]
        for name in self.pare.supervised:
            if name not in names:
                known = f"no stage {name!r}, there are {', '.join(names)}{closest(name, names)}"
                raise PoseloomError(f"recipe: pare.supervised: {known}")


class PareLearner(MeshLearner):
    """PARE."""

    convention = "smpl_24"
    recipe: PareRecipe

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return self.network_groups()

    def losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """Weighted terms; means run over all keypoints of samples that have some, as in the benchmark's PARE."""
        found: PartsAndParameters = self.model(batch.pictures)
        batch = knowable_24(batch, self.body.known)
        weights, kind = self.recipe.pare, "l1" if self.recipe.loss == "l1" else "mse"
        parts = self._terms(kind, found, batch)
        stage = self.recipe.stages[self.position.stage].name
        if stage in weights.supervised:
            parts["parts"] = self._part_loss(found.parts, batch)
        weighted = {name: getattr(weights, name) * value for name, value in parts.items()}
        return {"total": torch.stack(list(weighted.values())).sum(), **weighted}

    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        found: PartsAndParameters = self.model(pictures)
        return self.body.posed(found.rotations, found.betas)

    def _terms(self, kind: Any, found: PartsAndParameters, batch: MeshBatch) -> dict[str, Tensor]:
        joints = smpl_24(self.body.posed(found.rotations, found.betas).joints)
        side = self.form.size[0]
        seen = perspective(joints, found.weak, side)
        two, three = batch.keypoints2d, batch.keypoints3d
        has_two, has_three = (two[..., 2] > 0).any(-1), (three[..., 3] > 0).any(-1)
        return {
            "keypoints3d": keypoints3d_term(kind, joints, three, HIPS_24, has_three),
            "keypoints2d": keypoints2d_term(kind, seen, two, flagged=has_two, span=side - 1),
            "pose": flagged_mean(kind, found.rotations, batch.rotations, batch.has_body),
            "betas": flagged_mean(kind, found.betas, batch.betas, batch.has_shape),
            "camera": camera_prior(found.weak),
        }

    def _part_loss(self, scores: Float[Tensor, "batch labels rows columns"], batch: MeshBatch) -> Float[Tensor, ""]:
        chosen = batch.has_body & ((batch.keypoints2d[..., 2] > 0).sum(-1) > 1)
        if not bool(chosen.any()):
            return scores.sum() * 0
        labels = self.part_labels(batch, chosen)
        larger = functional.interpolate(scores[chosen], self.form.size, mode="bilinear", align_corners=True)
        return functional.cross_entropy(larger, labels)

    @torch.no_grad()
    def part_labels(self, batch: MeshBatch, chosen: Tensor) -> Int[Tensor, "some height width"]:
        """The part that is seen at each pixel, one more than its joint; 0 is the background."""
        side = self.form.size[0]
        body = self.body.posed(batch.rotations[chosen], batch.betas[chosen])
        two = batch.keypoints2d[chosen]
        centre = (side / 2, side / 2)
        joints = smpl_24(body.joints)
        place = estimated_translation(joints, two[..., :2], two[..., 2], _MASK_FOCAL, centre)
        seen = body.vertices + place[:, None]
        pixels = torch.cat([_MASK_FOCAL * seen[..., :2] / seen[..., 2:] + side / 2, seen[..., 2:]], dim=-1)
        faces = self.body.faces.to(pixels.device)
        drawn = rasterise(pixels, faces, *self.form.size)
        owner = self._face_joint.to(pixels.device)
        return torch.where(drawn.face >= 0, owner[drawn.face.clamp_min(0)] + 1, 0)

    @cached_property
    def _face_joint(self) -> Int[Tensor, " faces"]:
        """The joint that moves most of each face."""
        return self.body.weights.argmax(-1)[self.body.faces].mode(-1).values


def knowable_24(batch: MeshBatch, known: Tensor) -> MeshBatch:
    """Keypoints of joints that the body does not have count for nothing."""
    kept = smpl_24(known[None, :, None].expand(1, -1, 3).float())[0, :, 0].to(batch.keypoints2d)
    two, three = batch.keypoints2d.clone(), batch.keypoints3d.clone()
    two[..., 2] *= kept
    three[..., 3] *= kept
    return replace(batch, keypoints2d=two, keypoints3d=three)


TASK = Task("mesh_recovery", "pictures of people -> bodies (PARE)", PareRecipe, PareLearner)
