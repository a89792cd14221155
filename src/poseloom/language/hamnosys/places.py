"""Reading places: on the body, beside it, on the other hand, and how near the hand is."""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.language.hamnosys.reader import Reader
from poseloom.language.hamnosys.symbols import SymbolKind
from poseloom.language.hamnosys.tokens import Token
from poseloom.language.hamnosys.tree import Bend, Contact, Location, LocationPair, Place, Side, Where

_DIGITS = {"thumb": 1, "indexfinger": 2, "middlefinger": 3, "ringfinger": 4, "pinky": 5}
_BEHIND = "behind"
_STARTS = (
    SymbolKind.SIDE,
    SymbolKind.LOCATION,
    SymbolKind.SITE,
    SymbolKind.DIGIT,
    SymbolKind.FINGER_PART,
    SymbolKind.CONTACT,
    SymbolKind.ETC,
    SymbolKind.COREFERENCE,
)
_PARTS = {*_STARTS, SymbolKind.BETWEEN, SymbolKind.BEND, SymbolKind.SIZE}
_PAIR_PARTS = {
    *_PARTS,
    SymbolKind.PLUS,
    SymbolKind.SEQUENCE_BEGIN,
    SymbolKind.SEQUENCE_END,
    SymbolKind.GROUP_BEGIN,
    SymbolKind.GROUP_END,
}
_SIDES = {
    "lrat": (Side.AT_LEFT, Side.AT_RIGHT),
    "lrbeside": (Side.BESIDE_LEFT, Side.BESIDE_RIGHT),
    "nonipsi": (Side.OTHER, Side.OTHER),
}
"""For each side mark what it means before a place and after it."""


def at_location(reader: Reader) -> bool:
    """Whether a place or a contact comes next."""
    if reader.at(*_STARTS):
        return True
    if reader.at(SymbolKind.SEQUENCE_BEGIN):
        return _at_contact(reader)
    return reader.at(SymbolKind.GROUP_BEGIN) and _at_pair(reader)


def _at_contact(reader: Reader) -> bool:
    return reader.kind(1) is not SymbolKind.SEQUENCE_END and reader.inside() <= _PARTS


def _at_pair(reader: Reader) -> bool:
    return (
        reader.kind(1) in {*_STARTS, SymbolKind.SEQUENCE_BEGIN} and reader.inside() <= _PAIR_PARTS and reader.has_plus()
    )


@dataclass
class _Place:
    """A place while it is read."""

    name: str = ""
    sides: list[Side] = field(default_factory=list)
    digits: list[int] = field(default_factory=list)
    part: str | None = None
    bend: Bend | None = None
    on_hand: bool = False

    @property
    def named(self) -> bool:
        """Whether it is known which place it is, so that a side mark that follows means its right side."""
        return bool(self.name or self.digits or self.part)

    def add_side(self, token: Token) -> None:
        self.sides.append(_SIDES[token.symbol.short][self.named])

    def place(self) -> Place:
        return Place(self.name, tuple(self.sides), tuple(self.digits), self.part, self.bend)


@dataclass
class _Location:
    """A location while it is read."""

    places: list[_Place] = field(default_factory=list)
    contact: Contact | None = None
    before: Contact | None = None
    by: Place | None = None
    behind: bool = False
    roughly: bool = False

    @property
    def complete(self) -> bool:
        """Whether a place that follows begins another location."""
        return bool(self.places) and (self.contact is not None or self.by is not None)

    def open_place(self, after_between: bool) -> _Place:
        if after_between or not self.places:
            self.places.append(_Place())
        return self.places[-1]

    @property
    def names_body(self) -> bool:
        """Whether it is a place on the body rather than a part of a hand."""
        return any(place.name and not place.on_hand for place in self.places)

    def location(self) -> Location:
        contact, before = self.contact, self.before
        if contact is None and not self.names_body:
            contact, before = before, None
        places = tuple(place.place() for place in self.places)
        return Location(places, contact, self.by, self.behind, self.roughly, before)


def read_locations(reader: Reader) -> list[Where]:
    """All places that follow each other; for the last one a contact."""
    found: list[Where] = []
    current = _Location()
    between = False
    while True:
        kind = reader.kind()
        if kind is SymbolKind.BETWEEN and current.places and reader.kind(1) in _STARTS:
            reader.take()
            between = True
            continue
        if kind is SymbolKind.SIZE and reader.kind(1) is SymbolKind.BETWEEN:
            reader.skip("stands before 'between', where it means nothing")
        elif kind is SymbolKind.SEQUENCE_BEGIN and _at_contact(reader):
            _read_contact_sequence(reader, current)
        elif kind is SymbolKind.GROUP_BEGIN and _at_pair(reader):
            found += _finished(current)
            found.append(_read_pair(reader))
            current = _Location()
        elif kind is SymbolKind.BEND and current.places and current.places[-1].name:
            current.places[-1].bend = Bend(reader.take().symbol.short)
        elif kind in _STARTS:
            if _begins_another(reader, current, between):
                found += _finished(current)
                current = _Location()
            _add(current, reader.take(), between)
        else:
            return found + _finished(current)
        between = False


def _finished(current: _Location) -> list[Where]:
    location = current.location()
    return [] if location == Location() else [location]


def _begins_another(reader: Reader, current: _Location, after_between: bool) -> bool:
    """Whether the next token belongs to another location than the one that is being read."""
    if after_between:
        return False
    kind = reader.kind()
    if kind is SymbolKind.CONTACT:
        return current.contact is not None or (current.before is not None and not current.names_body)
    if kind is SymbolKind.SIDE:  # "touch lrat chest": the side of what follows
        return current.complete and reader.kind(1) in (SymbolKind.LOCATION, SymbolKind.SITE)
    if kind in (SymbolKind.LOCATION, SymbolKind.SITE, SymbolKind.DIGIT, SymbolKind.FINGER_PART):
        has_name = bool(current.places and current.places[-1].name)
        return current.complete or (has_name and kind in (SymbolKind.LOCATION, SymbolKind.SITE))
    return False


def _add(current: _Location, token: Token, after_between: bool) -> None:
    name = token.symbol.short
    if token.kind is SymbolKind.CONTACT:
        if name == _BEHIND:
            current.behind = True
        elif any(place.named for place in current.places):
            current.contact = Contact(name)
        else:
            current.before = Contact(name)
    elif token.kind is SymbolKind.ETC:
        current.roughly = True
    elif token.kind is not SymbolKind.COREFERENCE:
        place = current.open_place(after_between)
        if token.kind is SymbolKind.SIDE:
            place.add_side(token)
        elif token.kind is SymbolKind.DIGIT:
            place.digits.append(_DIGITS[name])
        elif token.kind is SymbolKind.FINGER_PART:
            place.part = name
        else:
            place.name, place.on_hand = name, token.kind is SymbolKind.SITE


def _read_contact_sequence(reader: Reader, current: _Location) -> None:
    """``[ touch part digit ]``: the part of the hand that touches the place before it."""
    reader.take()
    by = _Place()
    while not reader.at(SymbolKind.SEQUENCE_END):
        token = reader.take()
        name = token.symbol.short
        if token.kind is SymbolKind.CONTACT and name != _BEHIND:
            current.contact = Contact(name)
        elif token.kind is SymbolKind.SIDE:
            by.add_side(token)
        elif token.kind is SymbolKind.DIGIT:
            by.digits.append(_DIGITS[name])
        elif token.kind is SymbolKind.FINGER_PART:
            by.part = name
        elif token.kind in (SymbolKind.SITE, SymbolKind.LOCATION):
            by.name = name
    reader.take()
    current.by = by.place()
    if current.contact is None:
        current.contact = Contact.TOUCH


def _read_pair(reader: Reader) -> LocationPair:
    """``( places plus places )`` and how near they come to each other."""
    reader.take()
    dominant = read_locations(reader)
    reader.expect(SymbolKind.PLUS, "between the places of the two hands")
    other = read_locations(reader)
    reader.expect(SymbolKind.GROUP_END, "after the second hand's places")
    contact = None
    while reader.at(SymbolKind.CONTACT):
        name = reader.take().symbol.short
        contact = contact if name == _BEHIND else Contact(name)
    return LocationPair(_plain(dominant), _plain(other), contact)


def _plain(places: list[Where]) -> tuple[Location, ...]:
    return tuple(place for place in places if isinstance(place, Location))
