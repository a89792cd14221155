"""How two hands come to each other: they meet at the midplane, cross, interlock, or keep apart."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Contact, Location, Part, Place, Side, Symmetry, Where
from poseloom.signer.clearance import Meeting
from poseloom.signer.frames import hand_axes
from poseloom.signer.hand_state import FREE, TO_OTHER, HandState
from poseloom.signer.shoulders import chest_origin
from poseloom.signer.sites import Site, facing_site, named_site
from poseloom.signer.targets import is_on_hand

DOMINANT, OTHER = "right", "left"
_HALF_GAPS = {Contact.TOUCH: 0.0, Contact.CLOSE: 0.02, Contact.INTERLOCK: -0.015, Contact.CROSS: 0.0}
"""Metres between the midplane and a hand that meets its mirror image there."""
_LOOKS_AWAY = -0.3
"""Cosine below which a named part cannot be the one that meets the other hand's."""
_CROSSING = (-0.035, 0.0, 0.0)
"""Metres in the hand's frame: where arms cross if it is not said, a little above the wrist."""
_BEYOND = 0.02
"""Metres beyond the midplane to which each hand's crossing part comes."""
_APART = {True: 0.058, False: 0.026}
"""Metres between the middles of what crosses: forearms, fingers."""
_OTHER_SIDES = (Side.AT_LEFT, Side.BESIDE_LEFT, Side.OTHER)


def between_hands(place: Where) -> bool:
    """Whether a place says how the hands are to each other."""
    if isinstance(place, Location):
        return is_on_hand(place) or (not place.places and place.contact in _HALF_GAPS)
    return any(is_on_hand(location) for location in (*place.dominant, *place.nondominant))


def crosses(part: Part) -> bool:
    """Whether mirrored hands are crossed: it is written, or each is on the other's side of the body."""
    contacts = [_contact(place) for place in part.locations]
    if Contact.CROSS in contacts:
        return True
    own = part.dominant.locations if part.dominant is not None else ()
    places = [place for where in (*own, *part.locations) if isinstance(where, Location) for place in where.places]
    return (
        bool(places) and len(set(places[-1].sides) & set(_OTHER_SIDES)) > 0 and not is_on_hand(Location((places[-1],)))
    )


def interlocks(part: Part) -> bool:
    """Whether fingers lie between those of the other hand."""
    return "INTERLOCK" in repr(part)


def way_of_meeting(part: Part, symmetry: Symmetry, alike: bool, crossed: bool) -> Meeting:
    """How the hands of a part may come to each other."""
    if interlocks(part):
        return Meeting.FREE
    plain = not (symmetry.up_down or symmetry.out_in or symmetry.alternating)
    alone = "nondominant=(" in repr(part.actions) or "nondominant=Hand" in repr(part.actions)
    return Meeting.MIRRORED if alike and plain and not crossed and not alone else Meeting.APART


def _contact(where: Where) -> Contact | None:
    return where.contact


def _location(where: Where) -> Location:
    return where if isinstance(where, Location) else (where.dominant or (Location(),))[-1]


# -- meeting -----------------------------------------------------------------------------------------------------------


def meet(right: HandState, left: HandState, where: Where, alike: bool) -> tuple[HandState, HandState]:
    """Both hands moved so that they meet at the midplane with the parts that are named or look there.

    Args:
        where: the contact.
        alike: mirrored hands, which are moved sideways alone; others come to the same height and depth as well.
    """
    contact = _contact(where)
    half = _HALF_GAPS.get(contact, _HALF_GAPS[Contact.CLOSE]) if contact is not None else _HALF_GAPS[Contact.CLOSE]
    middle = float(chest_origin()[0])
    sites = [_facing(hand, side, where, sign)[0] for hand, side, sign in _sides(right, left)]
    parts = [hand.point + hand_axes(hand.rotation, side) @ site for (hand, side, _), site in _zip(right, left, sites)]
    goals = [part.clone() for part in parts]
    goals[0][0], goals[1][0] = middle - half, middle + half
    if not alike:
        shared = (parts[0] + parts[1]) / 2
        for goal in goals:
            goal[1:] = shared[1:]
    bound = TO_OTHER if half <= 0 else FREE
    moved = [
        replace(hand, point=hand.point + goal - part, anchor=site, bound=torch.maximum(hand.bound, bound))
        for (hand, _, _), goal, part, site in zip(_sides(right, left), goals, parts, sites, strict=True)
    ]
    return moved[0], moved[1]


def _sides(right: HandState, left: HandState) -> tuple[tuple[HandState, str, float], tuple[HandState, str, float]]:
    """Both hands, and the sign of the axis to the left in which the other one is."""
    return (right, DOMINANT, 1.0), (left, OTHER, -1.0)


def _zip(right: HandState, left: HandState, sites: list[Tensor]) -> zip[tuple[tuple[HandState, str, float], Tensor]]:
    return zip(_sides(right, left), sites, strict=True)


def _facing(state: HandState, side: str, where: Where, towards: float) -> Site:
    """The part that meets the other hand: the named one unless it looks away."""
    location = _location(where)
    axes = hand_axes(state.rotation, side)
    site = named_site(location.places[0], state.angles) if location.places else None
    if site is None or float((axes @ site[1])[0]) * towards < _LOOKS_AWAY:
        site = facing_site(state.angles, axes, torch.tensor([-towards, 0.0, 0.0]), on_head=False)
    return site


def meeting_site(where: Where, state: HandState, side: str) -> Float[Tensor, "3"]:
    """The part of the other hand to which the dominant one comes, metres in its frame."""
    location = where if isinstance(where, Location) else (where.nondominant or where.dominant or (Location(),))[-1]
    site = named_site(location.places[-1], state.angles) if location.places else None
    return state.anchor if site is None else site[0]


# -- crossing ----------------------------------------------------------------------------------------------------------


def crossing(right: HandState, left: HandState, where: Where | None) -> tuple[HandState, HandState]:
    """Mirrored hands that cross with the named part, or above the wrists; the dominant one is in front or above."""
    place = _location(where).places[0] if where is not None and _location(where).places else None
    on_finger = place is not None and bool(place.digits or place.part is not None)
    moved, apart = [], _over(hand_axes(right.rotation, DOMINANT)[:, 0])
    for hand, side, sign in _sides(right, left):
        site = _crossing_part(hand, place)
        part = hand_axes(hand.rotation, side) @ site
        x = float(chest_origin()[0]) + sign * _BEYOND - float(part[0])
        depth = _APART[not on_finger] if side == DOMINANT else 0.0
        point = torch.stack([torch.tensor(x), hand.point[1], hand.point[2]]) + depth * apart
        moved.append(replace(hand, point=point, anchor=site, bound=torch.maximum(hand.bound, TO_OTHER)))
    return moved[0], moved[1]


def _over(fingers: Float[Tensor, "3"]) -> Float[Tensor, "3"]:
    """Where the dominant arm is beside the other one: in front where both point up, above where they point ahead."""
    _, up, ahead = fingers.tolist()
    away = torch.tensor([0.0, -ahead, up])
    away = away if up - ahead / 2 >= 0 else -away
    return torch.nn.functional.normalize(away, dim=0) if float(away.norm()) > _FLAT else torch.tensor([0.0, 0.0, 1.0])


_FLAT = 0.3
"""Length of what is not to the side of a direction, from which on it says how arms cross."""


def _crossing_part(state: HandState, place: Place | None) -> Float[Tensor, "3"]:
    site = named_site(place, state.angles) if place is not None else None
    return torch.tensor(_CROSSING) if site is None else site[0]
