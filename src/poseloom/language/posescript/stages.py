"""From the codes of one pose to those that its description tells: skipping, redundancy, aggregation.

Every stage takes and gives a list of codes in order. The stages are those of PoseScript's released pipeline; where
the original is broken, `faithful` keeps its way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from itertools import combinations
from operator import itemgetter

from poseloom.language.posecodes.evaluation import Code, _code_table
from poseloom.language.posecodes.tables import posecode_tables
from poseloom.language.posescript.draws import Draws
from poseloom.language.posescript.rules import CROSSED, OTHER_SIDE, PLURAL, Relation, Rules, opposite_sides

Said = tuple[str, str | None, str | None]
"""Interpretation, second side, second part."""

CLOSE = "close"


class Statement(tuple):
    """What one clause tells: subjects as (side, part), and what is said of all of them."""

    subjects: tuple[tuple[str | None, str], ...]
    said: tuple[Said, ...]
    __slots__ = ()

    def __new__(cls, subjects: tuple[tuple[str | None, str], ...], said: tuple[Said, ...]) -> Statement:
        return tuple.__new__(cls, (subjects, said))

    @property
    def codes(self) -> list[Code]:
        """The codes that the statement tells."""
        subjects, told = self
        return [Code(side, part, *said) for side, part in subjects for said in told]


def with_contacts(codes: Sequence[Code], touching: Sequence[Code]) -> list[Code]:
    """Codes with contacts behind; a contact replaces the code that says the same parts are close."""
    near = {code._replace(interpretation=CLOSE) for code in touching}
    return list(dict.fromkeys([*(code for code in codes if code not in near), *touching]))


def implied(codes: Sequence[Code], rules: Rules) -> frozenset[Code]:
    """Codes that other ones say already: who kneels on the left knee has it lower than the right one."""
    return frozenset(c for a, b, c in rules.implied if a in codes and (b is None or b in codes))


# -- 1. relations that follow from others ------------------------------------------------------------------------


def transitive(codes: list[Code], rules: Rules) -> list[Code]:
    """Without every relation that follows from two others among three body parts."""
    edges = _triangle_edges(rules)
    able = [code for code in codes if code in edges]
    if len(able) < 3:
        return codes
    removed: set[Code] = set()
    for triple in combinations(able, 3):
        follows = _following(triple, rules)
        if follows is not None:
            removed.add(follows)
    return [code for code in codes if code not in removed] if removed else codes


def _following(triple: tuple[Code, Code, Code], rules: Rules) -> Code | None:
    """That one of three relations which the other two imply."""
    names = {(code.side, code.part) for code in triple} | {(code.side2, code.part2) for code in triple}
    if len(names) != 3:
        return None
    way = triple[0].interpretation
    seen: dict[tuple, Code] = {}
    for code in triple:
        if code.interpretation == way:
            seen[(code.side, code.part), (code.side2, code.part2)] = code
        elif rules.opposites.get(code.interpretation) == way:
            seen[(code.side2, code.part2), (code.side, code.part)] = code
        else:
            return None
    for (low, high), code in seen.items():
        if any(start == low and (end, high) in seen for start, end in seen):
            return code
    return None


@cache
def _triangle_edges(rules: Rules) -> frozenset[Code]:
    """Codes that can be part of a triangle of relations along one axis."""
    by_axis: dict[frozenset[str], set[Code]] = {}
    for (_, one), row in zip(posecode_tables().rows(True), _code_table(True)[0], strict=True):
        for code in row:
            if code.interpretation in one.acceptable and code.interpretation in rules.opposites:
                axis = frozenset([code.interpretation, rules.opposites[code.interpretation]])
                by_axis.setdefault(axis, set()).add(code)
    made: set[Code] = set()
    for told in by_axis.values():
        triples = combinations({_pair(code) for code in told}, 3)
        closed = {pair for triple in triples if len(frozenset().union(*triple)) == 3 for pair in triple}
        made |= {code for code in told if _pair(code) in closed}
    return frozenset(made)


def _pair(code: Code) -> frozenset[tuple[str | None, str | None]]:
    return frozenset([(code.side, code.part), (code.side2, code.part2)])


# -- 2. smaller parts joined to larger ones ----------------------------------------------------------------------


def entities(codes: list[Code], rules: Rules, draws: Draws | None = None) -> list[Code]:
    """Codes of two neighbouring parts made one of the larger part: hand and elbow -> arm. None: always."""
    chance = rules.chances["entity"]
    merged = _merged_in_pairs(codes, itemgetter(0, 2, 3), lambda a, b: _joined(a, b, rules), draws, chance)
    return list(dict.fromkeys(merged))


def _merged_in_pairs(
    codes: list[Code],
    key: Callable[[Code], Hashable],
    merge: Callable[[Code, Code], Code | None],
    draws: Draws | None,
    chance: float,
) -> list[Code]:
    """Codes of equal key, two by two in order, made one where `merge` gives one and the dice agree. None: always."""
    groups: dict[Hashable, list[int]] = {}
    for place, code in enumerate(codes):
        groups.setdefault(key(code), []).append(place)
    if len(groups) == len(codes):
        return codes
    merged: list[Code | None] = list(codes)
    for group in groups.values():
        for first, second in combinations(group, 2):
            a, b = merged[first], merged[second]
            if a is None or b is None:
                continue
            made = merge(a, b)
            if made is not None and (draws is None or draws.chance(chance)):
                merged[first], merged[second] = made, None
    return [code for code in merged if code is not None]


def _joined(a: Code, b: Code, rules: Rules) -> Code | None:
    """The code of the larger parts; None where the two cannot be joined."""
    first = rules.larger.get((a[1], b[1]))
    second = rules.larger.get((a[4] or "", b[4] or ""))
    made = a
    if first and (made.part2 == b.part2 or second):
        made = made._replace(part=first)
    if second and (made.part == b.part or first):
        made = made._replace(part2=second)
    return made if made != a else None


# -- 3. left and right told at once ------------------------------------------------------------------------------


def symmetric(codes: list[Code], rules: Rules, draws: Draws | None = None, faithful: bool = False) -> list[Code]:
    """Codes of the left and of the right side made one of both."""
    both = _both_blindly if faithful else of_both
    chance = rules.chances["symmetry"]
    return _merged_in_pairs(codes, itemgetter(1, 2, 4), lambda a, b: both(a, b, rules), draws, chance)


def _both_blindly(a: Code, b: Code, rules: Rules) -> Code | None:
    """As the original does it: the first sides may be the same."""
    if (a.part, a.part2) != (b.part, b.part2):
        return None
    second = (a.side2, a.part2)
    if a.side2 != b.side2 and a.part2:
        second = (PLURAL, rules.plural(a.part2))
    return Code(PLURAL, rules.plural(a.part), a.interpretation, *second)


def of_both(a: Code, b: Code, rules: Rules) -> Code | None:
    """Only a left and a right side make both; the second sides must agree, mirror, or be the opposite ones."""
    if a.side not in OTHER_SIDE or b.side != OTHER_SIDE[a.side]:
        return None
    plural = a._replace(side=PLURAL, part=rules.plural(a.part))
    if a.side2 == b.side2:
        return plural
    if a.part2 is None or OTHER_SIDE.get(a.side2 or "") != b.side2:
        return None
    return plural._replace(side2=PLURAL if a.side2 == a.side else CROSSED, part2=rules.plural(a.part2))


# -- 4. what nearly always goes together -------------------------------------------------------------------------


def statistical(codes: list[Code], before: Sequence[Code], rules: Rules, faithful: bool = False) -> list[Code]:
    """Without what `before` (the codes before any aggregation) makes nearly certain.

    A code that was removed as implied no longer implies anything itself, so that of two codes that imply each other
    one is told; `faithful` removes both.
    """
    known = set(before)
    if faithful:
        removed = {c for a, b, c in _relations(known, rules) if a in known and (b is None or b in known)}
    else:
        removed = set()
        for a, b, c in _relations(known, rules):
            if a not in removed and (b is None or b not in removed):
                removed.add(c)
    return [code for code in codes if code not in removed] if removed else codes


def _relations(known: set[Code], rules: Rules) -> list[Relation]:
    """The relations whose conditions are among the codes, in the order of the rules."""
    by_first = _by_first(rules)
    found = [
        row for code in known if code in by_first for row in by_first[code] if row[1][1] is None or row[1][1] in known
    ]
    return [relation for _, relation in sorted(found, key=lambda row: row[0])]


@cache
def _by_first(rules: Rules) -> dict[Code, list[tuple[int, Relation]]]:
    made: dict[Code, list[tuple[int, Relation]]] = {}
    for number, relation in enumerate(rules.statistical):
        made.setdefault(relation[0], []).append((number, relation))
    return made


# -- 5. which of two sides is the subject ------------------------------------------------------------------------


def swapped(codes: list[Code], rules: Rules, draws: Draws) -> list[Code]:
    """Left hand above right hand, or right hand below left hand, or (for distances) both hands apart."""
    made = []
    for code in codes:
        side, part, said, side2, part2 = code
        if part == part2 and side != side2:
            if draws.chance(rules.chances["swap"]):
                code = opposite_sides(code, rules.opposites)
            if said in rules.mutual and draws.chance(rules.chances["plural"]):
                code = Code(PLURAL, rules.plural(part), said, None, None)
        made.append(code)
    return list(dict.fromkeys(made))


# -- 6. what can be said in one clause ---------------------------------------------------------------------------


def grouped(codes: list[Code], rules: Rules, draws: Draws, faithful: bool = False) -> list[Statement]:
    """Codes that share what is said, or whom it is said of, as one statement; the rest one by one.

    "The feet and the hands are close together" does not tell who is close to whom; only `faithful` says that.
    """
    keyed: dict[tuple, list[Code]] = {}
    for code in codes:
        if faithful or code[0] != PLURAL or code[4] or code[2] not in rules.mutual:
            keyed.setdefault(code[2:], []).append(code)
        keyed.setdefault(code[:2], []).append(code)
    groups = [(len(key) == 2, group) for key, group in keyed.items() if len(group) > 1]
    free = dict.fromkeys(codes)
    made = []
    for same_subject, group in draws.shuffled(groups):
        members = draws.shuffled([code for code in group if code in free])
        if len(members) < 2 or not draws.chance(rules.chances["group"]):
            continue
        for code in members:
            del free[code]
        made.append(_statement(members, same_subject))
    return made + single(list(free))


def _statement(members: list[Code], same_subject: bool) -> Statement:
    if same_subject:
        return Statement((members[0][:2],), tuple(code[2:] for code in members))
    return Statement(tuple(code[:2] for code in members), (members[0][2:],))


def single(codes: Sequence[Code]) -> list[Statement]:
    """Every code as a statement of its own."""
    return [Statement((code[:2],), (code[2:],)) for code in codes]
