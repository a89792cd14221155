"""What the small models see of a pose: rotations in six numbers each, and where the joints are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.nn.layers.residual import ResidualMLP
from poseloom.pose.joints import BODY_JOINTS, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.limbs import BONES
from poseloom.pose.rotations import rotmat_to_sixd, rotvec_to_rotmat
from poseloom.pose.skeleton import rest_offsets

SIXD = 6 * BODY_JOINTS
FEATURES = SIXD + 3 * (BODY_JOINTS - 1)
"""Six numbers of each body joint's rotation and the place of each joint but the pelvis."""

_ACROSS = ("shoulders", "hips")
_LIMBS = tuple((bone.start, bone.end) if name in _ACROSS else (bone.end, bone.start) for name, bone in BONES.items())
"""End and start of each; across the shoulders and the hips from left to right."""
_BENDS = ((0, 1), (5, 6), (2, 3), (7, 8), (0, 10), (5, 10), (2, 10), (7, 10), (10, 11), (2, 7))
"""Limbs between which an angle is told: elbows, knees, shoulders, hips, neck, and between the thighs."""
_PARTS = (0, 4, 5, 7, 8, 12, 15, 16, 17, 18, 19, 20, 21)
"""Joints whose ways from one another are told."""
_PAIRS = len(_PARTS) * (len(_PARTS) - 1) // 2
_OUTERMOST = 2.0
"""Standard deviations up to which levels lie that numbers are compared with."""
GEOMETRY = 3 * len(_LIMBS) + len(_BENDS) + 4 * _PAIRS + BODY_JOINTS
"""Numbers of `geometry_of`."""


@dataclass(frozen=True)
class PoseTowerConfig:
    """Sizes of the small pose encoder.

    Args:
        width: how many numbers a hidden vector has.
        blocks: number of residual blocks.
        dropout: share of hidden units that rest in training.
        geometry: whether it sees angles and distances as well: see `geometry_of`.
        levels: number of levels that each of these is compared with: see `soft_steps`.
    """

    width: int = within(512, 1, WIDEST)
    blocks: int = within(3, 0, DEEPEST)
    dropout: float = within(0.0, 0, 1)
    geometry: bool = False
    levels: int = within(0, 0, 999)


class PoseFeatures(nn.Module):
    """Axis-angle rotations -> features of about unit size.

    The joints stand on the free body's skeleton, the pelvis at the origin. Hands are not looked at. The running
    statistics are those of the poses seen in training.

    Args:
        geometry: add what words are about: see `geometry_of`.
    """

    offsets: Tensor

    def __init__(self, *, geometry: bool = False) -> None:
        super().__init__()
        self.geometry = geometry
        self.size = FEATURES + (GEOMETRY if geometry else 0)
        self.register_buffer("offsets", rest_offsets()[:BODY_JOINTS].clone(), persistent=False)
        self.normalise = nn.BatchNorm1d(self.size, affine=False)

    def forward(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch features"]:
        return self.of_matrices(rotvec_to_rotmat(rotations[:, :BODY_JOINTS].float()))

    def of_matrices(self, matrices: Float[Tensor, "batch 22 3 3"]) -> Float[Tensor, "batch features"]:
        """The features of rotations that are matrices already."""
        with torch.autocast(matrices.device.type, enabled=False):
            positions = joint_positions(matrices, self.offsets)
            parts = [rotmat_to_sixd(matrices).flatten(1), positions[:, 1:].flatten(1)]
            if self.geometry:
                parts.append(geometry_of(positions))
            return self.normalise(torch.cat(parts, dim=1))


class PoseTower(nn.Module):
    """Poses -> vectors: features, then a residual perceptron.

    Args:
        outputs: size of the vectors.
        config: sizes.
    """

    def __init__(self, outputs: int, config: PoseTowerConfig):
        super().__init__()
        self.features = PoseFeatures(geometry=config.geometry)
        self.levels = config.levels
        inputs = self.features.size + (GEOMETRY * config.levels if config.geometry else 0)
        self.network = ResidualMLP(inputs, outputs, config.width, config.blocks, config.dropout)

    def forward(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch outputs"]:
        return self._read(self.features(rotations))

    def of_matrices(self, matrices: Float[Tensor, "batch 22 3 3"]) -> Float[Tensor, "batch outputs"]:
        """The same of rotations that are matrices already."""
        return self._read(self.features.of_matrices(matrices))

    def _read(self, seen: Float[Tensor, "batch features"]) -> Float[Tensor, "batch outputs"]:
        return self.network(torch.cat([seen, soft_steps(seen[:, FEATURES:], self.levels)], dim=-1))


class PairTower(nn.Module):
    """Pairs of poses -> vectors: the features of both and their difference, then a residual perceptron.

    The heading of the first pose is expected to be removed from both.

    Args:
        outputs: size of the vectors.
        config: sizes.
    """

    def __init__(self, outputs: int, config: PoseTowerConfig):
        super().__init__()
        self.features = PoseFeatures(geometry=config.geometry)
        self.levels = config.levels
        inputs = self.features.size + (GEOMETRY * config.levels if config.geometry else 0)
        self.network = ResidualMLP(3 * inputs, outputs, config.width, config.blocks, config.dropout)

    def forward(
        self,
        first: Float[Tensor, "batch joints 3"],
        second: Float[Tensor, "batch joints 3"],
    ) -> Float[Tensor, "batch outputs"]:
        return self._read(self.features(torch.cat([first, second])))

    def of_matrices(
        self, first: Float[Tensor, "batch 22 3 3"], second: Float[Tensor, "batch 22 3 3"]
    ) -> Float[Tensor, "batch outputs"]:
        """The same of rotations that are matrices already."""
        return self._read(self.features.of_matrices(torch.cat([first, second])))

    def _read(self, both: Float[Tensor, "poses features"]) -> Float[Tensor, "batch outputs"]:
        a, b = both.chunk(2)
        seen = torch.cat([a, b, b - a], dim=-1)
        words = [one[:, FEATURES:] for one in (a, b, b - a)]
        return self.network(torch.cat([seen, soft_steps(torch.cat(words, dim=-1), self.levels)], dim=-1))


def soft_steps(numbers: Float[Tensor, "batch numbers"], levels: int) -> Float[Tensor, "batch compared"]:
    """Soft steps of numbers of unit size at some levels: words change where an angle or a distance passes one.

    A perceptron draws sharp limits from steps much sooner than from the numbers themselves (Gorishniy et al. 2022, "On
    Embeddings for Numerical Features in Tabular Deep Learning").
    """
    at = torch.linspace(-_OUTERMOST, _OUTERMOST, levels, device=numbers.device)
    sharpness = max(1, levels - 1) / _OUTERMOST
    return torch.tanh((numbers[..., None] - at) * sharpness).flatten(-2)


def geometry_of(positions: Float[Tensor, "batch 22 3"]) -> Float[Tensor, "batch geometry"]:
    """What words about poses speak of: directions of limbs, bends, ways and distances between parts, heights.

    Args:
        positions: metres, the pelvis at the origin, Y up.
    """
    ends, starts = (positions[:, list(joints)] for joints in zip(*_LIMBS, strict=True))
    directions = functional.normalize(ends - starts, dim=-1)
    first, second = (directions[:, list(limbs)] for limbs in zip(*_BENDS, strict=True))
    a, b = torch.combinations(torch.tensor(_PARTS, device=positions.device)).T
    ways = positions[:, a] - positions[:, b]
    heights = positions[..., 1] - positions[..., 1].amin(1, keepdim=True)
    parts = (directions.flatten(1), (first * second).sum(-1), ways.flatten(1), ways.norm(dim=-1), heights)
    return torch.cat(parts, dim=1)


def joint_positions(
    matrices: Float[Tensor, "*batch 22 3 3"], offsets: Float[Tensor, "22 3"]
) -> Float[Tensor, "*batch 22 3"]:
    """Positions of the body joints, metres, the pelvis at the origin."""
    _, positions = forward_kinematics(matrices, offsets, PARENTS[:BODY_JOINTS])
    return positions - positions[..., :1, :]
