"""From codes to statements: parts of a limb, both sides and things said of one part are told together.

`sides_joined` mends the original's rule and does not know left from right: the statements of a mirrored pair are the
mirrored statements. `original` follows PoseFix step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from poseloom.base.streams import mix_numbers
from poseloom.language.description.phrases import Dice
from poseloom.language.paircodes.tables import PLURAL, paircode_tables
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix.statement import SIDES, Part, Statement, both_sides, plural, said_of

LIKELY = 0.95
"""Probability of each aggregation in the original."""
EVEN = 0.5
_LARGER = {
    frozenset(pair): whole
    for whole, pairs in {
        "arm": (("wrist", "elbow"), ("hand", "elbow"), ("forearm", "upperarm")),
        "leg": (("ankle", "knee"), ("foot", "knee"), ("shin", "thigh"), ("lowerleg", "thigh")),
        "back": (("upperback", "lowerback"),),
        "torso": (("belly", "chest"),),
        "hand": (("index", "wrist"),),
        "foot": (("toes", "ankle"),),
    }.items()
    for pair in pairs
}
"""Two parts that are told as a larger one."""
_DISTANCES = ("close", "shoulder width", "spread", "wide")
_RESOLUTION = 1 << 24

Chance = Callable[[float], bool]
Item = TypeVar("Item")


class InstructionDraws(Dice):
    """Choices for one instruction; see `Dice`."""

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.below(_RESOLUTION) < probability * _RESOLUTION

    def chance_of(self, key: int, probability: float) -> bool:
        """As `chance`, but the same for the same key, whatever was drawn before."""
        return mix_numbers(self._state, key) % _RESOLUTION < probability * _RESOLUTION

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        self._draws += 1
        return mix_numbers(self._state, self._draws) % count

    def shuffled(self, items: list[Item]) -> list[Item]:
        """The items in a drawn order."""
        keyed = [(self.below(_RESOLUTION), place) for place in range(len(items))]
        return [items[place] for _, place in sorted(keyed)]


def always(probability: float) -> bool:
    """For deterministic aggregation."""
    return True


# -- parts of a limb ---------------------------------------------------------------------------------------------


def entities(codes: list[Code], chance: Chance = always) -> list[Code]:
    """Codes of two parts of a limb as one code of the limb, where they say the same or differ in degree alone.

    Of two degrees the larger is told. Duplicates are removed, the order is kept.
    """
    left: list[Code | None] = list(codes)
    for place in range(len(left)):
        for later in range(place + 1, len(left)):
            first, second = left[place], left[later]
            if first is None:
                break
            if second is None or first.side != second.side or first.side2 != second.side2:
                continue
            name = shared_degree(first.interpretation, second.interpretation)
            if name is None or not chance(LIKELY):
                continue
            joined = _as_entity(first, second, name)
            if joined is not None:
                left[place], left[later] = joined, None
    return list(dict.fromkeys(code for code in left if code is not None))


@lru_cache
def shared_degree(first: str, second: str) -> str | None:
    """The name for two differences of one kind and direction, that of the larger degree; None if they disagree."""
    if first == second:
        return first
    tables = paircode_tables()
    kind = tables.kind_of(first)
    if kind is None or tables.kind_of(second) is not kind:
        return None
    names = [name.removeprefix(tables.prefix) for name in (first, second)]
    if kind.direction(names[0]) != kind.direction(names[1]):
        return None
    return first if kind.magnitude(names[0]) > kind.magnitude(names[1]) else second


def _as_entity(first: Code, second: Code, name: str) -> Code | None:
    whole, whole2 = _whole(first.part, second.part), _whole(first.part2, second.part2)
    part, part2 = first.part, first.part2
    if whole and (first.part2 == second.part2 or whole2):
        part = whole
    if whole2 and (part == second.part or whole):
        part2 = whole2
    if (part, part2) == (first.part, first.part2):
        return None
    return Code(first.side, part, name, first.side2, part2)


def _whole(first: str | None, second: str | None) -> str | None:
    return _LARGER.get(frozenset((first, second))) if first and second else None


# -- ours --------------------------------------------------------------------------------------------------------


def sides_joined(codes: list[Code]) -> list[Code]:
    """Codes of which those that say the same of both sides are one."""
    left: list[Code | None] = list(codes)
    for place, first in enumerate(left):
        if first is None or first.side not in SIDES:
            continue
        for later in range(place + 1, len(left)):
            second = left[later]
            if second is None or second.side == first.side:
                continue
            pair = (first, second) if first.side == SIDES[0] else (second, first)
            both = both_sides(*pair)
            if both is not None:
                left[place], left[later] = both, None
                break
    return [_of_both_parts(code) for code in left if code is not None]


@lru_cache(maxsize=4096)
def _of_both_parts(code: Code) -> Code:
    """``left hand close to right hand`` -> ``hands close together``."""
    if code.part2 != code.part or {code.side, code.side2} != set(SIDES):
        return code
    return Code(PLURAL, plural(code.part), code.interpretation, None, None)


def single(codes: list[Code]) -> list[Statement]:
    """One statement for each code."""
    return [Statement(((code.side, code.part),), (said_of(code),)) for code in codes]


def grouped(codes: list[Code]) -> list[Statement]:
    """One statement for each part, with all that is said of it."""
    groups: dict[Part, list[Code]] = {}
    for code in codes:
        groups.setdefault((code.side, code.part), []).append(code)
    return [Statement((part,), tuple(said_of(code) for code in own)) for part, own in groups.items()]


# -- the original's ----------------------------------------------------------------------------------------------


def original(codes: list[Code], simplified: bool, draws: InstructionDraws) -> list[Statement]:
    """Aggregation as PoseFix has it, with its probabilities."""
    if not simplified:
        codes = entities(codes, draws.chance)
        codes = _symmetric(codes, draws)
    codes = [_swapped(code, draws) for code in codes]
    return single(codes) if simplified else _chosen_groups(codes, draws)


def _symmetric(codes: list[Code], draws: InstructionDraws) -> list[Code]:
    """Side-blind, as released: codes of one and the same side are made plural too."""
    left: list[Code | None] = list(codes)
    for place in range(len(left)):
        for later in range(place + 1, len(left)):
            first, second = left[place], left[later]
            if first is None:
                break
            if second is None or (first.part, first.interpretation, first.part2) != (
                second.part,
                second.interpretation,
                second.part2,
            ):
                continue
            if draws.chance(LIKELY):
                side2, part2 = first.side2, first.part2
                if first.side2 != second.side2 and part2 is not None:
                    side2, part2 = PLURAL, plural(part2)
                left[place] = Code(PLURAL, plural(first.part), first.interpretation, side2, part2)
                left[later] = None
    return [code for code in left if code is not None]


def _swapped(code: Code, draws: InstructionDraws) -> Code:
    """Exchanges the slots of codes on both sides of one part, and tells distances of both at once, half of the time."""
    if code.part2 != code.part or code.side == code.side2:
        return code
    name = code.interpretation.removeprefix(paircode_tables().prefix)
    if draws.chance(EVEN):
        code = Code(code.side2, code.part, code.interpretation, code.side, code.part2)
    if (name in (*_DISTANCES, "touch") or _is_distance(code)) and draws.chance(EVEN):
        return Code(PLURAL, plural(code.part), code.interpretation, None, None)
    return code


@lru_cache(maxsize=4096)
def _is_distance(code: Code) -> bool:
    kind = paircode_tables().kind_of(code.interpretation)
    return kind is not None and kind.measure == "distance"


def _chosen_groups(codes: list[Code], draws: InstructionDraws) -> list[Statement]:
    """Codes that share what is said, or the part, grouped at random; distances and touches stay alone, in front."""
    alone = [code for code in codes if _is_distance(code) or code.interpretation == f"{paircode_tables().prefix}touch"]
    free = [code for code in codes if code not in alone]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, code in enumerate(free):
        groups.setdefault(("said", code.interpretation, code.side2, code.part2), []).append(place)
        groups.setdefault(("part", code.side, code.part), []).append(place)
    taken: set[int] = set()
    made: list[Statement] = []
    for key, places in draws.shuffled([item for item in groups.items() if len(item[1]) > 1]):
        own = draws.shuffled([place for place in places if place not in taken])
        if len(own) < 2 or not draws.chance(LIKELY):
            continue
        taken.update(own)
        members = [free[place] for place in own]
        if key[0] == "said":
            subjects = tuple((code.side, code.part) for code in members)
            made.append(Statement(subjects, (said_of(members[0]),)))
        else:
            made.append(Statement(((members[0].side, members[0].part),), tuple(map(said_of, members))))
    return [*single(alone), *made, *single([code for place, code in enumerate(free) if place not in taken])]
