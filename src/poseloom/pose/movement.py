"""Movement angles: what an anatomist would read off each joint, and the rotations that they stand for.

A pose of the 22 body joints is written as 57 named angles in radians (`MOVEMENTS`): ``left_hip_flexion``,
``trunk_turn`` and so on. Every joint is an ordered product of three elementary rotations about the axes of the
T-pose, so the way back is a decomposition in the same order. Totals of the trunk (three joints) and of the head (neck
and head) are shared out among their joints.

The shoulder's three angles are spherical coordinates of the arm: `swing` forward from sideways (0 = to the side, 90 =
ahead), `elevation` above the horizontal, `twist` about the arm (internal rotation positive). Near its poles, the arm
hanging down or straight up, swing and twist trade off; `arm_twist` is the measure of axial rotation that does not.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES

_TRUNK_SHARES = {
    "spine1": {"flexion": 0.45, "turn": 0.20, "side": 0.40},
    "spine2": {"flexion": 0.30, "turn": 0.35, "side": 0.35},
    "spine3": {"flexion": 0.25, "turn": 0.45, "side": 0.25},
}
"""How much of the trunk's total each joint takes: the lumbar joints bend, the thoracic ones turn."""

_Slots = tuple[tuple[str, float], tuple[str, float], tuple[str, float]]


def _spine(total: str, flexion: float, turn: float, side: float) -> tuple[str, _Slots]:
    return "YXZ", ((f"{total}_turn", turn), (f"{total}_flexion", flexion), (f"{total}_side", side))


def _one_side(side: str, g: float) -> dict[str, tuple[str, _Slots]]:
    """Products of one side's joints; g = +1 left, -1 right."""
    return {
        f"{side}_hip": (
            "XZY",
            ((f"{side}_hip_flexion", -1), (f"{side}_hip_abduction", g), (f"{side}_hip_rotation", g)),
        ),
        f"{side}_knee": ("XZY", ((f"{side}_knee_flexion", 1), (f"{side}_knee_sway", g), (f"{side}_knee_rotation", g))),
        f"{side}_ankle": (
            "XZY",
            ((f"{side}_ankle_flexion", 1), (f"{side}_ankle_eversion", g), (f"{side}_ankle_rotation", g)),
        ),
        f"{side}_foot": ("XZY", ((f"{side}_toe_flexion", 1), (f"{side}_toe_sway", g), (f"{side}_toe_rotation", g))),
        f"{side}_collar": (
            "YZX",
            ((f"{side}_collar_protraction", -g), (f"{side}_collar_elevation", g), (f"{side}_collar_twist", 1)),
        ),
        f"{side}_shoulder": (
            "YZX",
            ((f"{side}_shoulder_swing", -g), (f"{side}_shoulder_elevation", g), (f"{side}_shoulder_twist", 1)),
        ),
        f"{side}_elbow": (
            "YZX",
            ((f"{side}_elbow_flexion", -g), (f"{side}_elbow_sway", g), (f"{side}_elbow_pronation", 1)),
        ),
        f"{side}_wrist": (
            "XZY",
            ((f"{side}_wrist_pronation", 1), (f"{side}_wrist_flexion", -g), (f"{side}_wrist_radial", -g)),
        ),
    }


def _products() -> dict[str, tuple[str, _Slots]]:
    table = {
        "pelvis": _spine("root", 1, 1, 1),
        **{name: _spine("trunk", **shares) for name, shares in _TRUNK_SHARES.items()},
        "neck": _spine("head", 0.5, 0.5, 0.5),
        "head": _spine("head", 0.5, 0.5, 0.5),
        **_one_side("left", 1.0),
        **_one_side("right", -1.0),
    }
    return {name: table[name] for name in JOINT_NAMES[:BODY_JOINTS]}


PRODUCTS = MappingProxyType(_products())
"""For each body joint the axes of its product, leftmost factor first, and for each axis (movement, factor)."""

MOVEMENTS: tuple[str, ...] = tuple(dict.fromkeys(name for _, slots in PRODUCTS.values() for name, _ in slots))
"""Names of the 57 movement angles, in the order of every tensor of movement angles."""

MOVEMENT_INDEX = MappingProxyType({name: index for index, name in enumerate(MOVEMENTS)})


@lru_cache(maxsize=1)
def factors() -> Float[Tensor, "57 22 3"]:
    """Linear map from movement angles to the three angles of every joint's product."""
    table = torch.zeros(len(MOVEMENTS), BODY_JOINTS, 3)
    for name, (_, slots) in PRODUCTS.items():
        for place, (movement, factor) in enumerate(slots):
            table[MOVEMENT_INDEX[movement], JOINT_INDEX[name], place] = factor
    return table


@lru_cache(maxsize=1)
def _inverse_factors() -> Float[Tensor, "57 22 3"]:
    """Sums the joints' angles into totals; undoes the sign elsewhere. The joints' shares add up to one."""
    return factors().sign()


def to_matrices(angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 22 3 3"]:
    """Movement angles (radians, order of `MOVEMENTS`) to local rotation matrices of the body joints."""
    parts = torch.einsum("...m,mjk->...jk", angles, factors().to(angles)) * _handedness().to(angles)
    (sa, sb, sc), (ca, cb, cc) = torch.sin(parts).unbind(-1), torch.cos(parts).unbind(-1)
    sasb, casb = sa * sb, ca * sb
    rows = (
        cb * cc, -(cb * sc), sb,
        sasb * cc + ca * sc, ca * cc - sasb * sc, -(sa * cb),
        sa * sc - casb * cc, casb * sc + sa * cc, ca * cb,
    )  # fmt: skip
    entries = torch.stack(rows, dim=-1).flatten(-2)
    return entries[..., _entries_from_axes()].unflatten(-1, (BODY_JOINTS, 3, 3))


def joint_angles(matrices: Float[Tensor, "*batch 22 3 3"]) -> Float[Tensor, "*batch 22 3"]:
    """The three angles of every joint's product, radians, in the order of `PRODUCTS`; the middle one within +-pi/2."""
    needed = matrices.flatten(-3)[..., _entries_of_axes()].unflatten(-1, (5, BODY_JOINTS))
    ii, ij, ik, jk, kk = needed.unbind(-2)
    sign = _handedness()[:, 0].to(matrices)
    a = torch.atan2(-sign * jk, kk)
    b = torch.atan2(sign * ik, torch.hypot(jk, kk))
    c = torch.atan2(-sign * ij, ii)
    return torch.stack([a, b, c], dim=-1)


@lru_cache(maxsize=1)
def _axes() -> tuple[tuple[int, int, int], ...]:
    """Numbers of the axes of each joint's product."""
    numbers = (["XYZ".index(axis) for axis in axes] for axes, _ in PRODUCTS.values())
    return tuple((i, j, k) for i, j, k in numbers)


@lru_cache(maxsize=1)
def _handedness() -> Float[Tensor, "22 1"]:
    """1 where the axes of a joint's product are right-handed in their order, -1 where they are not."""
    return torch.tensor([[1.0 if (j - i) % 3 == 1 else -1.0] for i, j, _ in _axes()])


@lru_cache(maxsize=1)
def _entries_from_axes() -> Int[Tensor, " 198"]:
    """For every entry of all joints' matrices, the one of the matrices in the order of the joints' own axes."""
    places = [
        9 * joint + 3 * own.index(row) + own.index(column)
        for joint, own in enumerate(_axes())
        for row in range(3)
        for column in range(3)
    ]
    return torch.tensor(places)


@lru_cache(maxsize=1)
def _entries_of_axes() -> Int[Tensor, " 110"]:
    """Entries ii, ij, ik, jk, kk of all joints' matrices, where i, j, k are the axes of the joint's product."""
    pairs = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2))
    return torch.tensor([9 * joint + 3 * own[a] + own[b] for a, b in pairs for joint, own in enumerate(_axes())])


def from_matrices(matrices: Float[Tensor, "*batch joints 3 3"]) -> Float[Tensor, "*batch 57"]:
    """Local rotation matrices of the body joints (22 or more are given) to movement angles in radians.

    The inverse of `to_matrices` for poses whose trunk and neck share their totals as there; other trunks give the
    sum over their joints.
    """
    angles = joint_angles(matrices[..., :BODY_JOINTS, :, :])
    return torch.einsum("...jk,mjk->...m", angles, _inverse_factors().to(angles))


def arm_twist(angles: Float[Tensor, "*batch 57"], side: str) -> Float[Tensor, "*batch"]:
    """Axial rotation of the upper arm, internal positive: the twist left after the shortest swing from the T-pose."""
    return _wrap(angles[..., MOVEMENT_INDEX[f"{side}_shoulder_twist"]] + _swing_twist(angles, side))


def with_arm_twist(
    angles: Float[Tensor, "*batch 57"], side: str, twist: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch 57"]:
    """The same arm direction with another axial rotation (see `arm_twist`)."""
    changed = angles.clone()
    changed[..., MOVEMENT_INDEX[f"{side}_shoulder_twist"]] = _wrap(twist - _swing_twist(angles, side))
    return changed


def with_twists_measured(angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 57"]:
    """The third angles of both shoulders replaced by their swing-twist measure (`arm_twist`)."""
    measured = angles.clone()
    measured[..., _ARMS["twist"]] = _wrap(angles[..., _ARMS["twist"]] + _swing_twists(angles))
    return measured


def without_twists_measured(measured: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 57"]:
    """The inverse of `with_twists_measured`."""
    angles = measured.clone()
    angles[..., _ARMS["twist"]] = _wrap(measured[..., _ARMS["twist"]] - _swing_twists(measured))
    return angles


_ARMS = {
    name: torch.tensor([MOVEMENT_INDEX[f"{side}_shoulder_{name}"] for side in ("left", "right")])
    for name in ("swing", "elevation", "twist")
}


def _swing_twist(angles: Float[Tensor, "*batch 57"], side: str) -> Float[Tensor, "*batch"]:
    return _swing_twists(angles)[..., ("left", "right").index(side)]


def _swing_twists(angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 2"]:
    """Twist about each arm that the product of swing and elevation brings along (from its quaternion)."""
    swing, elevation = angles[..., _ARMS["swing"]] / 2, angles[..., _ARMS["elevation"]] / 2
    return -2 * torch.atan2(torch.sin(swing) * torch.sin(elevation), torch.cos(swing) * torch.cos(elevation))


def decompose(matrix: Float[Tensor, "*batch 3 3"], axes: str) -> Float[Tensor, "*batch 3"]:
    """Tait-Bryan angles of R = R_i(a) R_j(b) R_k(c) for three different axes."""
    i, j, k = ("XYZ".index(axis) for axis in axes)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    a = torch.atan2(-sign * matrix[..., j, k], matrix[..., k, k])
    b = torch.atan2(sign * matrix[..., i, k], torch.hypot(matrix[..., j, k], matrix[..., k, k]))
    c = torch.atan2(-sign * matrix[..., i, j], matrix[..., i, i])
    return torch.stack([a, b, c], dim=-1)


def _wrap(angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """The same angle within +-pi."""
    return torch.remainder(angle + torch.pi, 2 * torch.pi) - torch.pi
