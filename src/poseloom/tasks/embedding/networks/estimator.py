"""HPSEstimator of PoseEmbroider (arXiv 2409.06535): a body's pose and shape from one vector of the space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.fusion import Concatenation
from poseloom.pose.rotations import sixd_to_rotmat
from poseloom.tasks.embedding.networks.projections import mini_mlp

_HIDDEN, _DROPOUT, _LAST_GAIN = 1024, 0.5, 0.01
_COLUMNS = 6
_CLAMPED = 0.99
"""Half chords beyond it are cut off: above 163.8 degrees the loss is flat, as released."""
_LEAST, _MOST = 1e-8, 1 - 1e-6
"""Of squared half chords, so that gradients stay finite."""


@dataclass(frozen=True)
class EstimatorConfig:
    """The defaults are those of ``hpsestimator_model_poseembroider_bedlamscript``.

    Args:
        latent: size of the representation.
        joints: of the body.
        shapes: coefficients of the body's shape; none are told where it is 0.
        iterations: corrections of the pose.
        released_angles: cut the loss of angles off above 163.8 degrees, as released.
    """

    latent: int = within(512, 1, WIDEST)
    joints: int = within(22, 1, 999)
    shapes: int = within(10, 0, 999)
    iterations: int = within(3, 1, 100)
    released_angles: bool = False


class IterativePose(nn.Module):
    """Corrections of a pose, each made of the representation and the pose so far; the first pose is learned."""

    def __init__(self, config: EstimatorConfig):
        super().__init__()
        numbers = _COLUMNS * config.joints
        self.iterations = config.iterations
        at_rest = torch.eye(3)[:, :2].repeat(config.joints, 1, 1)
        self.init_value = nn.Parameter(at_rest.flatten())
        last = nn.Linear(_HIDDEN, numbers)
        nn.init.xavier_uniform_(last.weight, gain=_LAST_GAIN)
        self.regressor_residual = nn.Sequential(
            Concatenation(),
            nn.Linear(config.latent + numbers, _HIDDEN),
            nn.Dropout(_DROPOUT),
            nn.LeakyReLU(),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.Dropout(_DROPOUT),
            nn.LeakyReLU(),
            last,
        )

    def forward(self, tokens: Float[Tensor, "batch latent"]) -> list[Float[Tensor, "batch numbers"]]:
        """The state after each iteration: the first two columns of every joint's matrix, (joints, 3, 2) in a row."""
        state, states = self.init_value.expand(len(tokens), -1), []
        for _ in range(self.iterations):
            state = state + self.regressor_residual((tokens, state))
            states.append(state)
        return states


@dataclass(frozen=True, eq=False)
class EstimatedBody:
    """What is told of bodies.

    Args:
        rotations: of the joints, the root's first.
        betas: shape coefficients.
    """

    rotations: Float[Tensor, "batch joints 3 3"]
    betas: Float[Tensor, "batch shapes"]


class HpsEstimator(nn.Module):
    """One vector of the space -> rotations and shape."""

    def __init__(self, config: EstimatorConfig | None = None):
        super().__init__()
        self.config = config or EstimatorConfig()
        self.pose_prediction_head = IterativePose(self.config)
        if self.config.shapes:
            self.bodyshape_prediction_head = mini_mlp(self.config.latent, self.config.latent, self.config.shapes)

    def forward(self, tokens: Float[Tensor, "batch latent"]) -> EstimatedBody:
        state = self.pose_prediction_head(tokens)[-1]
        rotations = sixd_to_rotmat(state.unflatten(-1, (self.config.joints, _COLUMNS)))
        if not self.config.shapes:
            return EstimatedBody(rotations, tokens.new_zeros(len(tokens), 0))
        return EstimatedBody(rotations, self.bodyshape_prediction_head(tokens))

    def start_from(self, mean: Float[Tensor, "joints 3 3"]) -> None:
        """Begin with the mean of the training poses."""
        with torch.no_grad():
            self.pose_prediction_head.init_value.copy_(mean[..., :2].reshape(-1))


def angle_loss(
    predicted: Float[Tensor, "batch joints 3 3"], true: Float[Tensor, "batch joints 3 3"], *, clamped: bool
) -> Float[Tensor, ""]:
    """Geodesic angles, radians: summed over the joints, mean over the batch; taken from half the chord.

    Args:
        clamped: cut half chords off at 0.99, as released: angles above 163.8 degrees have no gradient there.
    """
    squared = ((predicted - true).square().sum((-2, -1)) / 8).clamp_min(_LEAST)
    half = squared.sqrt().clamp(max=_CLAMPED) if clamped else squared.clamp(max=_MOST).sqrt()
    return (2 * torch.asin(half)).sum(-1).mean()


def shape_loss(predicted: Float[Tensor, "batch n"], true: Float[Tensor, "batch n"]) -> Float[Tensor, ""]:
    """Smooth L1, summed over coefficients, mean over the batch."""
    return functional.smooth_l1_loss(predicted, true, reduction="none").sum(-1).mean()


def points_loss(predicted: Float[Tensor, "batch points 3"], true: Float[Tensor, "batch points 3"]) -> Float[Tensor, ""]:
    """Smooth L1, summed over the axes, mean over points and batch: of joints or vertices (an option of the paper)."""
    return functional.smooth_l1_loss(predicted, true, reduction="none").sum(-1).mean()
