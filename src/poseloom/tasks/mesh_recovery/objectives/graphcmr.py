"""How GraphCMR is trained (Kolotouros et al., CVPR 2019): the bent mesh, and beside it the body that is read off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.body.joint_sets import smpl_24
from poseloom.pose.weak_perspective import weak_project
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints
from poseloom.tasks.mesh_recovery.networks.outputs import MeshAndParameters
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.objectives.losses import (
    HIPS_24,
    flagged_mean,
    keypoints3d_term,
    weighted_mean,
)
from poseloom.tasks.mesh_recovery.objectives.pare import knowable_24
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.training import ParameterGroup, Stage, Task

_BETAS = 0.1


@dataclass(frozen=True)
class GraphCmrRecipe(MeshRecipe):
    """GraphCMR."""

    algorithm: str = "graphcmr"


class GraphCmrLearner(MeshLearner):
    """GraphCMR."""

    convention = "smpl_24"
    recipe: GraphCmrRecipe

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return self.network_groups()

    def losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """Vertices, 3D and 2D keypoints of the mesh and of the body, rotations, and a tenth of the shape."""
        found: MeshAndParameters = self.model(batch.pictures)
        batch = knowable_24(batch, self.body.known)
        kind: Any = "l1" if self.recipe.loss == "l1" else "mse"
        true = self.body.posed(batch.rotations, batch.betas)
        own = self.body.posed(found.parameters.rotations, found.parameters.betas)
        weak = found.parameters.weak
        mesh = BodyPoints(found.vertices, self.body.joints_of(found.vertices))
        parts = {
            **self._terms(kind, "mesh", mesh, weak, batch, true),
            **self._terms(kind, "body", own, weak.detach(), batch, true),
            "pose": flagged_mean(kind, found.parameters.rotations, batch.rotations, batch.has_body),
            "betas": _BETAS * flagged_mean(kind, found.parameters.betas, batch.betas, batch.has_shape),
        }
        return {"total": torch.stack(list(parts.values())).sum(), **parts}

    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        """The bent mesh."""
        vertices = self.model(pictures).vertices
        return BodyPoints(vertices, self.body.joints_of(vertices))

    def _terms(
        self, kind: Any, name: str, found: BodyPoints, weak: Tensor, batch: MeshBatch, true: BodyPoints
    ) -> dict[str, Tensor]:
        joints = smpl_24(found.joints)
        wanted = 2 * batch.keypoints2d[..., :2] / self.form.size[0] - 1
        seen = weak_project(joints, weak)
        return {
            f"{name}_vertices": flagged_mean("l1", found.vertices, true.vertices, batch.has_shape),
            f"{name}_keypoints3d": keypoints3d_term(kind, joints, batch.keypoints3d, HIPS_24),
            f"{name}_keypoints2d": weighted_mean(kind, seen, wanted, batch.keypoints2d[..., 2]),
        }


TASK = Task("mesh_recovery", "pictures of people -> bodies (GraphCMR)", GraphCmrRecipe, GraphCmrLearner)
