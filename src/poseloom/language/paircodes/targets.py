"""Posecodes of the second pose as targets: which of them may be told, and which concern a part that moves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import torch
from jaxtyping import Int8
from torch import Tensor

from poseloom.language.paircodes.evaluation import Paircodes
from poseloom.language.paircodes.tables import PLURAL
from poseloom.language.posecodes.evaluation import Code, _code_table
from poseloom.language.posecodes.plan import RARE, SILENT, TOLD
from poseloom.language.posecodes.tables import posecode_tables

_SIDES = ("left", "right")
_CHAINS = (
    ("body", "torso", "arm", "shoulder", "upperarm", "elbow", "forearm", "wrist", "hand", "index"),
    ("body", "torso", "leg", "hip", "thigh", "knee", "lowerleg", "shin", "ankle", "foot", "toes"),
)
"""Parts from the middle outwards; a part moves along with those before it (PoseFix)."""
_IN_THE_MIDDLE = ("body", "torso")
_SINGULAR = {"feet": "foot", "toes": "toes"}

Part = tuple[str | None, str]


def target_eligibility(paircodes: Paircodes) -> tuple[Int8[Tensor, "posecodes poses"], Int8[Tensor, "supers poses"]]:
    """Which posecodes of every pose may be told as a target: 0 no, 1 yes, 2 yes and never skipped.

    Only what is absolute counts, such as *straight* or *close*. A super-paircode silences the posecodes that it rests
    on; as that is kept for each pose, all pairs that share the pose are concerned.
    """
    codes = paircodes.posecodes
    plan = codes.plan
    elementary = torch.zeros_like(codes.all_eligibility)
    for row, category, degree in _absolute(codes.rotations):
        elementary[row] += (codes.all_categories[row] == category).to(torch.int8) * degree
    produced = paircodes.super_eligibility_rows > SILENT
    for row, pose, supers in paircodes.plan.pose_demotions:
        pairs = produced[list(supers)].any(0)
        elementary[row, paircodes.pairs[pairs, pose]] = SILENT
    absolute = torch.tensor([[one.absolute] for one in plan.tables.supers], device=elementary.device)
    return elementary, codes.super_eligibility_rows * absolute


def stated_targets(paircodes: Paircodes) -> list[list[tuple[Code, bool]]]:
    """For each pair the posecodes of its second pose that may be told; True for those that are never skipped."""
    elementary, supers = target_eligibility(paircodes)
    second = paircodes.pairs[:, 1]
    eligible = torch.cat([elementary, supers])[:, second].T.cpu().numpy()
    categories = paircodes.posecodes.all_categories[:, second].T.cpu().numpy()
    names, super_names = _code_table(paircodes.posecodes.rotations)
    made: list[list[tuple[Code, bool]]] = [[] for _ in range(len(eligible))]
    found, rows = np.nonzero(eligible)
    degrees = eligible[found, rows].tolist()
    for pair, row, degree in zip(found.tolist(), rows.tolist(), degrees, strict=True):
        is_super = row >= len(names)
        code = super_names[row - len(names)] if is_super else names[row][categories[pair, row]]
        made[pair].append((code, degree == RARE))
    return made


@cache
def _absolute(rotations: bool) -> tuple[tuple[int, int, int], ...]:
    """(row, category, eligibility) of what may be a target."""
    rows = posecode_tables().rows(rotations)
    return tuple(
        (row, kind.categories.index(name), RARE if name in one.rare else TOLD)
        for row, (kind, one) in enumerate(rows)
        for name in one.absolute
    )


# -- parts that move ---------------------------------------------------------------------------------------------


def concerned(changes: Iterable[Code], targets: Iterable[Code]) -> list[Code]:
    """The targets on parts that the changes name, or on parts that move along with those."""
    moved: set[Part] = set()
    for code in changes:
        for part in _parts(code):
            moved |= _carried(part)
    return [code for code in targets if any(part in moved for part in _parts(code))]


def _parts(code: Code) -> list[Part]:
    return [one for side, part in ((code.side, code.part), (code.side2, code.part2)) for one in _single(side, part)]


@cache
def _single(side: str | None, part: str | None) -> tuple[Part, ...]:
    """A plural part as its two sides."""
    if part is None:
        return ()
    if side != PLURAL:
        return ((side, part),)
    one = _SINGULAR.get(part, part.removesuffix("s"))
    return tuple((each, one) for each in _SIDES)


@cache
def _carried(part: Part) -> frozenset[Part]:
    """A part and everything behind it on its chains."""
    side, name = part
    found: set[Part] = {part}
    for chain in _CHAINS:
        if name in chain:
            behind = chain[chain.index(name) + 1 :]
            sides = _SIDES if side is None else (side,)
            found |= {(None if one in _IN_THE_MIDDLE else each, one) for one in behind for each in sides}
    return frozenset(found)
