"""What a HamNoSys string says, in plain English: to be read beside the picture of a sign."""

from __future__ import annotations

from collections.abc import Iterable

from poseloom.language.hamnosys.orientation import name_of, palm_normal
from poseloom.language.hamnosys.parse import parse
from poseloom.language.hamnosys.symbols import by_name
from poseloom.language.hamnosys.tree import (
    Action,
    Bend,
    Circle,
    Contact,
    DigitMark,
    Direction,
    Hand,
    HandShape,
    How,
    InOrder,
    Local,
    Location,
    LocationPair,
    Orientation,
    Part,
    Place,
    Reach,
    Repeat,
    Replace,
    Side,
    Sign,
    Signs,
    SimpleShape,
    Still,
    Straight,
    Symmetry,
    Together,
    Where,
)

DIGIT_NAMES = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
_LETTERS = {"u": "up", "d": "down", "l": "left", "r": "right", "o": "forward", "i": "towards the signer"}
_AXES = {"u": "up", "d": "down", "l": "left", "r": "right", "o": "out", "i": "in"}
_CLOCK = {"u": "12", "ur": "1:30", "r": "3", "dr": "4:30", "d": "6", "dl": "7:30", "l": "9", "ul": "10:30"}
_SIDES = {
    Side.AT_LEFT: "left side",
    Side.AT_RIGHT: "right side",
    Side.BESIDE_LEFT: "to the left of",
    Side.BESIDE_RIGHT: "to the right of",
    Side.OTHER: "other side",
}
_BESIDE = (Side.BESIDE_LEFT, Side.BESIDE_RIGHT)
_CONTACTS = {
    Contact.TOUCH: "touching",
    Contact.CLOSE: "close to",
    Contact.INTERLOCK: "interlocked with",
    Contact.CROSS: "crossed with",
    Contact.EXTENDED: "with the arm stretched, in front of",
    Contact.BRUSHING: "brushing",
}


def explain(text: str | Signs) -> str:
    """What a string says: one sentence or two a sign.

    Args:
        text: a HamNoSys string, or one that has been parsed.

    Raises:
        HamNoSysError: it does not parse.
    """
    tree = parse(text) if isinstance(text, str) else text
    return " | ".join(_sign(sign) for sign in tree.signs)


def _sign(sign: Sign) -> str:
    return " Then: ".join(_part(part) for part in sign.parts)


def _part(part: Part) -> str:
    said = []
    for who, hand in _who(part):
        words = _hand(hand)
        if words:
            said.append(f"{who}: {words}")
    if part.symmetry is not None and not said:
        said.append(_symmetry(part.symmetry))
    two_hands = part.symmetry is not None or part.nondominant is not None
    posture = "; ".join([*said, *(_posture_place(place, two_hands) for place in part.locations)])
    actions = ", then ".join(filter(None, (_action(action) for action in part.actions)))
    whole = "; ".join(filter(None, (posture, actions)))
    return (whole[:1].upper() + whole[1:] if whole else "Nothing") + "."


def _who(part: Part) -> Iterable[tuple[str, Hand]]:
    if part.symmetry is not None and part.dominant is not None and part.nondominant is None:
        yield _symmetry(part.symmetry), part.dominant
        return
    if part.dominant is not None:
        yield "dominant hand", part.dominant
    if part.nondominant is not None:
        yield "other hand", part.nondominant


def _symmetry(symmetry: Symmetry) -> str:
    words = (
        "both hands" if symmetry.mirrored is None else f"both hands, {'mirrored' if symmetry.mirrored else 'parallel'}"
    )
    opposite = " and ".join(name for name, flag in (("up/down", symmetry.up_down), ("out/in", symmetry.out_in)) if flag)
    words += f", moving contrary in {opposite}" if opposite else ""
    return words + (", alternating" if symmetry.alternating else "")


# -- posture -----------------------------------------------------------------------------------------------------------


def _hand(hand: Hand) -> str:
    words = ["hanging loosely"] if hand.loose else []
    words += [_shape(hand.shape)] if hand.shape is not None else []
    words += [_orientation(hand.orientation)] if hand.orientation is not None else []
    return ", ".join([*filter(None, words), *(_location(place) for place in hand.locations)])


def _shape(shape: HandShape) -> str:
    words = [_simple_shape(simple) for simple in shape.shapes]
    return words[0] if len(words) == 1 else f"something between ({') and ('.join(words)})"


def _simple_shape(shape: SimpleShape) -> str:
    words = [by_name()[shape.base].words]
    words += [_between(_bend(bend) for bend in shape.bends)] if shape.bends else []
    words += [_between(by_name()[thumb.value].words for thumb in shape.thumbs)] if shape.thumbs else []
    return ", ".join([*words, *(_digit(mark) for mark in shape.digits)])


def _digit(mark: DigitMark) -> str:
    name = DIGIT_NAMES[mark.digit - 1]
    if mark.bend is not None:
        return f"{name} {_bend(mark.bend)}"
    if mark.part is not None:
        return f"at the {by_name()[mark.part].words} of the {name}"
    return f"beside the {name}" if mark.after_between else f"{name} extended"


def _bend(bend: Bend) -> str:
    return by_name()[bend.value].words


def _between(words: Iterable[str]) -> str:
    different = list(dict.fromkeys(words))
    return different[0] if len(different) == 1 else f"between {' and '.join(different)}"


def _orientation(orientation: Orientation) -> str:
    fingers, palm = orientation.fingers, orientation.palm
    words = [f"pointing {name_of(fingers.vector)}"] if fingers is not None else []
    if palm is not None:
        words.append(f"palm {name_of(palm.vector if fingers is None else palm_normal(fingers.vector, palm))}")
    words += ["relative to the arm"] if orientation.relative else []
    return ", ".join(words)


def _direction(direction: Direction, names: dict[str, str] = _LETTERS) -> str:
    return _between(" and ".join(names[letter] for letter in letters) for letters in direction.letters)


# -- places ------------------------------------------------------------------------------------------------------------


def _where(where: Where) -> str:
    if isinstance(where, Location):
        return _location(where)
    contact = f", {_CONTACTS[where.contact]} each other" if where.contact is not None else ""
    first, second = (" and ".join(_location(place) for place in side) for side in _sides(where))
    return f"dominant hand {first}, other hand {second}{contact}"


def _posture_place(where: Where, two_hands: bool) -> str:
    """A place of the posture; a contact alone is one of the two hands."""
    if two_hands and isinstance(where, Location) and not where.places and where.contact in _EACH_OTHER:
        return _EACH_OTHER[where.contact]
    return _where(where)


_EACH_OTHER = {
    Contact.TOUCH: "the hands touching each other",
    Contact.CLOSE: "the hands close to each other",
    Contact.INTERLOCK: "the hands interlocked",
    Contact.CROSS: "the hands crossed",
}


def _sides(pair: LocationPair) -> tuple[tuple[Location, ...], tuple[Location, ...]]:
    return pair.dominant, pair.nondominant


def place_in_words(location: Location) -> str:
    """A place alone: ``the right side of the chin``, ``behind the ear``; ``the body`` where none is named."""
    places = [f"the {_place(place)}" for place in location.places] or ["the body"]
    words = f"between {' and '.join(places)}" if len(places) > 1 else places[0]
    beside = next((_SIDES[side] for place in location.places for side in place.sides if side in _BESIDE), "")
    return f"{beside} {words}".strip() if not location.behind else f"behind {words}"


def _location(location: Location) -> str:
    """``at the lips``, ``touching the right side of the chin``, ``close to the palm, with the tip of the thumb``."""
    by = f", with the {_place(location.by)}" if location.by is not None else ""
    places = [_place(place) for place in location.places]
    place = f"between {' and '.join(f'the {place}' for place in places)}" if len(places) > 1 else "".join(places)
    article = "" if len(places) > 1 or not place else "the "
    if location.behind:
        place, article = f"behind {article}{place}".rstrip(), ""
    if location.places and any(side in _BESIDE for side in location.places[0].sides):
        place, article = f"{_SIDES[location.places[0].sides[0]]} {article}{place}", ""
    if location.contact is None:
        at = "at " if article else ""
        return f"{at}{article}{place or 'there'}{by}"
    contact = _CONTACTS[location.contact]
    if not place:
        return contact.removesuffix(" to") + by
    return f"{contact} {article}{place}{by}" if article else f"{place}, {contact.removesuffix(' to')}{by}"


def _place(place: Place) -> str:
    """Without an article: ``tip of the thumb``, ``right side of the chin``."""
    name = by_name()[place.name].words if place.name else ""
    digits = " and ".join(DIGIT_NAMES[digit - 1] for digit in place.digits)
    part = by_name()[place.part].words if place.part is not None else ""
    fingers = f"{part} of the {digits}" if part and digits else f"finger {part}" if part else digits
    words = " at the ".join(filter(None, (fingers, name))) or "body"
    words += " (one part of it)" if place.bend is not None else ""
    for side in place.sides:
        if side not in _BESIDE:
            words = f"{_SIDES[side]} of the {words}"
    return words


# -- actions -----------------------------------------------------------------------------------------------------------


def _action(action: Action) -> str:
    how = _how(action.how, circle=isinstance(action, Circle))
    return ", ".join(filter(None, [_what(action), *how]))


def _what(action: Action) -> str:
    if isinstance(action, Straight):
        return f"moves {_direction(action.direction)}"
    if isinstance(action, Circle):
        return f"circles clockwise about the axis {_direction(action.axis, _AXES)}"
    if isinstance(action, Local):
        return by_name()[action.name].words
    if isinstance(action, Still):
        return "mimes freely" if action.mime else "stays still"
    if isinstance(action, Reach):
        return "comes to be " + " and ".join(_where(place) for place in action.locations)
    if isinstance(action, Replace):
        return _replacement(action)
    if isinstance(action, Repeat):
        if isinstance(action.action, Reach):
            return ", ".join(["taps", *(by_name()[kind.value].words for kind in action.kinds)])
        return ", ".join([_action(action.action), *(by_name()[kind.value].words for kind in action.kinds)])
    return _many(action)


def _replacement(action: Replace) -> str:
    words = f"changes to {_hand(action.dominant) or 'another posture'}"
    return f"{words} (the other hand to {_hand(action.nondominant)})" if action.nondominant is not None else words


def _many(action: Together | InOrder) -> str:
    if isinstance(action, InOrder):
        joined = (", flowing into " if action.fused else ", then ").join(_action(inner) for inner in action.actions)
        return f"({joined})" if len(action.actions) > 1 else joined
    first = " while it ".join(_action(inner) for inner in action.dominant) or "stays still"
    if action.nondominant is None:
        return first
    second = " while it ".join(_action(inner) for inner in action.nondominant) or "stays still"
    return f"(dominant hand {first}; other hand {second})"


def _how(how: How, circle: bool) -> Iterable[str]:
    known = by_name()
    if how.size is not None:
        yield known[how.size.value].words
    if how.arc is not None:
        yield known[f"arc{how.arc}"].words + (f" ({known[how.arc_size.value].words} arc)" if how.arc_size else "")
    for name in (how.path, how.ellipse):
        if name is not None:
            yield known[name].words
    if how.growth:
        yield "growing" if how.growth > 0 else "shrinking"
    if how.clocks:
        yield "from " + " to ".join(f"{_CLOCK[clock]} o'clock" for clock in how.clocks)
    if how.full_turns:
        yield f"{how.full_turns} full turn{'s' if how.full_turns > 1 else ''} more"
    yield from (known[manner.value].words for manner in how.manners)
    if how.alternating:
        yield "hands alternating"
    yield from ("brushing" if place == _BRUSHING else f"until {_where(place)}" for place in how.goals)


_BRUSHING = Location(contact=Contact.BRUSHING)
