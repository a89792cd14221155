"""Ranges of motion: limits of every movement angle, how one limit depends on another joint, clipping and checks.

The table (`ranges.json`) holds clinical values and the wider ones for everyday and athletic poses that are used here.
The shoulder's axial rotation is limited as a swing-twist angle (`movement.arm_twist`), so the limits hold at the poles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.pose import movement
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, PRODUCTS
from poseloom.pose.types import Pose

DEFAULT_TOLERANCE = 0.5
"""Degrees over a limit that a check forgives: the rounding of float32 rotations and a little more."""

_SIDES = ("left", "right")
_TRUNK_JOINTS = tuple(
    (name, kind, total)
    for name, total in (
        ("spine1", "trunk"),
        ("spine2", "trunk"),
        ("spine3", "trunk"),
        ("neck", "head"),
        ("head", "head"),
    )
    for kind in ("turn", "flexion", "side")
)

LIMITED: tuple[str, ...] = (*MOVEMENTS, *(f"{name}_joint_{kind}" for name, kind, _ in _TRUNK_JOINTS))
"""What is checked: every movement, then each trunk and neck joint's own share of its total."""


@dataclass(frozen=True)
class Violation:
    """One movement of one pose that is out of its range; degrees."""

    pose: tuple[int, ...]
    movement: str
    angle: float
    lowest: float
    highest: float

    @property
    def over(self) -> float:
        """Degrees over the limit."""
        return max(self.angle - self.highest, self.lowest - self.angle)

    def __str__(self) -> str:
        return (
            f"{self.movement.replace('_', ' ')} {self.angle:.0f}, {self.over:.0f} outside "
            f"{self.lowest:.0f} to {self.highest:.0f} degrees"
        )


@dataclass(frozen=True)
class Coupling:
    """A limit that changes linearly with another movement while that runs from `start` to `end`; radians."""

    movement: int
    is_highest: bool
    driver: int
    absolute: bool
    start: float
    end: float
    limit_at_start: float
    limit_at_end: float

    def limit(self, angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch"]:
        """The limit for the given movement angles."""
        driver = angles[..., self.driver]
        if self.absolute:
            driver = driver.abs()
        share = ((driver - self.start) / (self.end - self.start)).clamp(0, 1)
        return self.limit_at_start + share * (self.limit_at_end - self.limit_at_start)


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    text = (resources.files("poseloom.pose") / "ranges.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=2)
def limits(source: str = "sampler") -> tuple[Float[Tensor, " 57"], Float[Tensor, " 57"]]:
    """Lowest and highest angle of every movement on its own, radians; infinite for the free ones.

    Args:
        source: ``sampler`` (everyday and athletic poses) or ``clinical`` (goniometry).
    """
    tables = _tables()
    rows = dict(tables["middle"])
    for side in _SIDES:
        rows.update({f"{side}_{name}": row for name, row in tables["one_side"].items()})
    free = (-torch.inf, torch.inf)
    pairs = torch.tensor([rows[name][source] if name in rows else free for name in MOVEMENTS], dtype=torch.float32)
    return pairs[:, 0].deg2rad(), pairs[:, 1].deg2rad()


@lru_cache(maxsize=1)
def couplings() -> tuple[Coupling, ...]:
    """Limits that depend on another movement, in the order in which clipping applies them."""
    found = []
    for row in _tables()["couplings"]:
        start, end, at_start, at_end = torch.tensor([*row["at"], *row["limit"]], dtype=torch.float64).deg2rad().tolist()
        for side in _SIDES:
            movement_index = MOVEMENT_INDEX[f"{side}_{row['movement']}"]
            driver = MOVEMENT_INDEX[f"{side}_{row['by']}"]
            is_highest, absolute = row["bound"] == "highest", row.get("absolute", False)
            found.append(Coupling(movement_index, is_highest, driver, absolute, start, end, at_start, at_end))
    return tuple(found)


@dataclass(frozen=True)
class _AtOnce:
    """Couplings of different movements, none of which drives a later one of them: clipped in one go."""

    couplings: tuple[Coupling, ...]

    def clip(self, angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 57"]:
        """Angles with the movements of these couplings within their limits."""
        drivers, movements, absolute, highest, start, width, at_start, rise = self._columns(angles.dtype, angles.device)
        driver = angles[..., drivers]
        driver = torch.where(absolute, driver.abs(), driver)
        limit = at_start + ((driver - start) / width).clamp(0, 1) * rise
        now = angles[..., movements]
        clipped = angles.clone()
        clipped[..., movements] = torch.where(highest, torch.minimum(now, limit), torch.maximum(now, limit))
        return clipped

    @lru_cache(maxsize=8)  # noqa: B019 - there are as many of these as levels of the table, and they live as long
    def _columns(self, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, ...]:
        rows = self.couplings
        named = ((r.driver, r.movement, r.absolute, r.is_highest) for r in rows)
        flags = [torch.tensor(column, device=device) for column in zip(*named, strict=True)]
        numbers = zip(
            *((r.start, r.end - r.start, r.limit_at_start, r.limit_at_end - r.limit_at_start) for r in rows),
            strict=True,
        )
        return (*flags, *(torch.tensor(column, dtype=dtype, device=device) for column in numbers))


@lru_cache(maxsize=1)
def _coupled_at_once() -> tuple[_AtOnce, ...]:
    """`couplings`, as many together as give what one after the other gives."""
    levels: list[int] = []
    for number, coupling in enumerate(couplings()):
        before = zip(levels, couplings()[:number], strict=True)
        levels.append(max((level + 1 for level, other in before if _must_follow(coupling, other)), default=0))
    batches = [
        [row for level, row in zip(levels, couplings(), strict=True) if level == n] for n in range(max(levels) + 1)
    ]
    return tuple(_AtOnce(tuple(batch)) for batch in batches)


def _must_follow(coupling: Coupling, earlier: Coupling) -> bool:
    """Whether one changes what the other reads or changes."""
    return earlier.movement in (coupling.movement, coupling.driver) or earlier.driver == coupling.movement


def clip_angles(angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 57"]:
    """Bring movement angles (radians) within their ranges, one by one and coupled."""
    low, high = (limit.to(angles) for limit in limits())
    clipped = torch.minimum(torch.maximum(movement.with_twists_measured(angles), low), high)
    for batch in _coupled_at_once():
        clipped = batch.clip(clipped)
    return movement.without_twists_measured(clipped)


def clip_to_ranges(pose: Pose) -> Pose:
    """The nearest pose, movement by movement, that keeps within the ranges; hands and root stay as they are.

    Trunk and neck share their totals anew. Hinges lose nothing but what exceeds their small play.
    """
    clipped = movement.to_matrices(clip_angles(movement.from_matrices(pose.matrices())))
    body = rot.rotmat_to_rotvec(clipped[..., 1:, :, :])
    rest = pose.rotations[..., 1 + body.shape[-2] :, :]
    return replace(pose, rotations=torch.cat([pose.rotations[..., :1, :], body, rest], dim=-2))


def degrees_over(pose: Pose) -> Float[Tensor, "*batch limited"]:
    """By how many degrees each entry of `LIMITED` is outside its range; zero inside."""
    angles, low, high = angles_and_limits(pose)
    return torch.maximum(angles - high, low - angles).clamp_min(0).rad2deg()


def within_ranges(pose: Pose, tolerance: float = DEFAULT_TOLERANCE) -> Bool[Tensor, "*batch"]:
    """Which poses keep every body joint within its range of motion.

    Args:
        pose: hands are not looked at.
        tolerance: degrees that are forgiven.
    """
    return (degrees_over(pose) <= tolerance).all(-1)


def violations(pose: Pose, tolerance: float = DEFAULT_TOLERANCE) -> list[Violation]:
    """Every movement that is out of its range, pose by pose, in degrees; worst first within a pose."""
    angles, low, high = (tensor.rad2deg() for tensor in angles_and_limits(pose))
    over = torch.maximum(angles - high, low - angles)
    found = []
    for index in (over > tolerance).nonzero().tolist():
        place = tuple(index)
        found.append(
            Violation(place[:-1], LIMITED[place[-1]], float(angles[place]), float(low[place]), float(high[place]))
        )
    return sorted(found, key=lambda violation: (violation.pose, -violation.over))


def angles_and_limits(pose: Pose) -> tuple[Tensor, Tensor, Tensor]:
    """Angles and limits of `LIMITED`, radians, each (*batch, limited)."""
    matrices = pose.matrices()
    angles = movement.with_twists_measured(movement.from_matrices(matrices))
    low, high = (limit.to(angles).expand_as(angles).clone() for limit in limits())
    for coupling in couplings():
        limit = coupling.limit(angles)
        if coupling.is_highest:
            high[..., coupling.movement] = torch.minimum(high[..., coupling.movement], limit)
        else:
            low[..., coupling.movement] = torch.maximum(low[..., coupling.movement], limit)
    own, own_low, own_high = _trunk_rows(matrices)
    return torch.cat([angles, own], -1), torch.cat([low, own_low], -1), torch.cat([high, own_high], -1)


def _trunk_rows(matrices: Float[Tensor, "*batch joints 3 3"]) -> tuple[Tensor, Tensor, Tensor]:
    """Angles of the single trunk and neck joints and their limits: the total's, shared out, with slack."""
    angles = movement.joint_angles(matrices[..., :BODY_JOINTS, :, :])
    low, high = limits()
    slack = _tables()["slack"]
    columns, lows, highs = [], [], []
    for joint, kind, total in _TRUNK_JOINTS:
        slots = PRODUCTS[joint][1]
        place = next(i for i, (name, _) in enumerate(slots) if name == f"{total}_{kind}")
        share = slots[place][1] * slack[total]
        columns.append(angles[..., JOINT_INDEX[joint], place])
        lows.append(low[MOVEMENT_INDEX[f"{total}_{kind}"]] * share)
        highs.append(high[MOVEMENT_INDEX[f"{total}_{kind}"]] * share)
    own = torch.stack(columns, dim=-1)
    return own, torch.stack(lows).to(own).expand_as(own), torch.stack(highs).to(own).expand_as(own)
