"""From "the left hands", "above", "the head" to conditions: sides, targets, and the entries of `conditions.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from poseloom.search.query.conditions import AllOf, Condition, Not, OneOf
from poseloom.search.query.formulas import compiled
from poseloom.search.query.lexicon import meanings

SIDES = ("left", "right")
_OTHER = {"left": "right", "right": "left"}
_MIDDLE = ""
OF_BODY = "body"


@dataclass(frozen=True)
class Noun:
    """A part of the body as it was named.

    Args:
        part: canonical name.
        side: left, right, both, either, one, neither, other, own, or empty where none was named.
        many: whether it stood in the plural.
    """

    part: str
    side: str = ""
    many: bool = False

    @property
    def paired(self) -> bool:
        """Whether there is a left and a right one."""
        return "{s}" in meanings()["points"].get(self.part, "")

    def __str__(self) -> str:
        name = {"backhead": "back of the head", "tophead": "top of the head"}.get(self.part, self.part)
        if self.many:
            name = {"foot": "feet"}.get(name, name + "s")
        return f"{self.side} {name}".strip()


Make = Callable[[str], Condition | None]
"""A condition for one side; None where it has no meaning."""


class Negation(Enum):
    """What a "not" turns around."""

    NONE = "none"
    EACH = "each"
    """What is said of each side: "the hands are not raised"."""
    WHOLE = "whole"
    """The statement as a whole: "no hand raised", "not both hands raised"."""

    def __bool__(self) -> bool:
        return self is not Negation.NONE


def over_sides(noun: Noun, make: Make, negated: Negation) -> Condition | None:
    """The condition on the sides that a noun names."""
    if negated is Negation.WHOLE:
        meant = noun if noun.side else replace(noun, side="either")
        return _negated(over_sides(meant, make, Negation.NONE), negated)
    if not noun.paired:
        return _negated(make(_MIDDLE), negated)
    if noun.side in SIDES:
        return _negated(make(noun.side), negated)
    parts = [_negated(make(side), negated) for side in SIDES]
    left, right = parts
    if left is None or right is None:
        return None
    if noun.side == "neither":
        return AllOf((Not(left), Not(right)))
    if noun.side == "one":
        return OneOf((AllOf((left, Not(right))), AllOf((right, Not(left)))))
    if noun.side == "both" or (noun.side != "either" and noun.many):
        return AllOf((left, right))
    return OneOf((left, right))


def _negated(condition: Condition | None, negated: Negation) -> Condition | None:
    return Not(condition) if negated and condition is not None else condition


def state_of(noun: Noun, state: str, direction: str, negated: Negation) -> Condition | None:
    """``knees``, ``bent``: the condition, or None where the words have no meaning together."""
    tables = meanings()
    part = tables["same_state"].get(noun.part, {}).get(state, noun.part)
    entries: Mapping[str, Any] = tables["states"].get(part, {})
    name = f"{state}.{direction}" if direction else state
    formula = entries.get(name) or entries.get(f"toward.{direction}" if direction else name) or entries.get(state)
    if formula is None:
        return None
    if f"{part}.{state}" in tables["one_thing"] and (noun.many or noun.side not in SIDES):
        return _negated(_compiled(formula, s="left"), negated)
    meant = Noun(part, noun.side, noun.many)
    return over_sides(meant, lambda side: _compiled(formula, s=side), negated)


def relation_of(noun: Noun, relation: str, target: Noun, negated: Negation) -> Condition | None:
    """``left hand``, ``above``, ``head``: the condition, or None where the words have no meaning together."""
    each = noun.side == "both" or (noun.many and noun.side not in SIDES)

    def make(side: str) -> Condition | None:
        sides = _target_sides(noun, target, side, each)
        parts = [_relation(noun.part, relation, target.part, side, other) for other in sides]
        if not parts or any(part is None for part in parts):
            return None
        known = tuple(part for part in parts if part is not None)
        if len(known) == 1:
            return known[0]
        return AllOf(known) if target.side == "both" or (target.many and relation != "at") else OneOf(known)

    return over_sides(noun, make, negated)


def _target_sides(noun: Noun, target: Noun, side: str, each: bool) -> tuple[str, ...]:
    """Which sides of the target are meant, for a subject on `side`."""
    if not target.paired:
        return (_MIDDLE,)
    if target.side in SIDES:
        return (target.side,)
    if side == _MIDDLE:
        return SIDES
    if target.side == "other" or target.part == noun.part:
        return (_OTHER[side],)
    if target.side == "own" or (each and target.side in ("", "both")):
        return (side,)
    if target.side or target.many:
        return SIDES
    return (side,) if noun.side not in SIDES and not target.many else SIDES


def _relation(part: str, relation: str, target: str, side: str, target_side: str) -> Condition | None:
    tables = meanings()
    points: Mapping[str, str] = tables["points"]
    for subject in (part, tables["subject_points"].get(part, part)):
        formula = tables["relations"].get(f"{subject}.{relation}.{target}")
        if formula is not None:
            return _compiled(formula, s=side, t=target_side)
    if part not in points or target not in points:
        return None
    first, second = points[part].format(s=side), points[target].format(s=target_side)
    if first == second:
        return None
    return _compiled(tables["generic_relations"][relation], a=first, b=second)


def posture_of(posture: str, side: str, negated: Negation) -> Condition | None:
    """A posture; `side` is left, right, one, either, both or empty."""
    entries: Mapping[str, Any] = meanings()["postures"]
    sided = f"{posture}_on"
    if side == "both" and f"{posture}_both" in entries:
        return _negated(_compiled(entries[f"{posture}_both"]), negated)
    if side in SIDES and sided in entries:
        return _negated(_compiled(entries[sided], s=side), negated)
    if side in ("one", "either") and sided in entries:
        return _negated(OneOf(tuple(_compiled(entries[sided], s=one) for one in SIDES)), negated)
    return _negated(_compiled(entries[posture]), negated) if posture in entries else None


def posture_on(posture: str, noun: Noun) -> tuple[str, str] | None:
    """What ``standing`` becomes with ``on the left leg``: a posture and its side; None where they do not belong."""
    found = meanings()["posture_at"].get(posture, {}).get(noun.part)
    if found is None:
        return None
    if not found.endswith("_on"):
        return found, ""
    side = noun.side or ("both" if noun.many else "either")
    return found.removesuffix("_on"), side


def _compiled(formula: Mapping[str, Any], **bindings: str) -> Condition:
    return compiled(formula, bindings, meanings()["shared"])
