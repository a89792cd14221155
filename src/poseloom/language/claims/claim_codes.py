"""The posecodes that a claim about the second pose stands for, and where they are measured."""

from __future__ import annotations

from functools import cache

from poseloom.language.claims.claim import Claim
from poseloom.language.description.figure import SIDES
from poseloom.language.instruction.change import BOTH, OPPOSITE, OTHER, OWN
from poseloom.language.posecodes.evaluation import Code, _code_table


@cache
def codes_of(claim: Claim, name: str) -> tuple[Code, ...]:
    """The posecodes of single sides that a claim stands for."""
    made = []
    part2 = claim.place or None
    if claim.side == BOTH and (part2 is None or part2 == claim.part) and name in _MUTUAL:
        return (Code("left", claim.part, _MUTUAL[name], "right", claim.part),)
    for side in SIDES if claim.side == BOTH else (claim.side or None,):
        if part2 == "each other":
            made.append(Code(side, claim.part, name, OPPOSITE.get(side or ""), claim.part))
            continue
        wanted = {OWN: side, OTHER: OPPOSITE.get(side or "")}.get(claim.place_side, claim.place_side)
        made.append(Code(side, claim.part, name, wanted or None, part2))
    return tuple(made)


_MUTUAL = {"together": "close", "close": "close", "shoulder width": "shoulder width"}


@cache
def places_of(rotations: bool) -> dict[Code, tuple[tuple[int, int], ...]]:
    """Where a posecode is measured: rows and categories; super-posecodes follow the elementary ones."""
    elementary, supers = _code_table(rotations)
    made: dict[Code, list[tuple[int, int]]] = {}
    for row, codes in enumerate(elementary):
        for category, code in enumerate(codes):
            turned = Code(code.side2, code.part2 or "", code.interpretation, code.side, code.part)
            for form in {code, turned} if code.part2 and code.interpretation == "close" else {code}:
                made.setdefault(form, []).append((row, category))
    for row, code in enumerate(supers, start=len(elementary)):
        made.setdefault(code, []).append((row, 0))
    return {code: tuple(rows) for code, rows in made.items()}
