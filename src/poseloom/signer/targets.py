"""Where a hand has to be: from the places of the notation to points, and from points to wrists."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Contact, Location, Place, Side
from poseloom.signer.arms import solve_arms
from poseloom.signer.comfort import comfortable_shift
from poseloom.signer.frames import SIDES, hand_axes, to_world
from poseloom.signer.hand_state import CENTRE, FREE, TO_BODY, TO_OTHER, HandState
from poseloom.signer.shoulders import chest_origin, shoulder_points, within_reach
from poseloom.signer.sites import facing_site, facing_sites, named_site
from poseloom.signer.tables import places_table
from poseloom.signer.tilt import tilted
from poseloom.signer.touching import Touch, touching

_CLOSE = 0.04
_INTERLOCKED = -0.025
_FAR = 0.6
_BESIDE_OTHER_HAND = 0.1
"""Metres between the surfaces: near without contact; fingers between fingers; arm stretched; a hand that is named as
the place without a contact."""
_OWN_SIDE = {True: 0.085, False: 0.05}
"""Metres to the hand's own side where no side is named: a quarter of the shoulders' width for one of two hands."""
_LEFT_SIDES = (Side.AT_LEFT, Side.BESIDE_LEFT, Side.OTHER)
_BESIDE = (Side.BESIDE_LEFT, Side.BESIDE_RIGHT)
_DEFAULT = Place("neutralspace")
_PADS = Place(part="fingerpad")


@dataclass(frozen=True, eq=False)
class Target:
    """A surface to be approached: metres from the pelvis, outward unit normal, distance to keep from it."""

    point: Float[Tensor, "3"]
    normal: Float[Tensor, "3"]
    gap: float
    away: Float[Tensor, "3"]
    """Direction in which the gap is left."""
    touches: bool
    on_head: bool = False
    on_hand: bool = False

    @property
    def binds(self) -> bool:
        """Whether a hand is at the surface itself."""
        return self.touches and self.gap <= 0

    def mirrored(self) -> Target:
        """Left and right exchanged."""
        flip = torch.tensor([-1.0, 1.0, 1.0])
        return Target(self.point * flip, self.normal * flip, self.gap, self.away * flip, self.touches, self.on_head)


def is_on_hand(location: Location) -> bool:
    """Whether a location is on the other arm or hand."""
    table = places_table()
    return any(
        place.name in table["sites"] or place.name in table["arm"] or place.digits or place.part is not None
        for place in location.places
    )


def body_target(location: Location, two_handed: bool) -> Target:
    """Where the right hand goes for a place on or near the body.

    Args:
        location: as the notation has it; without a place, the space in front of the body.
        two_handed: the other hand has the same place on its own side.
    """
    contact = location.contact
    touches = contact is not None and contact is not Contact.EXTENDED
    places = [place for place in location.places if place.name in places_table()["places"]] or [_DEFAULT]
    rows = [_surface(place, two_handed, touches) for place in places]
    point, normal = (torch.stack(column).mean(0) for column in zip(*((p, n) for p, n, _ in rows), strict=True))
    normal = torch.nn.functional.normalize(normal, dim=0)
    if location.behind:
        point, normal = point * torch.tensor([1, 1, -0.6]), normal * torch.tensor([1.0, 1.0, -1.0])
    free = sum(gap for _, _, gap in rows) / len(rows)
    away = normal if touches else _free_direction(normal)
    if contact is Contact.EXTENDED and places[0].name != "headtop":
        away = _level(normal)
    on_head = places[0].name in places_table()["head"]
    return Target(chest_origin() + point, normal, _gap(contact, free), away, touches, on_head)


def _gap(contact: Contact | None, free: float) -> float:
    if contact is None:
        return free
    return {Contact.CLOSE: _CLOSE, Contact.EXTENDED: _FAR, Contact.INTERLOCK: _INTERLOCKED}.get(contact, 0.0)


def _free_direction(normal: Float[Tensor, "3"]) -> Float[Tensor, "3"]:
    """Hands that do not touch are held more in front of a place than its surface looks."""
    if normal[2] < 0.2:
        return normal
    return torch.nn.functional.normalize(normal * 0.5 + torch.tensor([0.0, 0.0, 1.0]), dim=0)


def _level(normal: Float[Tensor, "3"]) -> Float[Tensor, "3"]:
    """An arm that is stretched in front of a place is so at its height: ahead, or to the side beside the body."""
    level = normal * torch.tensor([1.0, 0.0, 1.0])
    return (
        torch.nn.functional.normalize(level, dim=0) if float(level.norm()) > _LEVEL else torch.tensor([0.0, 0.0, 1.0])
    )


_LEVEL = 0.5
"""Share of a normal above which its level part says where a stretched arm points."""


def _surface(place: Place, two_handed: bool, touches: bool) -> tuple[Tensor, Tensor, float]:
    """Point and normal from the middle between the shoulders, in the world's axes, and the free distance."""
    row = places_table()["places"][place.name]
    sides = set(place.sides)
    beside = bool(sides & set(_BESIDE))
    one_side = len({side in _LEFT_SIDES for side in sides}) == 1
    which = "beside" if beside else "side" if one_side or row.get("own") or (two_handed and touches) else "middle"
    (x, y, z), normal = row[which]
    on_trunk = place.name not in places_table()["head"]
    if which == "middle" and (two_handed or (on_trunk and not touches)):
        x += _OWN_SIDE[two_handed]
    point, outward = to_world((x, y, z)), to_world(tuple(normal))
    if one_side and sides & set(_LEFT_SIDES):
        flip = torch.tensor([-1.0, 1.0, 1.0])
        point, outward = point * flip, outward * flip
    return point, outward, row["free"] * (0.5 if beside else 1.0)


# -- the other hand ----------------------------------------------------------------------------------------------------


def hand_target(location: Location, other: HandState, other_side: str) -> Target:
    """Where a hand goes for a place on the other hand or arm, which is there already."""
    if not location.places and location.contact is Contact.CROSS:
        location = replace(location, places=(Place("wristback"),))
    place = location.places[-1] if location.places else Place("palm")
    gap = _gap(location.contact, _BESIDE_OTHER_HAND)
    if place.name in places_table()["arm"] and not place.digits:
        point, normal = _arm_surface(place.name, other, other_side)
    else:
        axes = hand_axes(other.rotation, other_side)
        site = named_site(place, other.angles)
        if not location.places or site is None:
            towards = to_world((1.0 if other_side == "left" else -1.0, 1.0, 0.5))
            site = facing_site(other.angles, axes, -torch.nn.functional.normalize(towards, dim=0), on_head=False)
        point, normal = other.point + axes @ site[0], axes @ site[1]
    return Target(point, normal, gap, normal, location.contact is not None, on_hand=True)


def _arm_surface(name: str, other: HandState, side: str) -> tuple[Tensor, Tensor]:
    row = places_table()["arm"][name]
    index = SIDES.index(side)
    points = other.point.expand(1, 2, 3)
    elbow = solve_arms(points, other.rotation.expand(1, 2, 3, 3)).elbow_points[0, index]
    ends = {"shoulder": _shoulder(index), "elbow": elbow, "wrist": other.point}
    middle = torch.lerp(ends[row["from"]], ends[row["to"]], row["share"])
    normal = to_world(tuple(row["normal"]))
    if side == "left":
        normal = normal * torch.tensor([-1.0, 1.0, 1.0])
    return middle + row["radius"] * normal, normal


def _shoulder(index: int) -> Tensor:
    return shoulder_points()[index]


# -- from a target to a wrist ------------------------------------------------------------------------------------------


def hand_at(target: Target, state: HandState, side: str, by: Place | None = None) -> HandState:
    """A hand that is brought to a target with a part of it; with its middle where nothing is touched.

    Args:
        state: how the hand is turned and bent.
        side: which hand.
        by: the part; chosen by where the parts look if it is not named.
    """
    axes = hand_axes(state.rotation, side)
    site = named_site(by, state.angles) if by is not None else None
    if site is None and target.touches:
        site = facing_site(state.angles, axes, target.normal, target.on_head)
    part = torch.tensor(CENTRE) if site is None else site[0]
    goal = target.point + target.gap * target.away
    if not target.touches and (target.gap < _FAR or target.on_head):
        goal = goal + torch.tensor(comfortable_shift(goal, state.rotation, side, target.on_head))
    rotation = state.rotation
    if target.touches and not target.on_hand:
        others = _other_parts(target, state, axes, by)
        rotation, part = tilted(goal, [part, *others], state, side)
        touch = Touch(goal, target.normal, side, named=by is not None)
        rotation, part = touching(touch, replace(state, rotation=rotation), [part, *others])
    point = goal - hand_axes(rotation, side) @ part
    point = point if target.binds else within_reach(point, side)
    bound = FREE if not target.binds else TO_OTHER if target.on_hand else TO_BODY
    return replace(state, point=point, rotation=rotation, anchor=part, bound=bound)


def _other_parts(target: Target, state: HandState, axes: Tensor, by: Place | None) -> list[Tensor]:
    """Points of a hand that may touch instead of the one that looks at a place, where none is named."""
    if by is not None:
        return []
    pads = named_site(_PADS, state.angles)
    sites = facing_sites(state.angles, axes, target.normal, target.on_head)[1:]
    return [site[0] for site in ([pads] if pads is not None else []) + sites]
