"""Poses drawn by rectified flow: noise is moved to a pose in a few straight steps, steered by a condition.

Flow matching (Lipman et al. 2023; Liu et al. 2023). The network says the pose at the end of the path rather than the
velocity, so that joint positions can be compared in the loss. A pose is a vector of 22 six-number rotations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.layers.residual import SteeredBlock
from poseloom.nn.pose.features import GEOMETRY, SIXD, geometry_of, joint_positions
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import rotmat_to_sixd, rotvec_to_rotmat, sixd_to_rotmat
from poseloom.pose.skeleton import rest_offsets

_FREQUENCIES = 32
_HIGHEST = 150.0
"""Greatest frequency of the waves that tell the time."""
_LATEST = 0.1
"""Added to the time that is left, so that the weight of a late step stays bounded."""
_JOINTS_WEIGHT = 20.0
"""Squared metres of a joint weigh this much against squared, normalised rotation numbers."""

_STILL = 0.03
"""Added to standard deviations: numbers that hardly move must not be blown up."""


@dataclass(frozen=True)
class FlowConfig:
    """Sizes of the network that moves noise to poses.

    Args:
        width: of its hidden vectors.
        blocks: number of residual blocks.
        draws: points of the path that are learned from for each pose of a batch.
    """

    width: int = 512
    blocks: int = 3
    draws: int = 4


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
    told: Tensor
    waves: Tensor
    offsets: Tensor

    def __init__(self, condition: int, config: FlowConfig, *, from_origin: bool = False):
        super().__init__()
        width = config.width
        self.draws = config.draws
        self.enter = nn.Linear(2 * SIXD + BODY_JOINTS if from_origin else SIXD, width)
        self.condition = nn.Sequential(
            nn.Linear(condition + 2 * _FREQUENCIES, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.blocks = nn.ModuleList(SteeredBlock(width, width) for _ in range(config.blocks))
        self.leave = nn.Linear(width, SIXD)
        self.register_buffer("mean", torch.zeros(SIXD))
        self.register_buffer("deviation", torch.ones(SIXD))
        self.register_buffer("told", torch.ones(GEOMETRY))
        waves = torch.exp(torch.linspace(0.0, math.log(_HIGHEST), _FREQUENCIES))
        self.register_buffer("waves", waves, persistent=False)
        self.register_buffer("offsets", rest_offsets()[:BODY_JOINTS].clone(), persistent=False)

    def measure(self, rotations: Float[Tensor, "poses joints 3"]) -> None:
        """Take the scale of the numbers from some poses; called once, before training."""
        numbers = rotmat_to_sixd(rotvec_to_rotmat(rotations[:, :BODY_JOINTS])).flatten(1)
        self.mean.copy_(numbers.mean(0))
        self.deviation.copy_(numbers.std(0) + _STILL)
        places = joint_positions(rotvec_to_rotmat(rotations[:, :BODY_JOINTS]), self.offsets)
        self.told.copy_(geometry_of(places).std(0) + _STILL)

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
        steer = self._steer(time, condition)
        steers = [block.steer(steer) for block in self.blocks]
        return self._end(numbers, steers, origin)

    def _steer(
        self, time: Float[Tensor, " poses"], condition: Float[Tensor, "poses condition"]
    ) -> Float[Tensor, "poses width"]:
        """What steers all blocks."""
        angles = time[:, None] * self.waves
        return self.condition(torch.cat([condition, angles.sin(), angles.cos()], dim=-1))

    def _start(self, origin: Origin | None, times: int = 1) -> _Start | None:
        """The numbers of an original pose, each as many times as its path is looked at."""
        if origin is None:
            return None
        numbers, moves = self.normalised(origin.rotations), origin.moves.to(self.mean.dtype)
        return _Start(numbers.repeat(times, 1), moves.repeat(times, 1))

    def _end(self, numbers: Numbers, steers: Iterable[Tensor], origin: _Start | None) -> Numbers:
        """Where the path ends, from what each block is steered by."""
        hidden = self.enter(numbers if origin is None else origin.beside(numbers))
        for block, steer in zip(self.blocks, steers, strict=True):
            hidden = block.moved(hidden, steer)
        said = self.leave(functional.layer_norm(hidden, hidden.shape[-1:]))
        return said if origin is None else origin.kept(said + origin.numbers)

    def losses(
        self,
        rotations: Float[Tensor, "batch joints 3"],
        condition: Float[Tensor, "batch condition"],
        origin: Origin | None = None,
    ) -> dict[str, Tensor]:
        """How far the said pose is from the true one at random times.

        Returns:
            ``rotation``, ``geometry`` (what words tell of: `geometry_of`), normalised and squared; ``joints``, squared
            metres; their weighted ``total``.
        """
        pose = self.normalised(rotations)
        target, steer = pose.repeat(self.draws, 1), condition.repeat(self.draws, 1)
        time = torch.rand(len(target), device=target.device)
        noise = torch.randn_like(target)
        start = self._start(origin, self.draws)
        point = torch.lerp(noise, target, time[:, None])
        said = self(point if start is None else start.kept(point), time, steer, start).float()
        weight = 1 / (1 - time + _LATEST)
        one = slice(0, len(pose))  # joints cost more to compute: one point of each path is enough
        places = joint_positions(self.matrices(said[one]), self.offsets)
        true = joint_positions(self.matrices(pose), self.offsets)
        rotation = ((said - target).square().mean(-1) * weight).mean()
        joints = ((places - true).square().sum(-1).mean(-1) * weight[one]).mean()
        told = (geometry_of(places) - geometry_of(true)) / self.told
        geometry = (told.square().mean(-1) * weight[one]).mean()
        total = rotation + geometry + _JOINTS_WEIGHT * joints
        return {"total": total, "rotation": rotation, "joints": joints, "geometry": geometry}

    @torch.no_grad()
    def draw(
        self,
        condition: Float[Tensor, "poses condition"],
        steps: int,
        generator: torch.Generator | None = None,
        origin: Origin | None = None,
        guide: Guide | None = None,
        nudged: Callable[[Numbers], Numbers] | None = None,
    ) -> Float[Tensor, "poses 22 3 3"]:
        """One pose for each row of the condition, in `steps` equal steps of time.

        Args:
            condition: what is told of each pose.
            steps: of time.
            generator: of the noise.
            origin: original poses, where the flow begins from them.
            guide: how strongly the condition steers; as it was learned where there is none.
            nudged: what is done to the end of the path that is seen at each of the later steps.
        """
        guide = guide or Guide()
        poses = len(condition)
        numbers = guide.spread * torch.randn(poses, SIXD, generator=generator).to(condition.device)
        start = self._start(origin)
        numbers = numbers if start is None else start.kept(numbers)
        steers = self._steers(condition, steps)
        away = self._steers(guide.away, steps) if guide.away is not None and guide.strength != 1 else None
        for step in range(steps):
            end = self._end(numbers, [one[step] for one in steers], start)
            if away is not None:
                plain = self._end(numbers, [one[step] for one in away], start)
                end = plain + guide.strength * (end - plain)
            if nudged is not None and 2 * step >= steps:
                end = nudged(end) if start is None else start.kept(nudged(end))
            numbers = numbers + (end - numbers) / (steps - step)
        return self.matrices(numbers)

    def _steers(self, condition: Float[Tensor, "rows condition"], steps: int) -> list[Tensor]:
        """What steers each block, (steps, rows, steered): all steps at once, small products are slow one by one."""
        rows = len(condition)
        times = torch.arange(steps, device=condition.device).repeat_interleave(rows) / steps
        steer = self._steer(times, condition.repeat(steps, 1))
        return [block.steer(steer).unflatten(0, (steps, rows)) for block in self.blocks]


@dataclass(frozen=True, eq=False)
class Origin:
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
class Guide:
    """Away from what would be drawn without the condition (classifier-free guidance: Ho & Salimans 2022).

    Args:
        strength: 1 as it was learned, more for what the condition says.
        away: (1 or as many as poses, condition), the condition that says nothing.
        spread: of the noise that paths begin with; less than 1 for likelier poses.
    """

    strength: float = 1.0
    away: Tensor | None = None
    spread: float = 1.0
