"""How Mesh Graphormer is trained (Lin et al., ICCV 2021): joints and meshes of three sizes, with some tokens masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.body.joint_sets import smpl_24
from poseloom.pose.weak_perspective import weak_project
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints
from poseloom.tasks.mesh_recovery.networks.graphormer import JOINTS
from poseloom.tasks.mesh_recovery.networks.outputs import MeshLevels
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.objectives.losses import HIPS_24, flagged_mean, keypoints3d_term, weighted_mean
from poseloom.tasks.mesh_recovery.objectives.pare import knowable_24
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.training import ParameterGroup, Stage, Task

_3D, _MESH, _2D, _LEVEL = 1000.0, 100.0, 100.0, 0.33


@dataclass(frozen=True)
class GraphormerRecipe(MeshRecipe):
    """Mesh Graphormer.

    Args:
        masked: greatest share of joints, and of vertices, whose token is not shown in training.
    """

    algorithm: str = "graphormer"
    masked: float = within(0.3, 0, 1)


class GraphormerLearner(MeshLearner):
    """Mesh Graphormer. Its truth in evaluation is the neutral body, on 3DPW too."""

    convention = "smpl_24"
    recipe: GraphormerRecipe

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return self.network_groups()

    def losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """``keypoints3d`` of the joint tokens and of the mesh, ``vertices`` of the three meshes, ``keypoints2d``."""
        found: MeshLevels = self.model(batch.pictures, self._mask(len(batch)))
        batch = knowable_24(batch, self.body.known)
        kind: Any = "l1" if self.recipe.loss == "l1" else "mse"
        three = batch.keypoints3d[:, :JOINTS]
        of_mesh = smpl_24(self.body.joints_of(found.vertices))[:, :JOINTS]
        keypoints = [keypoints3d_term(kind, joints, three, HIPS_24) for joints in (found.joints, of_mesh)]
        two = batch.keypoints2d[:, :JOINTS]
        wanted = 2 * two[..., :2] / self.form.size[0] - 1
        seen = [weak_project(joints, found.weak) for joints in (found.joints, of_mesh)]
        parts = {
            "keypoints3d": _3D * torch.stack(keypoints).sum(),
            "vertices": _MESH * self._mesh_term(found, batch),
            "keypoints2d": _2D * torch.stack([weighted_mean(kind, one, wanted, two[..., 2]) for one in seen]).sum(),
        }
        return {"total": torch.stack(list(parts.values())).sum(), **parts}

    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        vertices = self.model(pictures).vertices
        return BodyPoints(vertices, self.body.joints_of(vertices))

    def truth(self, batch: MeshBatch) -> BodyPoints:
        return self.body.posed(batch.rotations, batch.betas)

    def _mesh_term(self, found: MeshLevels, batch: MeshBatch) -> Float[Tensor, ""]:
        """L1 of all three meshes, the true ones about their pelvis."""
        true = self.body.posed(batch.rotations, batch.betas)
        _, pelvis = self.body.measured(true)
        vertices, mesh = true.vertices - pelvis[:, None], self.model.mesh
        levels = [(found.vertices, 0), (found.coarse, 1), (found.coarsest, 2)]
        terms = [flagged_mean("l1", own, mesh.reduced(vertices, times), batch.has_shape) for own, times in levels]
        return _LEVEL * torch.stack(terms).sum()

    def _mask(self, count: int) -> Bool[Tensor, "batch tokens"] | None:
        """Some joints and vertices of each sample, another share in each."""
        if not self.training or not self.recipe.masked:
            return None
        tokens = len(self.model.head.template)
        shares = torch.rand(count, 2) * self.recipe.masked
        masks = []
        for group, size in enumerate((JOINTS, tokens - JOINTS)):
            order = torch.rand(count, size).argsort(-1)
            masks.append(order < (shares[:, group : group + 1] * size).long())
        return torch.cat(masks, dim=1).to(self.device)


TASK = Task("mesh_recovery", "pictures of people -> bodies (Mesh Graphormer)", GraphormerRecipe, GraphormerLearner)
