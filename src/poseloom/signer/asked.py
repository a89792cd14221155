"""What a part of a sign asks for, and when: directions of hands, places, contacts; read from the notation alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.gloss import place_in_words
from poseloom.language.hamnosys.tree import (
    Action,
    Contact,
    Hand,
    InOrder,
    LocationPair,
    Manner,
    Orientation,
    Part,
    Reach,
    Repeat,
    Replace,
    Together,
    Where,
)
from poseloom.signer.frames import hand_axes, reoriented
from poseloom.signer.meeting import DOMINANT, between_hands
from poseloom.signer.performer import Performer, ends_at
from poseloom.signer.postures import Hands
from poseloom.signer.targets import is_on_hand
from poseloom.signer.timing import FROM_START, TIMES, action_frames, pause_frames, way_back_frames

_MEETING = (Contact.TOUCH, Contact.INTERLOCK, Contact.CROSS)
"""Contacts with which two hands have no room between them."""


@dataclass(frozen=True, eq=False)
class Turned:
    """A direction of the fingers, of the palm, or both: unit vectors in the world; None where nothing is asked."""

    side: str
    fingers: Float[Tensor, "3"] | None
    palm: Float[Tensor, "3"] | None


@dataclass(frozen=True, eq=False)
class Placed:
    """A place of the body that a hand touches, or comes to.

    Args:
        side: whose hand.
        point: where a hand shall be, metres from the pelvis of a body at rest; it goes along with the chest.
        touches: whether skin shall be at the point; else the hand is somewhere there.
        words: what the place is called.
    """

    side: str
    point: Float[Tensor, "3"]
    touches: bool
    words: str


@dataclass(frozen=True)
class Meet:
    """Hands or forearms of both arms are at each other; the other upper arm counts where the place is there."""

    upper_arm: bool = False


Ask = Turned | Placed | Meet
"""What is asked for."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What is asked for within some frames of a part, counted from its first posture, both among them."""

    first: int
    last: int
    ask: Ask

    def after(self, frames: int) -> Moment:
        """The same so many frames later."""
        return replace(self, first=self.first + frames, last=self.last + frames)


@dataclass(frozen=True)
class Course:
    """How a part goes on in time.

    Args:
        posture: frames in which its first posture is held.
        action: what follows; None for a posture alone.
        frames: that one hand acts for, before it is played faster or more slowly.
        delay: frames by which the other hand acts later.
        played: frames of all of it as it is played.
    """

    posture: int
    action: Action | None = None
    frames: int = 0
    delay: int = 0
    played: int = 0

    def at(self, acted: float) -> int:
        """The frame in which so many frames of the action are over."""
        last = max(self.frames + self.delay - 1, 1)
        return self.posture + round((acted - 1) * (self.played - 1) / last)


def moments_of(part: Part, start: Hands, course: Course) -> list[Moment]:
    """What a part asks for: in its first posture, and where its actions change the posture or end at a place.

    Args:
        part: as it is written.
        start: what has been made of its first posture.
        course: its time.
    """
    last = course.posture - 1
    found = [Moment(0, last, ask) for ask in _posture_asks(part, start)]
    if course.action is None:
        return found
    for side, performer in start.performers.items():
        delay = course.delay if side != DOMINANT else 0
        rotation = _start_rotation(part, start, performer)
        leads = performer.leads or performer.two_handed
        for event in _events(course.action, float(course.frames), leads, performer.leads):
            at = course.at(event.frame + delay)
            asks, rotation = _event_asks(event.what, performer, rotation, _is_two_handed(part))
            found += [Moment(max(at - _ABOUT, 0), at + _ABOUT, ask) for ask in asks]
    return found


_ABOUT = 3
"""Frames before and after the end of an action in which what it asks for may come about."""


# -- the first posture -------------------------------------------------------------------------------------------------


def _hand_of(part: Part, side: str) -> Hand | None:
    if side == DOMINANT:
        return part.dominant
    return part.nondominant or (part.dominant if part.symmetry is not None else None)


def _start_rotation(part: Part, start: Hands, performer: Performer) -> Float[Tensor, "3 3"]:
    """How a hand is meant to be turned at first, whatever it was tilted by to touch something."""
    hand, made = _hand_of(part, performer.side), start.right if performer.side == DOMINANT else start.left
    orientation = hand.orientation if hand is not None else None
    return reoriented(made.rotation, orientation, performer.side, performer.mirrored)


def _posture_asks(part: Part, start: Hands) -> Iterator[Ask]:
    two, meets = _is_two_handed(part), False
    for where in (*(part.dominant.locations if part.dominant is not None else ()), *part.locations):
        if two and _is_meeting(where):
            meets = True
            yield Meet()
    for side, performer in start.performers.items():
        hand = _hand_of(part, side)
        if hand is None or hand.loose:
            continue
        yield from _turned(hand.orientation, _start_rotation(part, start, performer), performer)
        if start.crossed or (meets and side != DOMINANT):
            continue
        shared = (
            part.locations
            if performer.leads or performer.two_handed
            else tuple(place for place in part.locations if isinstance(place, LocationPair))
        )
        for where in (*hand.locations, *shared):
            if not (two and between_hands(where)):
                yield from _place_asks(where, performer)


def _is_two_handed(part: Part) -> bool:
    return part.symmetry is not None or part.nondominant is not None


def _is_meeting(where: Where) -> bool:
    """Whether both hands shall touch each other."""
    return between_hands(where) and where.contact in _MEETING


def _turned(orientation: Orientation | None, rotation: Float[Tensor, "3 3"], performer: Performer) -> Iterator[Turned]:
    if orientation is None or orientation.relative:
        return
    axes = hand_axes(rotation, performer.side)
    fingers, palm = (
        axes[:, column] if given is not None else None
        for column, given in enumerate((orientation.fingers, orientation.palm))
    )
    if fingers is not None or palm is not None:
        yield Turned(performer.side, fingers, palm)


def _place_asks(where: Where, performer: Performer) -> Iterator[Ask]:
    """A place of the body, or the other arm; nothing where none is named or the arm shall only be stretched."""
    target, location = performer.target(where)
    if not location.places or location.contact is Contact.EXTENDED or location.places[0].name == "neutralspace":
        return
    if is_on_hand(location):
        if location.contact in _MEETING:
            yield Meet(any(place.name in _UPPER_ARM for place in location.places))
        return
    beside = any("BESIDE" in side.name for place in location.places for side in place.sides)
    touches = location.contact is Contact.TOUCH and not beside and not location.behind
    point = target.point + (target.gap * target.away if not touches else 0.0)
    yield Placed(performer.side, point, touches, place_in_words(location))


_UPPER_ARM = ("upperarm", "elbow", "elbowinside")


# -- actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Event:
    """A new posture or a place at which a hand arrives when so many frames are over."""

    frame: float
    what: Hand | Where


def _event_asks(
    what: Hand | Where, performer: Performer, rotation: Float[Tensor, "3 3"], two: bool
) -> tuple[list[Ask], Float[Tensor, "3 3"]]:
    """What is asked for then, and how the hand is meant to be turned from then on."""
    if not isinstance(what, Hand):
        if not (two and between_hands(what)):
            return list(_place_asks(what, performer)), rotation
        return [Meet()] if _is_meeting(what) and performer.side == DOMINANT else [], rotation
    turned = reoriented(rotation, what.orientation, performer.side, performer.mirrored)
    return list(_turned(what.orientation, turned, performer)), turned


def _events(action: Action, frames: float, acts: bool, leads: bool) -> Iterator[_Event]:
    """Of an action that takes so many frames, as `Performer.perform` shares them out.

    Args:
        acts: whether the hand does what is written for the leading one.
        leads: whether it is that hand.
    """
    rest, halt = (pause_frames(action.how, manner) for manner in (Manner.REST, Manner.HALT))
    over = frames - halt
    yield from (_Event(rest + one.frame, one.what) for one in _inner_events(action, over - rest, acts, leads))
    goal = ends_at(action)
    if goal is not None and acts:
        yield _Event(over, goal)


def _inner_events(action: Action, frames: float, acts: bool, leads: bool) -> Iterator[_Event]:
    if isinstance(action, Replace):
        hand = action.dominant if leads or action.nondominant is None else action.nondominant
        if acts or action.nondominant is not None:
            yield _Event(frames, hand)
    elif isinstance(action, Reach) and acts:
        count = len(action.locations)
        yield from (_Event(frames * (place + 1) / count, where) for place, where in enumerate(action.locations))
    elif isinstance(action, Together):
        named = action.nondominant is not None
        inner = action.dominant if leads or action.nondominant is None else action.nondominant
        for one in inner:
            yield from _events(one, frames, acts or named, leads or named)
    elif isinstance(action, InOrder):
        total, done = sum(action_frames(one) for one in action.actions), 0.0
        for one in action.actions:
            share = frames * action_frames(one) / total
            yield from (_Event(done + event.frame, event.what) for event in _events(one, share, acts, leads))
            done += share
    elif isinstance(action, Repeat):
        yield from _events(action.action, frames * _share_of_first(action), acts, leads)


def _share_of_first(action: Repeat) -> float:
    """Of all that is done, the first time."""
    once = action_frames(action.action)
    again = sum(TIMES[kind] for kind in action.kinds)
    back = sum(TIMES[kind] for kind in action.kinds if kind in FROM_START)
    return once / (once * (1 + again) + back * way_back_frames(once))
