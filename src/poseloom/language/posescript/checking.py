"""Compares what descriptions say with the geometry of poses: the statements that do not hold, and the unread words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.posecodes.evaluation import Code, Posecodes, _code_table, evaluate
from poseloom.language.posescript.reading import read_posescript
from poseloom.language.posescript.rules import CROSSED, OTHER_SIDE, PLURAL, Rules, opposite_sides, rules_of


@dataclass(frozen=True)
class Finding:
    """Something wrong with the description of one pose."""

    pose: int
    problem: str
    text: str


def findings(
    texts: Sequence[str],
    joints: Float[Tensor, "poses joints 3"],
    rotations: Float[Tensor, "poses rotated 3"] | None = None,
) -> list[Finding]:
    """Everything in descriptions that contradicts the poses, is said twice, or cannot be read; touch is not checked."""
    holds = _Truth(evaluate(joints, rotations), rules_of())
    made = []
    for pose, text in enumerate(texts):
        reading = read_posescript(text)
        problems = [f"unread: {words}" for words in reading.unread]
        problems += [f"false: {code}" for code in reading.codes if not holds(pose, code)]
        twice = {code for code in reading.codes if reading.codes.count(code) > 1}
        problems += [f"said twice: {code}" for code in sorted(twice, key=str)]
        made += [Finding(pose, problem, text) for problem in problems]
    return made


class _Truth:
    """Whether a code holds of a pose."""

    def __init__(self, codes: Posecodes, rules: Rules) -> None:
        self._rules = rules
        self._index = _index(rules, codes.rotations)
        self._elementary = len(codes.all_categories)
        self._categories = torch.cat([codes.all_categories, codes.super_eligibility_rows]).numpy()

    def __call__(self, pose: int, code: Code) -> bool:
        return code.interpretation == "touch" or all(self._one(pose, each) for each in self._sides(code))

    def _one(self, pose: int, code: Code) -> bool:
        """A code of one side; a larger part needs two of its measured parts, and none that says the opposite."""
        parts = self._rules.measured_parts
        if code.part not in parts and (code.part2 or "") not in parts:
            return self._holds(pose, code)
        firsts, seconds = (parts.get(name or "", (name,)) for name in (code.part, code.part2))
        pairs = zip(firsts, seconds, strict=True) if code.part == code.part2 else product(firsts, seconds)
        codes = [code._replace(part=a or "", part2=b) for a, b in pairs]
        said = self._rules.opposites.get(code.interpretation)
        against = said is not None and any(self._holds(pose, one._replace(interpretation=said)) for one in codes)
        return sum(self._holds(pose, one) for one in codes) > 1 and not against

    def _holds(self, pose: int, code: Code) -> bool:
        return any(
            self._categories[row, pose] == category if row < self._elementary else self._categories[row, pose] > 0
            for row, category in self._index.get(code, ())
        )

    def _sides(self, code: Code) -> list[Code]:
        """The codes of single sides that a code of both sides stands for."""
        if code.side != PLURAL:
            return [code]
        part, part2 = code.part, code.part2
        if part2 is None and code.interpretation in self._rules.mutual:
            return [Code("left", part, code.interpretation, "right", part)]
        made = []
        for side in OTHER_SIDE:
            second = {PLURAL: side, CROSSED: OTHER_SIDE[side]}.get(code.side2 or "", code.side2)
            made.append(Code(side, part, code.interpretation, second, part2))
        return made


@cache
def _index(rules: Rules, rotations: bool) -> dict[Code, list[tuple[int, int]]]:
    """Where a code is measured: rows and categories; super-posecodes follow the elementary ones."""
    elementary, supers = _code_table(rotations)
    made: dict[Code, list[tuple[int, int]]] = {}
    for row, codes in enumerate(elementary):
        for category, code in enumerate(codes):
            forms = {code, opposite_sides(code, rules.opposites)} if code.part2 else {code}
            for form in forms:
                made.setdefault(form, []).append((row, category))
    for row, code in enumerate(supers, start=len(elementary)):
        if code.side == PLURAL:
            part = rules.singulars[code.part]
            code = Code("left", part, code.interpretation, "right", part)
        made.setdefault(code, []).append((row, 0))
    return made
