"""Frozen encoders of poses: the shipped text-pose space, PoseVAE's trunk, and the rotations as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import rotmat_to_sixd, rotvec_to_rotmat
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import to_published_rotations
from poseloom.tasks.common.published_models import open_published
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, PoseItem, vectors_as_tokens
from poseloom.tasks.generation.published import PoseVae, PoseVaeConfig
from poseloom.tasks.retrieval.published_evaluate import open_space
from poseloom.training.feature_cache import weights_digest


def _together(items: Sequence[PoseItem]) -> Pose:
    return Pose(torch.stack([item.rotations[:BODY_JOINTS] for item in items]).float())


class SpacePoses(FrozenEncoder):
    """Vectors of a text-pose space, with the rotations beside them: what the words say, and what they leave out.

    Args:
        path: of a retrieval model.

    Raises:
        FileError: it is none, or damaged.
    """

    name, modality = "retrieval", "pose"

    def __init__(self, path: str | Path):
        self._space = open_space(path)
        self.width = self._space.dimensions + 6 * BODY_JOINTS
        self.digest = f"{self._space.card.sha256} with rotations"

    def encode(self, items: Sequence[PoseItem]) -> list[Float[Tensor, "_tokens width"]]:
        poses = _together(items)
        return vectors_as_tokens(torch.cat([self._space.embed_poses(poses).vectors, _sixd(poses)], dim=1))


class Rotations(FrozenEncoder):
    """The first two columns of every joint's matrix; no network."""

    name, modality, width = "rotations", "pose", 6 * BODY_JOINTS
    digest = "sixd of 22 joints, y up, without heading"

    def encode(self, items: Sequence[PoseItem]) -> list[Float[Tensor, "_tokens width"]]:
        return vectors_as_tokens(_sixd(_together(items)))


def _sixd(poses: Pose) -> Float[Tensor, "poses numbers"]:
    return rotmat_to_sixd(rotvec_to_rotmat(poses.rotations)).flatten(1)


class VaeTrunk(FrozenEncoder):
    """The encoder of PoseVAE before its distribution, as PoseEmbroider was released with.

    Args:
        path: of a generation model of that kind.

    Raises:
        FileError: it is none, or damaged.
    """

    name, modality, width = "posevae", "pose", 512

    def __init__(self, path: str | Path):
        encoder = open_published(path, "generation", PoseVaeConfig, PoseVae).module.pose_encoder
        self._joints = encoder.joints
        self.module = encoder.encoder[:_TRUNK].requires_grad_(False)
        self.digest = weights_digest(self.module, "posevae trunk, z up")

    def encode(self, items: Sequence[PoseItem]) -> list[Float[Tensor, "_tokens width"]]:
        return self._in_evaluation(items)

    def prepare(self, items: Sequence[PoseItem]) -> tuple[Tensor, ...]:
        """Rotations as AMASS has them: z up."""
        return (to_published_rotations(_together(items), self._joints),)

    def forward(self, *prepared: Tensor) -> Float[Tensor, "batch tokens width"]:
        assert self.module is not None
        return self.module(prepared[0])[:, None]


_TRUNK = 8
"""Layers of PoseVAE's encoder before the distribution."""
