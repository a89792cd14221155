"""From the symbols of a SignWriting sign to a HamNoSys string; what is not read is told by its name.

SignWriting is a picture: hands stand where they are seen, arrows beside the hand that moves. The order of a HamNoSys
string is made of it: configuration of the hands, place and contact, movements in the order in which they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys.signwriting.fsw import Sign, Symbol, parse_sign, without_sequence
from poseloom.language.hamnosys.signwriting.hand_shapes import Hand, hand_of
from poseloom.language.hamnosys.signwriting.movements import MANNERS, movement_of
from poseloom.language.hamnosys.signwriting.places import is_place, place_of
from poseloom.language.hamnosys.written.sign_text import SignText

_HAND, _CONTACTS = "HAND-", ("TOUCH", "GRASP", "STRIKE", "BRUSH", "RUB")
_RIGHT, _LEFT = "0", "1"
"""Fills of arrows for one hand; those of other fills are for both."""


@dataclass
class _Read:
    """What was found among the symbols of a sign."""

    hands: list[Hand] = field(default_factory=list)
    contacts: list[Symbol] = field(default_factory=list)
    places: list[Symbol] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    manners: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)


def sign_of_fsw(text: str, name: str = "") -> SignText:
    """FSW signs as a HamNoSys string; the notes list what was not read or is only near.

    Args:
        text: one or more signs that white space separates.
        name: what the sign is called.

    Raises:
        PoseloomError: no FSW, or a sign without a hand that has a shape.
    """
    strings, notes = [], []
    for part in text.split():
        string, told = _converted(parse_sign(without_sequence(part)), part)
        strings.append(string)
        notes += told
    return SignText(name, " space ".join(strings), notes=tuple(dict.fromkeys(notes)))


def _converted(sign: Sign, text: str) -> tuple[str, list[str]]:
    read = _sorted(sign)
    if not read.hands:
        raise PoseloomError(f"SignWriting: {text[:40]!r} has no hand whose shape is known")
    right = [hand for hand in read.hands if not hand.left] or [hand for hand in read.hands if hand.left]
    left = [hand for hand in read.hands if hand.left] if right[0].left is False else []
    mirrored = bool(left) and right[0].is_mirror_of(left[0])
    parts = [_configuration(right[0], left, mirrored)]
    parts += _contact(read, right[0], bool(left))
    parts += _movements(read, bool(left), mirrored)
    parts += [f"replace {hand.names}" for hand in right[1:]]
    notes = [f"SignWriting: {name} was not read" for name in dict.fromkeys(read.unread)]
    notes += [f"SignWriting: {name} is only near" for name in dict.fromkeys(read.near)]
    return " ".join(part for part in parts if part), notes


def _sorted(sign: Sign) -> _Read:
    read = _Read()
    for symbol in sign.symbols:
        name = symbol.name
        if name.startswith(_HAND):
            hand = hand_of(symbol)
            (read.unread.append(name) if hand is None else read.hands.append(hand))
            if hand is not None and hand.near:
                read.near.append(name)
        elif name.split()[0] in _CONTACTS:
            read.contacts.append(symbol)
        elif is_place(symbol):
            read.places.append(symbol)
        elif name in MANNERS:
            read.manners.append(MANNERS[name])
        elif (moved := movement_of(symbol)) is not None:
            read.moves.append((symbol.column, moved.names))
            if moved.near:
                read.near.append(name)
        else:
            read.unread.append(name)
    return read


def _configuration(right: Hand, left: list[Hand], mirrored: bool) -> str:
    if mirrored:
        return f"symmlr {right.names}"
    if not left:
        return right.names
    orientations = [f"extfinger{hand.direction} palm{hand.palm}" for hand in (right, left[0])]
    a, b = (f"{hand.shape} {way}" for hand, way in zip((right, left[0]), orientations, strict=True))
    return f"parbegin {a} plus {b} parend"


def _contact(read: _Read, hand: Hand, two: bool) -> list[str]:
    """Where the hand is, and what it touches: a place of the head or trunk, the other hand, or the chest."""
    place = place_of(read.places, read.contacts[0] if read.contacts else hand.symbol)
    if not read.contacts:
        return [place]
    kind = "brushing" if read.contacts[0].name.split()[0] in ("BRUSH", "RUB") else "touch"
    if not place:
        return [kind] if two else ["chest", kind]
    return [place, kind]


def _movements(read: _Read, two: bool, mirrored: bool) -> list[str]:
    """Movements in order; an arrow of each hand are one movement, and of mirrored hands the right one's says both."""
    each = {fill: [names for own, names in read.moves if own == fill] for fill in (_RIGHT, _LEFT)}
    made, paired = [], 0
    for fill, names in read.moves:
        if not two or mirrored:
            if fill != _LEFT or not each[_RIGHT]:
                made.append(names)
        elif fill not in each:
            made.append(f"parbegin {names} plus {names} parend")
        elif fill == _RIGHT:
            other = each[_LEFT][paired] if paired < len(each[_LEFT]) else "nomotion"
            made.append(f"parbegin {names} plus {other} parend")
            paired += 1
        elif each[_LEFT].index(names) >= len(each[_RIGHT]):
            made.append(f"parbegin nomotion plus {names} parend")
    if made and read.manners:
        made[-1] = f"{made[-1]} {read.manners[0]}"
    if any("MULTIPLE" in one.name for one in read.contacts):
        made = [*made, "repeatfromstart"] if made else ["movei smallmod repeatfromstart"]
    return made
