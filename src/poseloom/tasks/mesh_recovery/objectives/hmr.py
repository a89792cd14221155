"""How HMR is trained in the benchmark: regression losses, and an adversary that knows real poses (Kanazawa et al.)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import within
from poseloom.formats.npz_files import open_npz
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints, FreeBody
from poseloom.tasks.mesh_recovery.networks.discriminator import BodyDiscriminator
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.objectives.losses import (
    HIPS_54,
    VARIANTS,
    adversary_losses,
    deceit_loss,
    flagged_mean,
    keypoints2d_term,
    keypoints3d_term,
    perspective,
)
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.training import ParameterGroup, Stage, Task, Turn, TurnOptions

ADVERSARY, NETWORK = "adversary", "network"
"""Turns of a step, in this order."""
_ADVERSARY_RATE = 1e-4
_DRAWN = 1024
"""Poses of the sampler that stand for real ones where no file is named."""


@dataclass(frozen=True)
class Adversary:
    """What the adversary takes for real.

    Args:
        poses: ``cmu_mosh.npz``, or another file with such a table ``smpl``; poses of poseloom's sampler where empty.
        weight: of its judgement among the losses; 0 leaves it away.
    """

    poses: str = ""
    weight: float = within(1.0, 0, 1e6)


@dataclass(frozen=True)
class HmrRecipe(MeshRecipe):
    """HMR, as the benchmark trains it.

    Args:
        adversary: what it takes for real.
    """

    algorithm: str = "hmr"
    adversary: Adversary = field(default_factory=Adversary)


class HmrLearner(MeshLearner):
    """HMR and its adversary."""

    recipe: HmrRecipe

    def __init__(self, recipe: HmrRecipe):
        super().__init__(recipe)
        self.judge = BodyDiscriminator(self.body.rotations, self.body.betas)

    def turns(self, stage: Stage) -> Sequence[Turn]:
        network = Turn(NETWORK, self.network_groups(), self.losses)
        if not self.recipe.adversary.weight:
            for parameter in self.judge.parameters():
                parameter.requires_grad_(False)
            return [network]
        judge = [ParameterGroup(list(self.judge.parameters()))]
        return [Turn(ADVERSARY, judge, self.adversary_losses, TurnOptions(lr=_ADVERSARY_RATE)), network]

    def adversary_losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """``real`` and ``fake`` of the adversary, and their sum."""
        with torch.no_grad():
            found: BodyParameters = self.model(batch.pictures)
        rotations, betas = self._real_bodies(len(batch))
        real, fake = adversary_losses(self.judge(rotations, betas), self.judge(found.rotations, found.betas))
        return {"total": real + fake, "real": real, "fake": fake}

    def losses(self, batch: MeshBatch) -> dict[str, Tensor]:
        """The five terms of the benchmark, weighted, and what the adversary says."""
        found: BodyParameters = self.model(batch.pictures)
        parts = parameter_terms(self, found, batch)
        if self.recipe.adversary.weight:
            judged = self.judge(found.rotations, found.betas)
            parts["deceit"] = self.recipe.adversary.weight * deceit_loss(judged)
        return {"total": torch.stack(list(parts.values())).sum(), **parts}

    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        found: BodyParameters = self.model(pictures)
        return self.body.posed(found.rotations, found.betas)

    def _real_bodies(self, count: int) -> tuple[Tensor, Tensor]:
        rotations, betas = self._real
        chosen = torch.randint(len(rotations), (count,))
        return rotations[chosen].to(self.device), betas[chosen].to(self.device)

    @cached_property
    def _real(self) -> tuple[Float[Tensor, "n joints 3 3"], Float[Tensor, "n coefficients"]]:
        path = self.recipe.adversary.poses
        pose, betas = _mosh(path) if path else _sampled(self)
        joints = self.body.rotations
        rotations = torch.eye(3).repeat(len(pose), joints, 1, 1)
        given = min(joints, pose.shape[1])
        rotations[:, :given] = rotvec_to_rotmat(pose[:, :given])
        if path and self.body.betas != betas.shape[1]:
            problem = f"holds {betas.shape[1]} shape coefficients"
            raise FileError(path, problem, remedy="it is of another body; name none")
        return rotations, betas


def parameter_terms(learner: MeshLearner, found: BodyParameters, batch: MeshBatch) -> dict[str, Tensor]:
    """The benchmark's five regression losses of body parameters, weighted; the loss of the recipe says their kinds."""
    terms = VARIANTS[learner.recipe.loss]
    own = learner.body.posed(found.rotations, found.betas)
    true = learner.body.posed(batch.rotations, batch.betas)
    known = learner.body.known.to(own.joints)
    three = batch.keypoints3d * torch.cat([torch.ones_like(known[:, None]).expand(-1, 3), known[:, None]], dim=1)
    two = batch.keypoints2d * torch.cat([torch.ones_like(known[:, None]).expand(-1, 2), known[:, None]], dim=1)
    side = learner.form.size[0]
    values = {
        "keypoints3d": keypoints3d_term(terms.keypoints3d, own.joints, three, HIPS_54),
        "keypoints2d": keypoints2d_term(
            terms.keypoints2d, perspective(own.joints, found.weak, side), two, span=side - 1
        ),
        "vertices": flagged_mean(terms.vertices, own.vertices, true.vertices, batch.has_shape),
        "pose": flagged_mean(terms.pose, found.rotations, batch.rotations, batch.has_body),
        "betas": flagged_mean(terms.betas, found.betas, batch.betas, batch.has_shape),
    }
    return {name: terms.weights[name] * value for name, value in values.items()}


def _sampled(learner: MeshLearner) -> tuple[Tensor, Tensor]:
    """Poses of the sampler, shapes near the average."""
    pose = sample(_DRAWN, seed=learner.recipe.seed).rotations[:, :22]
    generator = torch.Generator().manual_seed(learner.recipe.seed)
    spread = 0.1 if isinstance(learner.body, FreeBody) else 1.0
    drawn = torch.randn(len(pose), learner.body.betas, generator=generator)
    return pose, learner.body.average + spread * drawn


def _mosh(path: str) -> tuple[Float[Tensor, "n 24 3"], Float[Tensor, "n coefficients"]]:
    """Axis-angles and shapes of ``cmu_mosh.npz``."""
    content: Any = open_npz(Path(path))
    try:
        table = np.asarray(content["smpl"]).item()
        body = np.asarray(table["body_pose"], np.float32).reshape(len(table["body_pose"]), -1, 3)
        root = np.asarray(table["global_orient"], np.float32).reshape(len(body), 1, 3)
        betas = np.asarray(table["betas"], np.float32)
    except PoseloomError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError):
        remedy = "expected 'smpl' with body_pose, global_orient and betas, as in cmu_mosh.npz"
        raise FileError(path, "holds no real poses", remedy=remedy) from None
    pose = torch.from_numpy(np.concatenate([root, body], axis=1))
    return pose, torch.from_numpy(betas)


TASK = Task("mesh_recovery", "pictures of people -> bodies (HMR)", HmrRecipe, HmrLearner)
