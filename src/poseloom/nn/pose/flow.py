"""Poses drawn by rectified flow: noise is moved to a pose in a few straight steps, guided by a condition.

Flow matching (Lipman et al. 2023; Liu et al. 2023). The network says the pose at the end of the path rather than the
velocity, so that joint positions can be compared in the loss. A pose is a vector of 22 six-number rotations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.nn.layers.residual import ModulatedBlock
from poseloom.nn.pose.features import GEOMETRY, SIXD, geometry_of, joint_positions
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import rotmat_to_sixd, rotvec_to_rotmat, sixd_to_rotmat
from poseloom.pose.skeleton import rest_offsets

_FREQUENCIES = 32
_HIGHEST = 150.0
"""Greatest frequency of the waves that tell the time."""

_STILL = 0.03
"""Added to standard deviations: numbers that hardly move must not be blown up."""


@dataclass(frozen=True)
class FlowConfig:
    """Sizes of the network that moves noise to poses.

    Args:
        width: how many numbers a hidden vector has.
        blocks: number of residual blocks.
        time_samples: points of the path that are learned from for each pose of a batch.
    """

    width: int = within(512, 1, WIDEST)
    blocks: int = within(3, 0, DEEPEST)
    time_samples: int = within(4, 1, 999)


Numbers = Float[Tensor, "poses numbers"]
"""Normalised rotation numbers of poses: what the flow moves."""


class PoseFlow(nn.Module):
    """A distribution of body poses given a condition.

    Args:
        condition: size of the condition's vector.
        config: sizes.
        from_origin: the pose is told as a change of an original pose, which then goes with every call; joints that stay
            are kept exactly.
    """

    mean: Tensor
    deviation: Tensor
    geometry_deviation: Tensor
    waves: Tensor
    offsets: Tensor

    def __init__(self, condition: int, config: FlowConfig, *, from_origin: bool = False):
        super().__init__()
        width = config.width
        self.time_samples = config.time_samples
        self.enter = nn.Linear(2 * SIXD + BODY_JOINTS if from_origin else SIXD, width)
        self.condition = nn.Sequential(
            nn.Linear(condition + 2 * _FREQUENCIES, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.blocks = nn.ModuleList(ModulatedBlock(width, width) for _ in range(config.blocks))
        self.leave = nn.Linear(width, SIXD)
        self.register_buffer("mean", torch.zeros(SIXD))
        self.register_buffer("deviation", torch.ones(SIXD))
        self.register_buffer("geometry_deviation", torch.ones(GEOMETRY))
        waves = torch.exp(torch.linspace(0.0, math.log(_HIGHEST), _FREQUENCIES))
        self.register_buffer("waves", waves, persistent=False)
        self.register_buffer("offsets", rest_offsets()[:BODY_JOINTS].clone(), persistent=False)

    def measure(self, rotations: Float[Tensor, "poses joints 3"]) -> None:
        """Take the scale of the numbers from some poses; called once, before training."""
        numbers = rotmat_to_sixd(rotvec_to_rotmat(rotations[:, :BODY_JOINTS])).flatten(1)
        self.mean.copy_(numbers.mean(0))
        self.deviation.copy_(numbers.std(0) + _STILL)
        places = joint_positions(rotvec_to_rotmat(rotations[:, :BODY_JOINTS]), self.offsets)
        self.geometry_deviation.copy_(geometry_of(places).std(0) + _STILL)

    @property
    def is_measured(self) -> bool:
        """Whether the scale has been taken, here or before the weights were saved."""
        return bool(self.mean.any())

    def normalised(self, rotations: Float[Tensor, "poses joints 3"]) -> Float[Tensor, "poses numbers"]:
        """Axis-angle -> the numbers that the flow moves."""
        return (
            rotmat_to_sixd(rotvec_to_rotmat(rotations[:, :BODY_JOINTS].float())).flatten(1) - self.mean
        ) / self.deviation

    def matrices(self, numbers: Float[Tensor, "poses numbers"]) -> Float[Tensor, "poses 22 3 3"]:
        """The numbers that the flow moves -> rotations."""
        return sixd_to_rotmat((numbers.float() * self.deviation + self.mean).unflatten(-1, (BODY_JOINTS, 6)))

    def forward(
        self,
        numbers: Float[Tensor, "poses numbers"],
        time: Float[Tensor, " poses"],
        condition: Float[Tensor, "poses condition"],
        origin: _Start | None = None,
    ) -> Float[Tensor, "poses numbers"]:
        """The pose that a point of the path leads to; time 0 is noise, 1 the pose."""
        hidden = self._conditioning(time, condition)
        modulations = [block.modulation(hidden) for block in self.blocks]
        return self._end(numbers, modulations, origin)

    def _conditioning(
        self, time: Float[Tensor, " poses"], condition: Float[Tensor, "poses condition"]
    ) -> Float[Tensor, "poses width"]:
        """The condition of all blocks: text and time as one vector."""
        angles = time[:, None] * self.waves
        return self.condition(torch.cat([condition, angles.sin(), angles.cos()], dim=-1))

    def start(self, origin: OriginalPose | None, times: int = 1) -> _Start | None:
        """The numbers of an original pose, each as many times as its path is looked at."""
        if origin is None:
            return None
        numbers, moves = self.normalised(origin.rotations), origin.moves.to(self.mean.dtype)
        return _Start(numbers.repeat(times, 1), moves.repeat(times, 1))

    def _end(self, numbers: Numbers, modulations: Iterable[Tensor], origin: _Start | None) -> Numbers:
        """Where the path ends, from the modulation of each block."""
        hidden = self.enter(numbers if origin is None else origin.beside(numbers))
        for block, modulation in zip(self.blocks, modulations, strict=True):
            hidden = block.moved(hidden, modulation)
        said = self.leave(functional.layer_norm(hidden, hidden.shape[-1:]))
        return said if origin is None else origin.kept(said + origin.numbers)

    @torch.no_grad()
    def sample(
        self,
        condition: Float[Tensor, "poses condition"],
        steps: int,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        origin: OriginalPose | None = None,
        guidance: Guidance | None = None,
        guided: Callable[[Numbers], Numbers] | None = None,
    ) -> Float[Tensor, "poses 22 3 3"]:
        """One pose for each row of the condition, in `steps` equal steps of time.

        Args:
            condition: what is told of each pose.
            steps: number of steps of time.
            generator: draws the noise; of several each that of an equal part of the rows.
            origin: original poses, where the flow begins from them.
            guidance: how strongly the condition counts; as it was learned where there is none.
            guided: what is done to the end of the path that is seen at each of the later steps.
        """
        guidance = guidance or Guidance()
        poses = len(condition)
        numbers = guidance.temperature * _noise(poses, generator).to(condition.device)
        start = self.start(origin)
        numbers = numbers if start is None else start.kept(numbers)
        modulations = self._modulations(condition, steps)
        unconditional = (
            self._modulations(guidance.unconditional, steps)
            if guidance.unconditional is not None and guidance.strength != 1
            else None
        )
        for step in range(steps):
            end = self._end(numbers, [one[step] for one in modulations], start)
            if unconditional is not None:
                plain = self._end(numbers, [one[step] for one in unconditional], start)
                end = plain + guidance.strength * (end - plain)
            if guided is not None and 2 * step >= steps:
                end = guided(end) if start is None else start.kept(guided(end))
            numbers = numbers + (end - numbers) / (steps - step)
        return self.matrices(numbers)

    def _modulations(self, condition: Float[Tensor, "rows condition"], steps: int) -> list[Tensor]:
        """The modulation of each block, (steps, rows, 3 width): all steps at once, as small products are slow."""
        rows = len(condition)
        times = torch.arange(steps, device=condition.device).repeat_interleave(rows) / steps
        hidden = self._conditioning(times, condition.repeat(steps, 1))
        return [block.modulation(hidden).unflatten(0, (steps, rows)) for block in self.blocks]


def _noise(poses: int, generator: torch.Generator | Sequence[torch.Generator] | None) -> Float[Tensor, "poses sixd"]:
    if not isinstance(generator, Sequence):
        return torch.randn(poses, SIXD, generator=generator)
    return torch.cat([torch.randn(poses // len(generator), SIXD, generator=one) for one in generator])


@dataclass(frozen=True, eq=False)
class OriginalPose:
    """What a changed pose begins from.

    Args:
        rotations: axis-angle.
        moves: joints that change; the others are kept.
    """

    rotations: Float[Tensor, "poses joints 3"]
    moves: Bool[Tensor, "poses 22"]


@dataclass(frozen=True, eq=False)
class _Start:
    """An original pose in the numbers of the flow, and 1 for each joint that changes."""

    numbers: Numbers
    moves: Float[Tensor, "poses 22"]

    def beside(self, numbers: Numbers) -> Float[Tensor, "poses seen"]:
        """What the network sees of a point of the path."""
        return torch.cat([numbers, self.numbers, self.moves], dim=-1)

    def kept(self, numbers: Numbers) -> Numbers:
        """Numbers with those of joints that stay as they were."""
        return torch.where(self.moves.repeat_interleave(6, dim=-1) > 0, numbers, self.numbers)


@dataclass(frozen=True, eq=False)
class Guidance:
    """Away from what would be drawn without the condition (classifier-free guidance: Ho & Salimans 2022).

    Args:
        strength: 1 as it was learned, more for what the condition says.
        unconditional: (1 or as many as poses, condition), the condition that says nothing.
        temperature: factor on the noise that paths begin with; less than 1 for likelier poses.
    """

    strength: float = 1.0
    unconditional: Tensor | None = None
    temperature: float = 1.0
