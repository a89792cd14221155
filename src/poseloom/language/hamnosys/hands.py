"""Reading hand shapes, orientations and the postures of one or two hands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from poseloom.language.hamnosys.places import at_location, read_locations
from poseloom.language.hamnosys.reader import Reader
from poseloom.language.hamnosys.symbols import SymbolKind
from poseloom.language.hamnosys.tokens import Token
from poseloom.language.hamnosys.tree import (
    Bend,
    DigitMark,
    Direction,
    Hand,
    HandShape,
    Location,
    Orientation,
    SimpleShape,
    Thumb,
)

DIGITS = {"thumb": 1, "indexfinger": 2, "middlefinger": 3, "ringfinger": 4, "pinky": 5}
_MARKS = (SymbolKind.THUMB, SymbolKind.BEND, SymbolKind.DIGIT, SymbolKind.FINGER_PART)
_ORIENTED = (SymbolKind.DIRECTION, SymbolKind.PALM, SymbolKind.RELATIVE)
_HAND_STARTS = (SymbolKind.HANDSHAPE, SymbolKind.NONDOMINANT, SymbolKind.ETC)


def at_hand(reader: Reader) -> bool:
    """Whether a posture of one or two hands comes next."""
    if reader.at(*_HAND_STARTS[:2], *_ORIENTED) or _stray_size(reader):
        return True
    if reader.at(SymbolKind.ETC):
        return reader.kind(1) in (SymbolKind.HANDSHAPE, SymbolKind.NONDOMINANT)
    return reader.at(SymbolKind.GROUP_BEGIN) and (_at_pair(reader, _HAND_STARTS) or _at_pair(reader, _ORIENTED))


def read_hands(reader: Reader) -> tuple[Hand | None, Hand | None]:
    """Postures of the dominant and of the other hand, as far as they are given."""
    if reader.at(SymbolKind.GROUP_BEGIN) and _at_pair(reader, _HAND_STARTS):
        return _two_hands(reader)
    hand, other, is_nondominant = _one_hand(reader)
    return (None, hand) if is_nondominant else (hand, other)


def _at_pair(reader: Reader, starts: tuple[SymbolKind, ...]) -> bool:
    """Whether a bracket of two values, one for each hand, comes next."""
    first = 1
    while reader.kind(first) is SymbolKind.SIZE:
        first += 1
    return reader.kind(first) in starts and reader.has_plus()


def _two_hands(reader: Reader) -> tuple[Hand, Hand]:
    """``( hand plus hand )`` and an orientation for both."""
    reader.take()
    first, _, swapped = _one_hand(reader, own_locations=True)
    reader.expect(SymbolKind.PLUS, "between the two hands")
    second, _, _ = _one_hand(reader, own_locations=True)
    reader.expect(SymbolKind.GROUP_END, "after the second hand")
    dominant, other = read_orientations(reader)
    hands = (second, first) if swapped else (first, second)
    return _with_orientation(hands[0], dominant), _with_orientation(hands[1], other or dominant)


def _with_orientation(hand: Hand, orientation: Orientation | None) -> Hand:
    return hand if orientation is None or hand.orientation is not None else replace(hand, orientation=orientation)


def _one_hand(reader: Reader, own_locations: bool = False) -> tuple[Hand, Hand | None, bool]:
    """A hand, the other one where the orientation is given for both, and whether it is marked as the other hand."""
    nondominant = loose = False
    start = reader.index
    while reader.at(SymbolKind.NONDOMINANT, SymbolKind.ETC):
        nondominant |= reader.at(SymbolKind.NONDOMINANT)
        loose |= reader.take().kind is SymbolKind.ETC
    while _stray_size(reader):
        reader.skip("stands before a hand shape, where it means nothing")
    shape = read_shape(reader) if reader.at(SymbolKind.HANDSHAPE) else None
    orientation, other = read_orientations(reader)
    while reader.at(SymbolKind.WRIST):
        reader.skip("is obsolete")
    locations: list[Location] = []
    while own_locations and at_location(reader):
        locations += [place for place in read_locations(reader) if isinstance(place, Location)]
    if reader.index == start:
        reader.fail("a hand shape or an orientation")
    hand = Hand(shape, orientation, tuple(locations), loose)
    return hand, None if other is None else replace(hand, orientation=other), nondominant


def _stray_size(reader: Reader) -> bool:
    ahead = 0
    while reader.kind(ahead) is SymbolKind.SIZE:
        ahead += 1
    return ahead > 0 and reader.kind(ahead) is SymbolKind.HANDSHAPE


# -- shapes ------------------------------------------------------------------------------------------------------------


@dataclass
class _ShapeMarks:
    """Marks of one basic shape while they are read."""

    base: str
    thumbs: list[Thumb] = field(default_factory=list)
    bends: list[Bend] = field(default_factory=list)
    digits: list[DigitMark] = field(default_factory=list)
    part: str | None = None

    def add(self, token: Token, after_between: bool) -> None:
        name = token.symbol.short
        if token.kind is SymbolKind.THUMB:
            self.thumbs.append(Thumb(name))
        elif token.kind is SymbolKind.FINGER_PART:
            self.part = name
        elif token.kind is SymbolKind.DIGIT:
            self.digits.append(DigitMark(DIGITS[name], part=self.part, after_between=after_between))
            self.part = None
        elif self.digits and self.digits[-1].bend is None:
            self.digits[-1] = replace(self.digits[-1], bend=Bend(name))
        else:
            self.bends.append(Bend(name))

    def shape(self) -> SimpleShape:
        return SimpleShape(self.base, tuple(self.thumbs), tuple(self.bends), tuple(self.digits))


def read_shape(reader: Reader) -> HandShape:
    """A hand shape with its marks, or several with ``between``."""
    shapes = [_ShapeMarks(reader.expect(SymbolKind.HANDSHAPE, "").symbol.short)]
    while True:
        if reader.at(*_MARKS):
            shapes[-1].add(reader.take(), after_between=False)
        elif reader.at(SymbolKind.BETWEEN) and reader.kind(1) in _MARKS:
            reader.take()
            shapes[-1].add(reader.take(), after_between=True)
        elif reader.at(SymbolKind.BETWEEN) and reader.kind(1) is SymbolKind.HANDSHAPE:
            reader.take()
            shapes.append(_ShapeMarks(reader.take().symbol.short))
        elif reader.at(SymbolKind.SIZE):
            reader.skip("means nothing in a hand shape")
        elif reader.at(SymbolKind.CONTACT) and reader.kind(1) is SymbolKind.DIGIT:
            reader.take()  # "behind": the digit that follows lies behind the one before
            shapes[-1].add(reader.take(), after_between=False)
        else:
            return HandShape(tuple(marks.shape() for marks in shapes))


# -- orientations ------------------------------------------------------------------------------------------------------


def at_orientation(reader: Reader) -> bool:
    """Whether an orientation comes next."""
    return reader.at(*_ORIENTED) or (reader.at(SymbolKind.GROUP_BEGIN) and _at_pair(reader, _ORIENTED))


def read_orientations(reader: Reader) -> tuple[Orientation | None, Orientation | None]:
    """Orientation of the dominant hand, and of the other one where the two differ; None where none is given.

    What differs stands in brackets: both directions at once, or finger directions and then palms.
    """
    common = _orientation(reader)
    dominant: Orientation | None = None
    other: Orientation | None = None
    while reader.at(SymbolKind.GROUP_BEGIN) and _at_pair(reader, _ORIENTED):
        reader.take()
        dominant = _filled(dominant, _orientation(reader))
        reader.expect(SymbolKind.PLUS, "between the orientations of the two hands")
        other = _filled(other, _orientation(reader))
        reader.expect(SymbolKind.GROUP_END, "after the second orientation")
        common = _filled(common, _orientation(reader))
    if dominant is None and other is None:
        return common, None
    return _filled(dominant, common), _filled(other, common)


def _orientation(reader: Reader) -> Orientation | None:
    relative = False
    found: dict[SymbolKind, Direction | None] = {}
    for kind in (SymbolKind.DIRECTION, SymbolKind.PALM):
        found[kind] = _direction(reader, kind)
        while reader.at(SymbolKind.RELATIVE):
            relative = reader.take().kind is SymbolKind.RELATIVE
    if not relative and not any(found.values()):
        return None
    return Orientation(found[SymbolKind.DIRECTION], found[SymbolKind.PALM], relative)


def _direction(reader: Reader, kind: SymbolKind) -> Direction | None:
    """Symbols of one kind in a row, with or without ``between``."""
    letters: list[str] = []
    while True:
        while reader.at(SymbolKind.SIZE) and reader.kind(1) is SymbolKind.BETWEEN:
            reader.skip("stands before 'between', where it means nothing")
        if reader.at(kind):
            letters.append(reader.take().symbol.letters)
        elif letters and reader.at(SymbolKind.BETWEEN) and reader.kind(1) is kind:
            reader.take()
        else:
            return Direction(tuple(letters)) if letters else None


def _filled(orientation: Orientation | None, other: Orientation | None) -> Orientation | None:
    """What one leaves open is taken from the other."""
    if orientation is None or other is None:
        return orientation or other
    return Orientation(
        orientation.fingers or other.fingers,
        orientation.palm or other.palm,
        orientation.relative or other.relative,
    )
