"""What words leave open, as people leave it: how quiet arms hang, where heads look, how far apart feet stand."""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.lexicon.bodies import columns_of
from poseloom.language.lexicon.composing import Composed
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS

_DEPTH = (0.9, 1.06)
"""Factors by which a named pose is less or more deep: bent knees, hips and trunk together."""
_QUIET_ARM = {"shoulder_swing": (0, 9), "shoulder_elevation": (-72, 5), "elbow_flexion": (18, 11)}
"""Mean and standard deviation, degrees, of an arm that hangs as it likes."""
_ALIKE = 0.6
"""Share of the variance of quiet arms that both have in common."""
_HEAD = {"head_turn": 17, "head_flexion": 6, "head_side": 4}
"""Standard deviations, degrees, of a head of which nothing is said."""
_WIDTH, _STAGGER = (0.0, 8.0), 7.0
"""Degrees by which standing legs open, from and to; standard deviation of one hip before the other."""
_SHIFTED, _SHIFT = 0.5, (3.0, 7.0)
"""Share of quiet people whose weight is on one leg; degrees by which their pelvis drops."""
_FREE_LEG = (2.5, 5.0)
"""Degrees of hip and knee of the leg without weight for each degree of the pelvis."""


def left_open(
    composed: Composed, starts: Float[Tensor, "n 57"], free: Bool[Tensor, " 57"], generator: torch.Generator
) -> Float[Tensor, "n 57"]:
    """Poses of which the movements that words leave free are as people have them.

    Args:
        composed: what the words make.
        starts: the composed pose, again and again.
        free: movements of which nothing is said.
        generator: of the numbers.
    """
    angles = starts.clone()
    count = len(angles)
    noise = torch.randn(count, 24, generator=generator)
    even = torch.rand(count, 6, generator=generator)
    if _is_upright(composed):
        _hang_arms(angles, free, noise[:, :9])
        if not composed.base:
            _stand_quietly(angles, free, noise[:, 9], even)
    for place, (movement, spread) in enumerate(_HEAD.items()):
        _add(angles, free, movement, noise[:, 10 + place] * spread)
    return angles


def deeper(composed: Composed, angles: Float[Tensor, "n 57"], generator: torch.Generator) -> Float[Tensor, "n 57"]:
    """A named pose that stands, sits or is in the air, a little less or more deep."""
    share = _DEPTH[0] + torch.rand(len(angles), 1, generator=generator) * (_DEPTH[1] - _DEPTH[0])
    if not composed.base or bool(composed.support.on_floor.all()):
        return angles
    return torch.where(_of_depth(), angles * share, angles)


@cache
def _of_depth() -> Bool[Tensor, " 57"]:
    kinds = ("root_flexion", "trunk_flexion", "hip_flexion", "knee_flexion")
    return torch.tensor([name.endswith(kinds) for name in MOVEMENTS])


def _is_upright(composed: Composed) -> bool:
    """Whether somebody stands with a trunk that is not bent far."""
    flexion = composed.angles[[MOVEMENT_INDEX["root_flexion"], MOVEMENT_INDEX["trunk_flexion"]]].sum()
    return bool(composed.support.on_feet.all()) and bool(flexion.rad2deg().abs() < 30)


def _hang_arms(angles: Tensor, free: Tensor, noise: Tensor) -> None:
    common, own = _ALIKE**0.5, (1 - _ALIKE) ** 0.5
    for side_place, side in enumerate(("left", "right")):
        columns = list(columns_of(f"{side}_arm"))
        if not free[columns].all():
            continue
        for place, (name, (mean, spread)) in enumerate(_QUIET_ARM.items()):
            drawn = common * noise[:, place] + own * noise[:, 3 + 3 * side_place + place]
            angles[:, MOVEMENT_INDEX[f"{side}_{name}"]] = (mean + spread * drawn).deg2rad()


def _stand_quietly(angles: Tensor, free: Tensor, stagger: Tensor, even: Tensor) -> None:
    """Feet wide or narrow, one before the other, the weight on both or on one."""
    legs = [column for side in ("left", "right") for column in columns_of(f"{side}_leg")]
    if not free[legs].all() or not free[list(columns_of("root"))].all():
        return
    width = _WIDTH[0] + even[:, 0] * (_WIDTH[1] - _WIDTH[0])
    side = torch.where(even[:, 1] < 0.5, 1.0, -1.0)
    drop = torch.where(even[:, 2] < _SHIFTED, _SHIFT[0] + even[:, 3] * (_SHIFT[1] - _SHIFT[0]), 0.0)
    for name, sign in (("left", 1.0), ("right", -1.0)):
        rests = drop * (sign * side < 0)
        _add(angles, free, f"{name}_hip_abduction", width)
        _add(angles, free, f"{name}_hip_flexion", sign * stagger * _STAGGER + rests * _FREE_LEG[0])
        _add(angles, free, f"{name}_knee_flexion", rests * _FREE_LEG[1])
    _add(angles, free, "root_side", side * drop)
    _add(angles, free, "trunk_side", -1.4 * side * drop)


def _add(angles: Tensor, free: Tensor, movement: str, degrees: Tensor) -> None:
    column = MOVEMENT_INDEX[movement]
    if free[column]:
        angles[:, column] += degrees.deg2rad()
