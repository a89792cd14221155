"""The two hands at the start of a part of a sign."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from poseloom.language.hamnosys.tree import (
    Contact,
    Direction,
    Hand,
    HandShape,
    Location,
    LocationPair,
    Orientation,
    Part,
    SimpleShape,
    Symmetry,
    Where,
)
from poseloom.signer.clearance import Meeting
from poseloom.signer.comfort import moved, pair_shift
from poseloom.signer.frames import oriented
from poseloom.signer.hand_state import HandState, Track, rest_state
from poseloom.signer.meeting import (
    DOMINANT,
    OTHER,
    between_hands,
    crosses,
    crossing,
    interlocks,
    meet,
    meeting_site,
    way_of_meeting,
)
from poseloom.signer.performer import Performer
from poseloom.signer.shoulders import chest_origin, within_reach
from poseloom.signer.stage import Stage
from poseloom.signer.tables import places_table
from poseloom.signer.targets import is_on_hand

_SUPPORT = Hand(HandShape((SimpleShape("flathand"),)), Orientation(Direction(("r",)), Direction(("d",))))
"""The other hand where a one-handed sign is made on it and says nothing of it."""
_SUPPORT_PLACE = Location()
_MIDLINE_SHARE = 0.35
"""Of its distance from the midline that a hand keeps when the other one comes to it."""


@dataclass(frozen=True, eq=False)
class Hands:
    """Both hands at one moment, and who performs the actions that follow."""

    right: HandState
    left: HandState
    performers: dict[str, Performer]
    """Of the hands that act; others hold still."""
    used: frozenset[str]
    """Hands that are part of the sign; others hang."""
    meeting: Meeting = Meeting.APART
    """How they may come to each other."""
    crossed: bool = False
    """Whether the arms cross, the dominant one in front."""

    def stage(self, tracks: dict[str, Track], acts: bool = False) -> Stage:
        """What both do for a while."""
        return Stage(tracks, self.meeting, frozenset(self.performers), self.used, acts)


def start_of(part: Part, before: Hands | None, space: float = 1.0) -> Hands:
    """The hands at the start of a part.

    Args:
        part: what is signed at once.
        before: at the end of the part before it in the same sign; what the part leaves open stays.
        space: size of the signing space, which scales movements.
    """
    hands = _start_of(part, before)
    performers = {side: replace(performer, scale=space) for side, performer in hands.performers.items()}
    return replace(hands, performers=performers) if space != 1.0 else hands


def _start_of(part: Part, before: Hands | None) -> Hands:
    if part.dominant is None and part.nondominant is not None:
        return _left_alone(part, before)
    if part.symmetry is not None:
        return _symmetric(part, part.symmetry, before)
    if part.nondominant is not None:
        return _two_different(part, part.nondominant, before)
    return _one_handed(part, before)


def _base(side: str, before: Hands | None) -> tuple[HandState, bool]:
    """The hand before the part, and whether it is part of the sign already."""
    if before is None or side not in before.used:
        return rest_state(side), False
    return (before.right if side == DOMINANT else before.left), True


def _placed(performer: Performer, hand: Hand, places: tuple[Where, ...], before: Hands | None) -> HandState:
    """A hand with its posture at the last of its places; where it was, or in front of the body, without any."""
    state, was_used = _base(performer.side, before)
    if not was_used and (hand.orientation is None or hand.orientation.fingers is None):
        state = replace(state, rotation=oriented(hand.orientation, performer.side, performer.mirrored))
    state = performer.posture(hand, state)
    if hand.loose:
        return rest_state(performer.side)
    if not places and was_used:
        return state
    return performer.goal(places[-1] if places else Location(), state)


def _one_handed(part: Part, before: Hands | None) -> Hands:
    hand = part.dominant or Hand()
    places = (*hand.locations, *part.locations)
    left, left_used = _base(OTHER, before)
    if any(_needs_hand(place) for place in places) and not left_used:
        left = _placed(Performer(OTHER, mirrored=False), _SUPPORT, (_SUPPORT_PLACE,), None)
        left, left_used = _towards_midline(left), True
    performer = Performer(DOMINANT, places=places, other=(left, OTHER))
    right = _within_reach(_placed(performer, hand, places, before), DOMINANT)
    used = {DOMINANT} | ({OTHER} if left_used else set())
    return Hands(right, left, {DOMINANT: performer}, frozenset(used))


def _within_reach(state: HandState, side: str) -> HandState:
    """A hand that shall be at the other one, no farther than its arm reaches."""
    return replace(state, point=within_reach(state.point, side)) if float(state.bound[1]) > 0 else state


def _needs_hand(where: Where) -> bool:
    """Whether a place is on the other hand or forearm; an upper arm may hang."""
    locations = (where,) if isinstance(where, Location) else where.dominant
    arm = places_table()["arm"]
    return any(
        is_on_hand(location) and not any(arm.get(place.name, {}).get("hanging") for place in location.places)
        for location in locations
    )


def _left_alone(part: Part, before: Hands | None) -> Hands:
    assert part.nondominant is not None
    places = (*part.nondominant.locations, *part.locations)
    performer = Performer(OTHER, mirrored=False, places=places)
    left = _placed(performer, part.nondominant, places, before)
    right, right_used = _base(DOMINANT, before)
    used = {OTHER} | ({DOMINANT} if right_used else set())
    return Hands(right, left, {OTHER: performer}, frozenset(used))


# -- two hands ---------------------------------------------------------------------------------------------------------


def _symmetric(part: Part, symmetry: Symmetry, before: Hands | None) -> Hands:
    mirrored = symmetry.mirrored is not False
    hand, places = part.dominant or Hand(), part.locations
    other_hand = part.nondominant or hand
    on_body = tuple(place for place in places if not between_hands(place))
    meeting = next((place for place in reversed(places) if between_hands(place)), None)
    motion = torch.tensor(
        [-1.0 if mirrored else 1.0, -1.0 if symmetry.up_down else 1.0, -1.0 if symmetry.out_in else 1.0]
    )
    right_one = Performer(DOMINANT, two_handed=True, places=places)
    left_one = Performer(OTHER, leads=False, mirrored=mirrored, motion=motion, two_handed=True, places=places)
    own = on_body if on_body or meeting is None else (Location(),)
    right, left = (
        _placed(one, hand_, (*hand_.locations, *own), before)
        for one, hand_ in ((right_one, hand), (left_one, other_hand))
    )
    alike = mirrored and part.nondominant is None
    crossed = alike and crosses(part)
    if crossed and not (meeting is None and _touched(on_body)):
        right, left = crossing(right, left, meeting)
    elif meeting is not None:
        right, left = meet(right, left, meeting, alike)
        right, left = _eased(right, left, alike, on_body)
    right_one, left_one = replace(right_one, other=(left, OTHER)), replace(left_one, other=(right, DOMINANT))
    performers = {DOMINANT: right_one, OTHER: left_one}
    how = way_of_meeting(part, symmetry, alike, crossed)
    return Hands(right, left, performers, frozenset((DOMINANT, OTHER)), how, crossed)


def _two_different(part: Part, nondominant: Hand, before: Hands | None) -> Hands:
    hand = part.dominant or Hand()
    on_body = tuple(place for place in part.locations if not between_hands(place))
    relation = next((place for place in reversed(part.locations) if between_hands(place)), None)
    left_one = Performer(OTHER, leads=False, mirrored=False, places=part.locations)
    left_places = (*nondominant.locations, *(place for place in on_body if not _on_head(place) or _is_pair(place)))
    left = _placed(left_one, nondominant, left_places or (Location(),), before)
    if relation is not None:
        left = _towards_midline(left)
        left = replace(left, anchor=meeting_site(relation, left, OTHER))
    right_one = Performer(DOMINANT, places=part.locations, other=(left, OTHER))
    right_places = (*hand.locations, *on_body, *((relation,) if relation is not None else ()))
    right = _placed(right_one, hand, right_places or (Location(),), before)
    if relation is not None and not any(place.contact for place in on_body) and not _keeps(before):
        shift = pair_shift({DOMINANT: right, OTHER: left}, True, _ROOM[bool(on_body)])
        left = moved(left, shift)
        right_one = replace(right_one, other=(left, OTHER))
        right = _placed(right_one, hand, right_places, before)
    right = _within_reach(right, DOMINANT)
    left_one = replace(left_one, other=(right, DOMINANT))
    performers = {DOMINANT: right_one, OTHER: left_one}
    how = Meeting.FREE if interlocks(part) else Meeting.APART
    return Hands(right, left, performers, frozenset((DOMINANT, OTHER)), how)


_ROOM = {False: 1.0, True: 0.6}
"""Share of the room that hands have which are bound to each other: in front of the body, at a place."""


def _keeps(before: Hands | None) -> bool:
    """Whether the hands were somewhere already, from where they are not moved."""
    return before is not None and OTHER in before.used


def _eased(right: HandState, left: HandState, alike: bool, on_body: tuple[Where, ...]) -> tuple[HandState, HandState]:
    """Hands that meet, where arms can turn them so; at the body they stay where they touch it."""
    if any(place.contact for place in on_body):
        return right, left
    hands = {DOMINANT: right} if alike else {DOMINANT: right, OTHER: left}
    shift = pair_shift(hands, sideways=not alike, share=_ROOM[bool(on_body)])
    return moved(right, shift), moved(left, shift)


def _touched(places: tuple[Where, ...]) -> bool:
    """Whether hands are at the body itself, each where its place is."""
    return any(place.contact is Contact.TOUCH for place in places)


def _is_pair(place: Where) -> bool:
    return isinstance(place, LocationPair)


def _on_head(place: Where) -> bool:
    head = places_table()["head"]
    return isinstance(place, Location) and any(named.name in head for named in place.places)


def _towards_midline(state: HandState) -> HandState:
    """A hand to which the other one comes is held in the middle."""
    middle = chest_origin()[0]
    point = state.point.clone()
    point[0] = middle + (point[0] - middle) * _MIDLINE_SHARE
    return replace(state, point=point)
