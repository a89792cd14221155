"""What a HamNoSys string says, as a tree: signs, parts, hands, places, actions.

Directions are the signer's: right, up, out (away from the signer). The dominant hand is the right one. Names of hand
shapes, locations, arcs and so on are those of the symbols without ``ham``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from poseloom.language.hamnosys.errors import Remark

Vector = tuple[float, float, float]
_LETTERS: dict[str, Vector] = {
    "r": (1, 0, 0),
    "l": (-1, 0, 0),
    "u": (0, 1, 0),
    "d": (0, -1, 0),
    "o": (0, 0, 1),
    "i": (0, 0, -1),
}


class Thumb(Enum):
    OUT = "thumboutmod"
    ACROSS = "thumbacrossmod"
    OPEN = "thumbopenmod"


class Bend(Enum):
    """How extended digits are bent; the symbols' names mislead, these do not."""

    BENT = "fingerstraightmod"
    ROUND = "fingerbendmod"
    HOOKED = "fingerhookmod"
    DOUBLE_BENT = "doublebent"
    DOUBLE_HOOKED = "doublehooked"


class Size(Enum):
    SMALL = "smallmod"
    LARGE = "largemod"


class Contact(Enum):
    """How near the hand is to the place."""

    TOUCH = "touch"
    CLOSE = "close"
    INTERLOCK = "interlock"
    CROSS = "cross"
    EXTENDED = "armextended"
    BRUSHING = "brushing"


class Manner(Enum):
    FAST = "fast"
    SLOW = "slow"
    TENSE = "tense"
    REST = "rest"
    HALT = "halt"


class Repetition(Enum):
    FROM_START = "repeatfromstart"
    FROM_START_SEVERAL = "repeatfromstartseveral"
    CONTINUE = "repeatcontinue"
    CONTINUE_SEVERAL = "repeatcontinueseveral"
    REVERSE = "repeatreverse"


class Side(Enum):
    """Which side of a place, the signer's left and right."""

    AT_LEFT = "at left"
    AT_RIGHT = "at right"
    BESIDE_LEFT = "beside left"
    BESIDE_RIGHT = "beside right"
    OTHER = "other"
    """The side that is not the hand's own."""


@dataclass(frozen=True)
class Direction:
    """Sum of the directions that letters name: ("u",), ("u", "il"), ..."""

    letters: tuple[str, ...]

    @property
    def vector(self) -> Vector:
        """Unit vector (right, up, out); the first direction alone where the sum is nothing."""
        total = _sum("".join(self.letters)) if len(self.letters) == 1 else _sum_of_units(self.letters)
        if math.hypot(*total) < _NOTHING:
            total = _sum(self.letters[0])
        return _unit(total)


_NOTHING = 1e-6


def _sum(letters: str) -> Vector:
    x, y, z = (sum(_LETTERS[letter][axis] for letter in letters) for axis in range(3))
    return (x, y, z)


def _sum_of_units(directions: tuple[str, ...]) -> Vector:
    x, y, z = (sum(axis) for axis in zip(*(_unit(_sum(letters)) for letters in directions), strict=True))
    return (x, y, z)


def _unit(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    x, y, z = (part / length for part in vector)
    return (x, y, z)


# -- hands -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DigitMark:
    """A digit named after a shape.

    Args:
        digit: 1 thumb to 5 little finger.
        bend: its own; without one it is extended in addition to the shape.
        part: where on the finger two digits touch or cross.
        after_between: ``between`` stands before it: the thumb between two fingers, for instance.
    """

    digit: int
    bend: Bend | None = None
    part: str | None = None
    after_between: bool = False


@dataclass(frozen=True)
class SimpleShape:
    """A basic hand shape and its marks; several thumb or bend marks mean something between them."""

    base: str
    thumbs: tuple[Thumb, ...] = ()
    bends: tuple[Bend, ...] = ()
    digits: tuple[DigitMark, ...] = ()


@dataclass(frozen=True)
class HandShape:
    """One shape, or what lies between several."""

    shapes: tuple[SimpleShape, ...]


@dataclass(frozen=True)
class Orientation:
    """Where the hand points and where the palm looks; what is None stays as it is or as is natural."""

    fingers: Direction | None = None
    palm: Direction | None = None
    relative: bool = False


@dataclass(frozen=True)
class Hand:
    """Posture of one hand.

    Args:
        shape, orientation: as far as they are given.
        locations: given inside the brackets of two hands, for this hand alone.
        loose: the hand just hangs there.
    """

    shape: HandShape | None = None
    orientation: Orientation | None = None
    locations: tuple[Location, ...] = ()
    loose: bool = False


# -- places ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A place on or near the body, or on the other hand.

    Args:
        name: ``chin``, ``palm``, ...; "" where only digits, parts or sides are given.
        sides: side marks.
        digits: which fingers the place is on, if any.
        part: where on the fingers it is.
        bend: a mark that singles out a part of the place (an upper or lower lip).
    """

    name: str = ""
    sides: tuple[Side, ...] = ()
    digits: tuple[int, ...] = ()
    part: str | None = None
    bend: Bend | None = None


@dataclass(frozen=True)
class Location:
    """Where the hand goes.

    Args:
        places: one, or the ends of what it is between; none where only a contact is given.
        contact: how near.
        by: what part of the hand touches.
        behind: on the far side.
        roughly: marked as approximate.
        before: a contact that is written before the place; `parse` makes it one of the hands or of the place.
    """

    places: tuple[Place, ...] = ()
    contact: Contact | None = None
    by: Place | None = None
    behind: bool = False
    roughly: bool = False
    before: Contact | None = None


@dataclass(frozen=True)
class LocationPair:
    """A place for each hand, or the parts of the two hands that meet where a contact follows."""

    dominant: tuple[Location, ...]
    nondominant: tuple[Location, ...]
    contact: Contact | None = None


Where = Location | LocationPair

# -- actions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class How:
    """What marks say about an action.

    Args:
        arc: letter of the direction in which a path bows out.
        path: ``wavy`` or ``zigzag``.
        ellipse: ``ellipseh``, ...: the long axis of a circle or the plane of waves.
        growth: 1 where the size grows with repetition, -1 where it shrinks.
        clocks: letters of the start and the end on the dial of a circle.
        full_turns: turns that are added to a circle.
        goals: where a movement ends.
    """

    size: Size | None = None
    arc: str | None = None
    arc_size: Size | None = None
    path: str | None = None
    ellipse: str | None = None
    growth: int = 0
    manners: tuple[Manner, ...] = ()
    clocks: tuple[str, ...] = ()
    full_turns: int = 0
    alternating: bool = False
    goals: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Straight:
    direction: Direction
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Circle:
    """Clockwise, seen along the axis."""

    axis: Direction
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Local:
    """A movement of fingers or wrist: ``fingerplay``, ``nodding``, ..."""

    name: str
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Still:
    """No motion, or free mime, which the notation does not describe."""

    mime: bool = False
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Replace:
    """A new posture; what it does not name stays."""

    dominant: Hand
    nondominant: Hand | None = None
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Reach:
    """The hand goes to a place."""

    locations: tuple[Where, ...]
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Together:
    """All at once.

    Args:
        dominant: actions of the dominant hand, or of both where `nondominant` is None.
        nondominant: action of the other hand.
    """

    dominant: tuple[Action, ...]
    nondominant: tuple[Action, ...] | None = None
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class InOrder:
    """One after the other; fused: with rounded corners, at a steady speed."""

    actions: tuple[Action, ...]
    fused: bool = False
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Repeat:
    """An action and its repetitions."""

    action: Action
    kinds: tuple[Repetition, ...]
    how: How = field(default_factory=How)


Action = Straight | Circle | Local | Still | Replace | Reach | Together | InOrder | Repeat

# -- signs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Symmetry:
    """What the other hand does.

    Args:
        mirrored: the mirror image; else the same.
        up_down, out_in: the movement is reversed in these directions.
        alternating: half a period later.
    """

    mirrored: bool | None
    up_down: bool = False
    out_in: bool = False
    alternating: bool = False


@dataclass(frozen=True)
class Part:
    """A posture and what happens from there.

    Args:
        symmetry: None for one hand, or two with postures of their own.
        dominant: None where only the other hand acts, or where the part goes on with the posture before.
        nondominant: the other hand's own posture.
        locations: where.
        actions: one after the other.
    """

    symmetry: Symmetry | None = None
    dominant: Hand | None = None
    nondominant: Hand | None = None
    locations: tuple[Where, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Sign:
    """Parts that follow each other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Signs:
    """A whole string.

    Args:
        signs: separated by spaces in the string.
        remarks: what was passed over in reading.
    """

    signs: tuple[Sign, ...]
    remarks: tuple[Remark, ...] = ()
