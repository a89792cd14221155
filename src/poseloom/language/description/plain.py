"""Reads how people speak of poses: "a person kneeling on the left knee with both arms raised" -> claims.

The grammar is modest: parts of the body and what is said of them, in any usual order, with sides, directions, places
and "not". Words without a meaning for poses are handed back. The words are in ``tables/plain_words.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from poseloom.language.description.plain_table import Item, PhraseKind, PlainWords, plain_words
from poseloom.language.description.truth import ANY, BOTH, OTHER, Claim, Together

_SIDES = ("left", "right")
_DIRECTIONS = ("forward", "backward", "up", "down", "sideways", "level", "toleft", "toright")
_AT = "at"
_BENDS = {"straight": 5.0, "slight": 25.0, "moderate": 50.0, "square": 90.0, "sharp": 120.0, "folded": 145.0}
"""Degrees of the classes of a bent elbow or knee, about their middles."""


class Noun(NamedTuple):
    """A part of the body as it was named; the side is empty where there is none."""

    part: str
    side: str = ""
    many: bool = False


class Statement(NamedTuple):
    """What is said of a part of the body.

    Args:
        part: arm, knee, head, person, ...
        side: left, right, both, any; empty for parts in the middle.
        what: a state (``raised``, ``turned.toleft``), a relation (``at``, ``above``) or a posture (``kneel``).
        target: of a relation, with its side.
        denied: whether it is said that it is not so.
        amount: ``slight``, ``far``, ``full``, or degrees.
        claim: what must hold.
        anew: whether the part was named anew: "one arm up, one arm down" are two, "one arm straight and up" is one.
    """

    part: str
    side: str
    what: str
    target: str
    target_side: str
    denied: bool
    amount: str
    claim: Claim | Together
    anew: bool = True


@dataclass
class PlainReading:
    """What a text claims, and the words that were not understood."""

    said: list[Statement] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim | Together]:
        """What must hold."""
        return [one.claim for one in self.said]


def read_plainly(sentence: str) -> PlainReading:
    """The claims of one sentence."""
    reader = _Reader(plain_words())
    reader.read(sentence)
    return reader.out


class _Reader:
    """Walks over the phrases and keeps what is being spoken of."""

    def __init__(self, words: PlainWords) -> None:
        self._words = words
        self.out = PlainReading()
        self._items: list[Item] = []
        self._past_sides: list[int] = []
        self._at = 0
        self._subjects: list[Noun] = []
        self._told = True
        self._waiting: list[str] = []
        self._relation = ""
        self._target: tuple[str, Noun] | None = None
        self._denied = False
        self._crossed = False
        self._amounts_from = 0
        self._anew = True

    def read(self, sentence: str) -> None:
        steps = {
            PhraseKind.SIDE: self._side,
            PhraseKind.PART: self._part,
            PhraseKind.MIDDLE: self._part,
            PhraseKind.STATE: self._state,
            PhraseKind.RELATION: self._related,
            PhraseKind.POSTURE: self._posture,
            PhraseKind.NOT: self._not,
            PhraseKind.JOIN: self._join,
            PhraseKind.UNKNOWN: self._unknown,
        }
        self._items = self._words.items(sentence)
        self._past_sides = _ends_of_runs(self._items, PhraseKind.SIDE)
        while self._at < len(self._items):
            item = self._items[self._at]
            self._at += 1
            steps[item.kind](item)
        if self._target is not None:
            self._unplaced()

    def _unplaced(self) -> None:
        """A relation whose subject never came."""
        assert self._target is not None
        relation, noun = self._target
        self.out.unread.append(f"{relation} {noun.part}")
        self._target = None

    # -- marks -----------------------------------------------------------------------------------------------------

    def _unknown(self, item: Item) -> None:
        self.out.unread.append(item.name)

    def _not(self, item: Item) -> None:
        self._denied = True

    def _join(self, item: Item) -> None:
        self._relation, self._crossed = "", False
        if item.name in ",;:":
            self._denied = False

    def _related(self, item: Item) -> None:
        self._relation = item.name

    # -- nouns -----------------------------------------------------------------------------------------------------

    def _noun(self, place: int) -> tuple[Noun | None, int]:
        """The noun that begins at a place, and where it ends."""
        items, side = self._items, ""
        if place < len(items) and items[place].kind is PhraseKind.SIDE:
            place = self._past_sides[place]
            side = items[place - 1].name
        if place < len(items) and items[place].kind in (PhraseKind.PART, PhraseKind.MIDDLE):
            item = items[place]
            if item.kind is PhraseKind.PART and not side:
                side = BOTH if item.many else ANY
            return Noun(item.name, side, item.many), place + 1
        return None, place

    def _side(self, item: Item) -> None:
        noun, end = self._noun(self._at - 1)
        if noun is not None:
            self._at = end
            self._named(noun)
        elif self._subjects and self._subjects[-1].side and not self._is_spoken_direction(item.name):
            last = self._subjects[-1]
            side = OTHER.get(last.side, ANY) if item.name == "other" else item.name
            self._named(Noun(last.part, side))

    def _is_spoken_direction(self, side: str) -> bool:
        return side in _SIDES and self._told

    def _part(self, item: Item) -> None:
        if self._is_direction(self._at - 1) and self._say_state("backward"):
            return
        side = "" if item.kind is PhraseKind.MIDDLE else BOTH if item.many else ANY
        self._named(Noun(item.name, side, item.many))

    def _is_direction(self, place: int) -> bool:
        """Whether "back" at a place says where something goes: "right leg back", "leaning back"."""
        items = self._items
        if not 0 < place < len(items) or items[place].name != "back" or self._relation:
            return False
        return items[place - 1].kind in (PhraseKind.STATE, PhraseKind.PART)

    def _named(self, noun: Noun) -> None:
        self._anew = self._anew or not self._relation
        if self._relation:
            relation, self._relation = self._relation, ""
            self._say_relation(relation, noun)
            return
        if noun.side == "other":
            last = next((one.side for one in reversed(self._subjects)), "")
            noun = noun._replace(side=OTHER.get(last, ANY))
        if self._target is not None and self._relation_rows(noun, *self._target):
            (relation, target), self._target = self._target, None
            self._subjects = [noun]
            self._say_relation(relation, target)
        elif self._waiting:
            states, self._waiting = self._waiting, []
            self._subjects, self._told = [noun], False
            for state in states:
                self._say_state(state)
        elif self._subjects and not self._told and self._subjects[-1].side and noun.side:
            self._subjects = _with(self._subjects, noun)
        else:
            self._subjects, self._told = [noun], False

    # -- what is said ----------------------------------------------------------------------------------------------

    def _state(self, item: Item) -> None:
        state = item.name
        direction = self._direction_ahead()
        if direction and self._means(f"{state}.{direction}"):
            state = f"{state}.{direction}"
            self._at += 1
        follows, _ = self._noun(self._at)
        own = bool(self._subjects) and not self._told
        if follows is not None and not own and self._words.claims(follows.part, state) is not None:
            self._waiting.append(state)
        elif not self._say_state(state):
            self.out.unread.append(item.words or item.name)

    def _direction_ahead(self) -> str:
        """``forward``, or ``toleft`` of a left that names no part."""
        if self._at >= len(self._items):
            return ""
        item = self._items[self._at]
        if self._is_direction(self._at):
            return "backward"
        if item.kind is PhraseKind.SIDE and item.name in _SIDES and self._noun(self._at)[0] is None:
            return f"to{item.name}"
        return item.name if item.kind is PhraseKind.STATE and item.name in _DIRECTIONS else ""

    def _means(self, state: str) -> bool:
        """Whether a state with its direction means something here."""
        implied = self._words.table["implied"].get(state.partition(".")[0], "")
        parts = [noun.part for noun in self._subjects] or [implied]
        return any(self._words.claims(part, state) is not None for part in (*parts, implied))

    def _say_state(self, state: str) -> bool:
        rows = [(noun, self._words.claims(noun.part, state)) for noun in self._subjects]
        if not rows or any(found is None for _, found in rows):
            part = self._words.table["implied"].get(state.partition(".")[0], "")
            found = self._words.claims(part, state)
            if found is None or any(noun.side for noun in self._subjects if not self._told):
                return False
            rows = [(Noun(part), found)]
        for noun, found in rows:
            self._say(found or [], noun.side, noun.part, state)
        self._told, self._crossed = True, state == "crossed"
        return True

    def _say(self, rows: Sequence[Sequence[str]], side: str, part: str, what: str, target: Noun | None = None) -> None:
        """Claims of which all must hold on the same side."""
        amount = self._amount()
        named = {"{s}": (side,), "{o}": (OTHER.get(side, side),)} if side in _SIDES else {"{s}": _SIDES, "{o}": _SIDES}
        claims = tuple(
            Claim(channel, frozenset(one for name in classes for one in named.get(name, (name,))), side)
            for channel, *classes in rows
        )
        claims = tuple(_by_degrees(claim, amount) for claim in claims)
        claim = (claims[0] if len(claims) == 1 else Together(claims, side))._replace(denied=self._denied)
        at, at_side = (target.part, target.side) if target is not None else ("", "")
        self.out.said.append(Statement(part, side, what, at, at_side, self._denied, amount, claim, self._anew))
        self._denied = self._anew = False

    def _amount(self) -> str:
        """How far, as it was told since the last statement."""
        told = [item.amount for item in self._items[self._amounts_from : self._at] if item.amount]
        self._amounts_from = self._at
        return told[-1] if told else ""

    def _say_relation(self, relation: str, target: Noun) -> None:
        if self._crossed:
            return  # "crossed in front of the chest" says where arms cross
        made = [(noun, *rows) for noun in self._subjects for rows in self._relation_rows(noun, relation, target)]
        for noun, side, rows in made:
            self._say(rows, side, noun.part, relation, target)
        if made:
            self._told = True
            return
        if self._target is not None:
            self._unplaced()
        self._target = relation, target  # of what comes: "touching the floor with both hands"

    def _relation_rows(self, noun: Noun, relation: str, target: Noun) -> list[tuple[str, list[list[str]]]]:
        places = self._words.table["hand_places"]
        key = f"{relation} {target.part}"
        if noun.part in ("foot", "leg") and target.part in ("foot", "leg") and relation in ("front", "behind"):
            return [(noun.side, [["feet.ahead", "{s}" if relation == "front" else "{o}"]])]
        if noun.part not in ("hand", "arm", "forearm"):
            return []
        for group, channel in (("zones", "zone"), ("heights", "hand.height")):
            if key in places[group]:
                return [(noun.side, [[channel, *places[group][key]]])]
        if relation == _AT and target.part in places[_AT]:
            names = places[_AT][target.part]
            sides = _SIDES if noun.side == BOTH and target.side in _SIDES else (noun.side,)
            return [(side, [["contact", *_contacts(names, side, target)]]) for side in sides]
        return []

    # -- postures --------------------------------------------------------------------------------------------------

    def _posture(self, item: Item) -> None:
        table = self._words.table
        classes, side = table["posture_classes"][item.name], ""
        place = self._at
        if place < len(self._items) and self._items[place].kind is PhraseKind.RELATION:
            place += 1
        noun, end = self._noun(place)
        if noun is not None and (place > self._at or noun.part == "onside"):
            sided = table["postures_at"].get(item.name, {}).get(noun.part)
            middle = table["postures_at_middle"].get(item.name, {}).get(noun.part)
            if sided and (noun.side in _SIDES or noun.side == ANY):
                classes, side, self._at = [sided], noun.side, end
            elif sided and noun.side == BOTH:
                classes, self._at = table["postures_of_both"].get(item.name, classes), end
            elif middle and not (noun.part == "side" and not noun.side):
                classes, self._at = middle, end
        if side in _SIDES:
            said = [["posture_sided", *(f"{name} {side}" for name in classes)]]
        else:
            said = [["posture", *classes]]
        self._say(said, "", "person", item.name, noun if side else None)
        self._subjects, self._told, self._relation = [Noun("person")], True, ""


def _by_degrees(claim: Claim, amount: str) -> Claim:
    """A bend of so many degrees: the class of that bend, or a neighbour of it."""
    if not amount.isdigit() or claim.channel not in ("elbow", "knee"):
        return claim
    nearest = min(_BENDS, key=lambda name: abs(_BENDS[name] - float(amount)))
    names = list(_BENDS)
    place = names.index(nearest)
    return claim._replace(classes=frozenset(names[max(0, place - 1) : place + 2]))


def _with(nouns: Sequence[Noun], noun: Noun) -> list[Noun]:
    """One noun more; of one that is named again and again the first and the last say all."""
    again = [place for place, one in enumerate(nouns) if one == noun][1:]
    return [*(one for place, one in enumerate(nouns) if place not in again), noun]


def _ends_of_runs(items: Sequence[Item], kind: PhraseKind) -> list[int]:
    """For each place the next one whose item is not of a kind."""
    ends = [len(items)] * (len(items) + 1)
    for place in reversed(range(len(items))):
        ends[place] = ends[place + 1] if items[place].kind is kind else place
    return ends


def _contacts(names: Sequence[str], side: str, target: Noun) -> list[str]:
    """Classes of places on the side that is meant, seen from the hand of `side`."""
    if target.side in _SIDES and side in _SIDES:
        relations: tuple[str, ...] = ("own",) if target.side == side else ("other",)
    elif target.side == "other":
        relations = ("other",)
    else:
        relations = ("own",) if side == BOTH else ("own", "other")
    return [*names, *(f"{name} {relation}" for name in names for relation in relations)]
