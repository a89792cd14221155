"""The rules of descriptions, read from ``tables/posescript_rules.json`` and checked against the posecodes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError, closest
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posecodes.tables import posecode_tables
from poseloom.language.tables import TABLES

PLURAL = "<plural>"
"""Marker in the place of a side: both sides; as second side: each one on its own side."""
CROSSED = "<crossed>"
"""Marker in the place of a second side: each one's opposite side. Only the mended symmetry aggregation makes it."""
OTHER_SIDE = {"left": "right", "right": "left"}
_CHANCES = ("skip", "entity", "symmetry", "group", "swap", "plural")
_WHOLE_BODY = re.compile(r"left|right")
"""Sides within statements on the body and the head."""
_IRREGULAR = {"foot": "feet", "toes": "toes"}

Relation = tuple[Code, Code | None, Code]
"""Where the first code and the second one hold, the third need not be told."""


@dataclass(frozen=True, eq=False)
class Rules:
    """Everything that turns a list of codes into the list that a description tells."""

    path: Path
    chances: dict[str, float]
    opposites: dict[str, str]
    mutual: frozenset[str]
    """Interpretations that hold of two parts alike: distances and touch."""
    larger: dict[tuple[str, str], str]
    """The part made of two parts, in either order."""
    measured_parts: dict[str, tuple[str, ...]]
    """The parts that a larger one may stand for."""
    understood: frozenset[tuple[str, str, str]]
    """(part, interpretation, second part) whose second part goes without saying; no part: different ones at once."""
    needs_facing: frozenset[str]
    """Interpretations that mean something only of a person who faces +z."""
    order: dict[str, tuple[str, ...]]
    """Body parts from the whole to the smallest."""
    statistical: tuple[Relation, ...]
    implied: tuple[Relation, ...]
    """What the first code says already; the original tells it on one of the two sides."""
    versions: dict[str, dict[str, bool]]

    def plural(self, part: str) -> str:
        """``foot`` -> ``feet``."""
        return _IRREGULAR.get(part) or f"{part}s"

    @property
    def singulars(self) -> dict[str, str]:
        """``feet`` -> ``foot``, for every part of a side."""
        return {self.plural(name): name for name in self.sided_parts}

    @property
    def sided_parts(self) -> tuple[str, ...]:
        """Parts that exist on both sides, and not in the middle too as the torso does."""
        every = list(dict.fromkeys(part for parts in self.order.values() for part in parts))
        names = (part.partition("_") for part in every)
        return tuple(dict.fromkeys(part for side, _, part in names if side in OTHER_SIDE and part not in every))


def opposite_sides(code: Code, opposites: dict[str, str]) -> Code:
    """The code with its two parts exchanged and the interpretation inverted: it says the same."""
    said = opposites.get(code.interpretation, code.interpretation)
    return Code(code.side2, code.part2 or code.part, said, code.side, code.part)


def mirrored(code: Code, opposites: dict[str, str]) -> Code:
    """The code with left and right exchanged, written with the same slots; left with right of one part is inverted."""
    if code.part == code.part2 and code.side != code.side2:
        return code._replace(interpretation=opposites.get(code.interpretation, code.interpretation))
    side, side2 = (OTHER_SIDE.get(name or "", name) for name in (code.side, code.side2))
    said = _WHOLE_BODY.sub(lambda found: OTHER_SIDE[found[0]], code.interpretation) if side is None else None
    return code._replace(side=side, interpretation=said or code.interpretation, side2=side2)


@cache
def even_rules() -> Rules:
    """Rules for a pose that is its own mirror image: what is the same of both sides is always told of both."""
    rules = rules_of()
    return replace(rules, chances=rules.chances | {"entity": 1, "symmetry": 1, "plural": 1})


@cache
def rules_of(path: Path = TABLES / "posescript_rules.json") -> Rules:
    """The rules of a file, checked.

    Raises:
        FileError: an entry is missing or names an unknown interpretation; names the file and the entry.
    """
    table = read_table(path)
    chances = entry(path, table, "probabilities", dict)
    for name in _CHANCES:
        value = entry(path, chances, name, int | float, "probabilities")
        if not 0 <= value <= 1:
            raise FileError(path, f"expected a probability from 0 to 1, got {value}", field=f"probabilities.{name}")
    opposites = {a: b for pair in entry(path, table, "opposites", list) for a, b in (pair, reversed(pair))}
    larger = {
        (a, b): whole
        for whole, pairs in entry(path, table, "larger_parts", dict).items()
        for pair in pairs
        for a, b in (pair, reversed(pair))
    }
    order = {name: tuple(parts) for name, parts in entry(path, table, "order", dict).items()}
    return Rules(
        path,
        chances,
        opposites,
        frozenset(_names(path, table, "mutual")),
        larger,
        {name: tuple(parts) for name, parts in entry(path, table, "measured_parts", dict).items()},
        _understood(path, table, order),
        frozenset(_names(path, table, "needs_facing")),
        order,
        _relations(path, "statistical", entry(path, table, "statistical", list), opposites),
        _relations(path, "implied", entry(path, table, "implied", list), opposites),
        entry(path, table, "versions", dict),
    )


def _names(path: Path, table: dict[str, Any], name: str) -> list[str]:
    """A list of interpretations."""
    for said in entry(path, table, name, list):
        _known(path, said, name)
    return list(table[name])


def _known(path: Path, said: str, where: str) -> str:
    known = posecode_tables().interpretations
    if said not in known:
        raise FileError(path, f"unknown interpretation {said!r}{closest(said, known)}", field=where)
    return said


def _understood(path: Path, table: dict[str, Any], order: dict[str, tuple[str, ...]]) -> frozenset:
    every = {part.rpartition("_")[2] for parts in order.values() for part in parts}
    made = set()
    for number, row in enumerate(entry(path, table, "understood", list)):
        where = f"understood[{number}]"
        for said in entry(path, row, "said", list, where):
            _known(path, said, where)
            second = entry(path, row, "second", str, where)
            made |= {(part, said, second) for part in entry(path, row, "of", list, where) or (*every, "")}
    return frozenset(made)


def _relations(path: Path, name: str, rows: list[Any], opposites: dict[str, str]) -> tuple[Relation, ...]:
    made: list[Relation] = []
    for number, row in enumerate(rows):
        where = f"{name}[{number}]"
        if not isinstance(row, list) or len(row) != 3 or not isinstance(row[2], list):
            raise FileError(path, "expected [code, code or null, list of codes]", field=where)
        first, second = _code(path, row[0], where), _code(path, row[1], where) if row[1] else None
        made += [(first, second, _code(path, one, where)) for one in row[2]]
    other = [
        (mirrored(a, opposites), mirrored(b, opposites) if b else None, mirrored(c, opposites)) for a, b, c in made
    ]
    return tuple(made + other)


def _code(path: Path, text: str, where: str) -> Code:
    """``left hand | above | neck`` as a code."""
    parts = [part.strip() for part in text.split("|")] if isinstance(text, str) else []
    if len(parts) not in (2, 3):
        raise FileError(path, f"expected 'part | interpretation | part', got {text!r}", field=where)
    side, part = _split(parts[0])
    side2, part2 = _split(parts[2]) if len(parts) == 3 else (None, None)
    return Code(side, part, _known(path, parts[1], where), side2, part2)


def _split(name: str) -> tuple[str | None, str]:
    side, _, part = name.rpartition(" ")
    return side or None, part
