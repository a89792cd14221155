"""Places of the body brought together: hands to hips, knees, face, floor, each other; as little else moves as can be.

Damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963) on movement angles. What is unknown are the movements of the
limbs that end in the places; each has a pull back to where it was, the trunk a strong one, and stays in its range.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.pose.capsules import penetration
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX, other_side
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.ranges import clip_angles

FLOOR = "floor"
_ARM = ("collar_elevation", "collar_protraction", "shoulder_swing", "shoulder_elevation", "shoulder_twist")
_ARM_END = ("elbow_flexion", "elbow_pronation", "wrist_flexion", "wrist_radial")
_LEG = ("hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion", "ankle_flexion")
_TRUNK = ("trunk_flexion", "trunk_turn", "trunk_side")
_HEAD = ("head_flexion", "head_turn", "head_side")
_PULL = {"collar": 0.10, "shoulder": 0.012, "elbow": 0.012, "wrist": 0.05, "hip": 0.05, "knee": 0.05, "ankle": 0.1}
_PULL_TRUNK, _PULL_HEAD = 0.06, 0.12
"""How strongly a movement is kept, in metres a radian."""
_CLEAR = 1.5
"""Weight of limbs inside each other beside the distance of the places."""
_DELTA = 1e-3
_DAMPING, _EASIER, _HARDER = 1e-4, 0.3, 6.0
_CLOSE = 0.004
"""Metres of the parts of a gap at which no further step is taken."""
_MET = 0.03
"""Metres from which on a place counts as touched."""


class TouchPoint(NamedTuple):
    """A place on the skin: its joint, the offset in the joint's axes, how far others stay away from it (metres)."""

    joint: int
    offset: tuple[float, float, float]
    margin: float


@lru_cache(maxsize=1)
def touch_points() -> dict[str, TouchPoint]:
    """All places by name, both sides."""
    text = (resources.files("poseloom.pose") / "touch_points.json").read_text(encoding="utf-8")
    found = {}
    for name, (joint, (x, y, z), margin) in json.loads(text)["points"].items():
        found[name] = TouchPoint(JOINT_INDEX[joint], (x, y, z), margin)
        if name.startswith("left_"):
            found[other_side(name)] = TouchPoint(JOINT_INDEX[other_side(joint)], (-x, y, z), margin)
    return found


def check_touch(name: str) -> str:
    """The name of a place, or of the floor.

    Raises:
        PoseloomError: there is no such place.
    """
    known = (*touch_points(), FLOOR)
    if name not in known:
        raise PoseloomError(f"no place {name!r} on the body{closest(name, known)}")
    return name


@dataclass(frozen=True)
class Touch:
    """Two places that must meet; the second may be the floor."""

    first: str
    second: str

    def mirrored(self) -> Touch:
        """The same of the other side."""
        return Touch(
            *(other_side(one) if one.startswith(("left_", "right_")) else one for one in (self.first, self.second))
        )


def place(figure: ContactFigure, name: str) -> Float[Tensor, "*batch 3"]:
    """Where a place of the body is."""
    point = touch_points()[name]
    offset = figure.positions.new_tensor(point.offset)
    return figure.positions[..., point.joint, :] + (figure.rotations[..., point.joint, :, :] * offset).sum(-1)


def apart(figure: ContactFigure, touch: Touch) -> Float[Tensor, "*batch"]:
    """Metres between two places."""
    return _gap(figure, touch).norm(dim=-1)


def _gap(figure: ContactFigure, touch: Touch) -> Float[Tensor, "*batch 3"]:
    first = place(figure, touch.first)
    if touch.second == FLOOR:
        lowest = figure.lower_edges().amin(-1)
        below = first[..., 1] - lowest - 0.02
        return torch.stack([torch.zeros_like(below), below.clamp_min(0), torch.zeros_like(below)], -1)
    return first - place(figure, touch.second)


def meet(
    angles: Float[Tensor, "n 57"],
    touches: Sequence[Touch],
    steps: int = 12,
    fixed: frozenset[str] = frozenset(),
    trunk: bool = False,
) -> Float[Tensor, "n 57"]:
    """The same poses with places brought together.

    Args:
        angles: movement angles, radians.
        touches: what must meet.
        steps: steps of the solver.
        fixed: movements that stay.
        trunk: whether the trunk may help, where arms alone are too short.
    """
    columns = [one for one in _unknowns(touches, trunk) if MOVEMENTS[one] not in fixed]
    if not touches or not columns or not len(angles):
        return angles
    pulls = torch.tensor([_pull(MOVEMENTS[column]) for column in columns])
    start = angles[:, columns]
    now = angles.clone()
    residual = _residuals(now, touches, start, columns, pulls)
    damping = torch.full((len(angles), 1, 1), _DAMPING)
    eye = torch.eye(len(columns))
    for _ in range(steps):
        if bool((residual[:, : 3 * len(touches)].abs() < _CLOSE).all()):
            break
        jacobian = _jacobian(now, residual, touches, start, columns, pulls)
        normal = jacobian.transpose(-1, -2) @ jacobian
        slope = (jacobian.transpose(-1, -2) @ residual[..., None]).squeeze(-1)
        step = torch.linalg.solve(normal + damping * eye, slope).clamp(-0.5, 0.5)
        trial = now.clone()
        trial[:, columns] = trial[:, columns] - step
        trial = _within(trial, columns)
        after = _residuals(trial, touches, start, columns, pulls)
        better = after.square().sum(-1) < residual.square().sum(-1)
        now = torch.where(better[:, None], trial, now)
        residual = torch.where(better[:, None], after, residual)
        damping = torch.where(better[:, None, None], damping * _EASIER, damping * _HARDER).clamp(1e-7, 10)
    return now


def met(angles: Float[Tensor, "n 57"], touches: Sequence[Touch]) -> Bool[Tensor, " n"]:
    """Whether all places meet."""
    figure = ContactFigure.of(to_matrices(angles))
    good = torch.ones(len(angles), dtype=torch.bool)
    for touch in touches:
        good &= apart(figure, touch) <= _MET + _margin(touch)
    return good


def _margin(touch: Touch) -> float:
    return touch_points()[touch.second].margin if touch.second != FLOOR else 0.0


def _within(trial: Float[Tensor, "n 57"], columns: list[int]) -> Float[Tensor, "n 57"]:
    """Within the ranges of motion; movements that are not asked for stay as they are."""
    clipped = clip_angles(trial)
    made = trial.clone()
    made[:, columns] = clipped[:, columns]
    return made


def _residuals(
    angles: Float[Tensor, "n 57"],
    touches: Sequence[Touch],
    start: Float[Tensor, "n unknowns"],
    columns: list[int],
    pulls: Float[Tensor, " unknowns"],
) -> Float[Tensor, "n residuals"]:
    figure = ContactFigure.of(to_matrices(angles))
    rows = []
    for touch in touches:
        gap = _gap(figure, touch)
        margin = _margin(touch)
        far = gap.norm(dim=-1, keepdim=True)
        rows.append(gap * ((far - margin).clamp_min(0) / far.clamp_min(1e-6)))
    deep = (penetration(figure) - 0.02).clamp_min(0)[:, None] * _CLEAR
    return torch.cat([*rows, deep, (angles[:, columns] - start) * pulls], dim=-1)


def _jacobian(
    angles: Float[Tensor, "n 57"],
    residual: Float[Tensor, "n residuals"],
    touches: Sequence[Touch],
    start: Float[Tensor, "n unknowns"],
    columns: list[int],
    pulls: Float[Tensor, " unknowns"],
) -> Float[Tensor, "n residuals unknowns"]:
    """By differences, all at once."""
    size = len(columns)
    moved = angles[:, None].repeat(1, size, 1)
    moved[:, range(size), columns] += _DELTA
    flat = _residuals(moved.flatten(0, 1), touches, start.repeat_interleave(size, 0), columns, pulls)
    return ((flat.unflatten(0, (-1, size)) - residual[:, None]) / _DELTA).transpose(-1, -2)


def _unknowns(touches: Sequence[Touch], trunk: bool) -> list[int]:
    """Movements of the limbs that the places are on."""
    names: dict[str, None] = {}
    for touch in touches:
        for place_name in (touch.first, touch.second):
            side = place_name.partition("_")[0]
            if place_name in (f"{side}_hand", f"{side}_hand_palm", f"{side}_fingertips"):
                names |= dict.fromkeys(f"{side}_{one}" for one in (*_ARM, *_ARM_END))
            elif place_name == f"{side}_foot" and place_name == touch.first:
                names |= dict.fromkeys(f"{side}_{one}" for one in _LEG)
            elif place_name in (f"{side}_elbow", f"{side}_elbow_front", f"{side}_forearm", f"{side}_upper_arm"):
                names |= dict.fromkeys(f"{side}_{one}" for one in _ARM)
    if trunk:
        names |= dict.fromkeys((*_TRUNK, *_HEAD))
    return [MOVEMENT_INDEX[name] for name in names]


def _pull(name: str) -> float:
    if name in _TRUNK:
        return _PULL_TRUNK
    if name in _HEAD:
        return _PULL_HEAD
    return _PULL[name.split("_")[1]]
