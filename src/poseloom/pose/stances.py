"""Named base stances: standing, walking, sitting, kneeling, lying, gestures, sport.

The table (`stances.json`) gives movement angles in degrees, kinds of posture, what carries the body and the shapes of
the hands. It was set up on a generic skeleton; hands meet the body to within a few centimetres.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.pose import rotations as rot
from poseloom.pose.contact import floor_points, ground
from poseloom.pose.hands import hand_shape, with_hand_shapes
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.settle import Support, settle
from poseloom.pose.types import Pose

_RELAXED = ("relaxed", "relaxed")
_SETTLING_ROUNDS = 3
_SOLES = ("sole",)
_SIDES = ("left_", "right_")


@dataclass(frozen=True, eq=False)
class Stance:
    """One base stance.

    Args:
        name: what it is called.
        angles: movement angles in radians, in the order of `movement.MOVEMENTS`.
        given: which movements the table states; the others are those of quiet standing.
        kinds: postures that it belongs to (`sampler.Kind`).
        support: what carries the body: ``feet``, ``floor`` (other parts touch it too), ``seat`` or ``air``.
        contacts: which of `contact.floor_points` touch the floor.
        hands: names of the left and the right hand's shape.
    """

    name: str
    angles: Float[Tensor, " 57"]
    given: frozenset[str]
    kinds: tuple[str, ...]
    support: str
    contacts: Bool[Tensor, " points"]
    hands: tuple[str, str]


_MOVING = frozenset({"walking", "sport"})
_SLACK, _SLACK_MOVING = 0.05, 0.12
"""Metres by which the weight may be outside the line between the feet, standing still and on the move."""


def support(chosen: Sequence[Stance]) -> Support:
    """What should carry bodies in these stances, one row each."""
    return Support(
        torch.stack([each.contacts for each in chosen]),
        torch.tensor([each.support == "feet" for each in chosen]),
        torch.tensor([each.support == "floor" for each in chosen]),
        torch.tensor([_SLACK_MOVING if _MOVING.intersection(each.kinds) else _SLACK for each in chosen]),
    )


@lru_cache(maxsize=1)
def settled_angles() -> Float[Tensor, "stances 57"]:
    """Movement angles of all stances as the free body takes them: within the ranges of motion, on its support."""
    everyone = list(stances().values())
    angles = torch.stack([each.angles for each in everyone])
    carried = support(everyone)
    for _ in range(_SETTLING_ROUNDS):
        angles = settle(angles, carried)
    return angles


@lru_cache(maxsize=1)
def stances() -> MappingProxyType[str, Stance]:
    """All stances by name, in the order of the table."""
    text = (resources.files("poseloom.pose") / "stances.json").read_text(encoding="utf-8")
    table = json.loads(text)
    parts = table["parts"]
    default = _angles(table["default"], parts, torch.zeros(len(MOVEMENTS)))
    return MappingProxyType({name: _stance(name, row, parts, default) for name, row in table["stances"].items()})


def _stance(name: str, row: dict[str, Any], parts: dict[str, list[str]], default: Float[Tensor, " 57"]) -> Stance:
    given = frozenset(movement for part in row["angles"] for movement in parts[part])
    hands = row.get("hands", _RELAXED)
    angles = _angles(row["angles"], parts, default)
    contacts = _contacts(row.get("contacts", _SOLES))
    return Stance(name, angles, given, tuple(row["kinds"]), row.get("support", "feet"), contacts, (hands[0], hands[1]))


def _contacts(names: Sequence[str]) -> Bool[Tensor, " points"]:
    """Mask of floor points; a name without a side means both, a sole is its heel and its ball."""
    points = floor_points().names
    wanted = set()
    for name in names:
        for full in [name] if name in points or name.startswith(_SIDES) else [side + name for side in _SIDES]:
            wanted.update([full.replace("sole", "heel"), full.replace("sole", "ball")])
    unknown = wanted - set(points)
    if unknown:
        raise KeyError(f"stances.json names points that do not exist: {sorted(unknown)}")
    return torch.tensor([point in wanted for point in points])


def _angles(
    values: dict[str, list[float]], parts: dict[str, list[str]], start: Float[Tensor, " 57"]
) -> Float[Tensor, " 57"]:
    angles = start.clone()
    for part, degrees in values.items():
        for movement, degree in zip(parts[part], degrees, strict=True):
            angles[MOVEMENT_INDEX[movement]] = degree
            angles[MOVEMENT_INDEX[movement]].deg2rad_()
    return angles


def stance_names() -> tuple[str, ...]:
    """Names of all stances."""
    return tuple(stances())


def find_stance(name: str) -> Stance:
    """The stance of that name; what stands in brackets or after a comma may be left out where no other one fits.

    Raises:
        PoseloomError: no stance, or more than one, has that name.
    """
    known = stances()
    if name in known:
        return known[name]
    wanted = name.casefold().strip()
    fitting = [full for full in known if wanted in (full.casefold(), _short(full))]
    if len(fitting) == 1:
        return known[fitting[0]]
    if fitting:
        raise PoseloomError(f"more than one stance is called {name!r}: {'; '.join(map(repr, fitting))}")
    short = {_short(full): full for full in known}
    hint = closest(name, tuple(known)) or closest(wanted, tuple(short))
    raise PoseloomError(f"unknown stance {name!r}{hint or '; stance_names() lists all ' + str(len(known))}")


def _short(name: str) -> str:
    return name.split(" (")[0].split(",")[0].casefold().strip()


def stance(name: str, mirrored: bool = False, grounded: bool = True, hands: tuple[str, str] | None = None) -> Pose:
    """The pose (52 joints) of a named stance, settled on the floor and within the ranges of motion.

    Args:
        name: one of `stance_names`, or its beginning (see `find_stance`).
        mirrored: left and right exchanged.
        grounded: with a translation that puts the free body on the floor y = 0, the pelvis above the origin;
            without, the pose has no translation.
        hands: shapes of the left and right hand (`hands.hand_names`) instead of the stance's own, before mirroring.

    Raises:
        PoseloomError: an unknown stance or hand shape.
    """
    found = find_stance(name)
    left, right = (hand_shape(shape) for shape in (found.hands if hands is None else hands))
    row = stance_names().index(found.name)
    body = rot.rotmat_to_rotvec(to_matrices(settled_angles()[row]))
    pose = Pose(with_hand_shapes(body, left, right))
    pose = pose.mirror() if mirrored else pose
    return ground(pose) if grounded else pose


def mirror_angles(angles: Float[Tensor, "*batch 57"]) -> Float[Tensor, "*batch 57"]:
    """Movement angles of the mirrored pose."""
    order, signs = _mirror_table()
    return angles[..., order] * signs.to(angles)


@lru_cache(maxsize=1)
def _mirror_table() -> tuple[list[int], Float[Tensor, " 57"]]:
    """Where each movement comes from, and its sign: turning and bending to a side change theirs."""
    order, signs = [], []
    for name in MOVEMENTS:
        other = name
        for here, there in (("left_", "right_"), ("right_", "left_")):
            if name.startswith(here):
                other = there + name[len(here) :]
        order.append(MOVEMENT_INDEX[other])
        signs.append(-1.0 if other == name and not name.endswith("_flexion") else 1.0)
    return order, torch.tensor(signs)
