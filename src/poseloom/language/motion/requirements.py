"""Sentences on exercises, read: "both knees bent past 90 degrees" -> what must be measured, how much, and when.

`read_requirement` is the only way in. What the table ``requirements.json`` does not know is read as descriptions are
(`stated_claims`), frame by frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from math import inf
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.language.description.agreement import Options, claims_of
from poseloom.language.tables import TABLES

_FILE = TABLES / "requirements.json"
_SIDE = r"(?:(?P<side>left|right|both|either|one)(?: of)?(?: the| your)? )?"
_NUMBER = r"(?P<number>\d+(?:[.,]\d+)?)"
_UNITS = r"(?P<unit>degrees?|deg|°|centimet(?:er|re)s?|cm|met(?:er|re)s?|m|seconds?|sec|s)?"
_COUNTED = r"deg|seconds?\b|cm\b|cent|met"
_DENIED = re.compile(r"\b(?:never|not|don't|do not|without)\b")
_CENTI = 0.01
_INTERIOR = re.compile(r"\bangles?\b")
_HALF_TURN = 180.0
_BENT = frozenset(["knee", "elbow", "hip"])


class When(str, Enum):
    """When something must be true."""

    MOMENT = "at some moment"
    THROUGHOUT = "throughout"
    PEAK = "at the peak"


@dataclass(frozen=True)
class Need:
    """A signal within bounds.

    Args:
        signal: of `signals.Signals`, or ``duration``.
        sides: ``left``, ``right``, ``both``, ``either``; empty for signals in the middle.
        least, most: bounds; infinite where there is none.
        unit: ``degrees``, ``metres``, ``seconds``.
        counted: whether the bounds were given as a number.
    """

    signal: str
    sides: str
    least: float
    most: float
    unit: str
    counted: bool = False


@dataclass(frozen=True)
class Clause:
    """Needs that hold at the same moment, or facts of descriptions."""

    when: When
    needs: tuple[Need, ...] = ()
    facts: tuple[Options, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """A sentence and what it asks for."""

    text: str
    clauses: tuple[Clause, ...]
    unread: tuple[str, ...]


def read_requirement(text: str) -> Requirement:
    """What a sentence asks of a motion; words without a meaning are handed back."""
    left = f" {_clean(text)} "
    when, left = _when(left)
    clauses: list[Clause] = []
    for read in (_measured, _state):
        found: Clause | None = None
        while True:
            found, left = read(left)
            if found is None:
                break
            clauses.append(found if when is None else replace(found, when=when))
    rest = [word for word in re.findall(r"[\w'-]+", left) if word not in _table()["fillers"]]
    if rest:
        facts, unread = stated_claims(text if not clauses else " ".join(rest))
        if facts:
            clauses.append(Clause(when or When.MOMENT, facts=facts))
            rest = list(unread)
    return Requirement(text, tuple(clauses), tuple(dict.fromkeys(rest)))


def stated_claims(text: str) -> tuple[tuple[Options, ...], tuple[str, ...]]:
    """What a text says of a single pose, and the words without a meaning."""
    claims = claims_of(text)
    return claims.statements, claims.unread


@cache
def _table() -> dict[str, Any]:
    table = read_table(_FILE)
    for name, kind in (("measures", list), ("states", list), ("relations", dict), ("when", dict), ("numbers", dict)):
        entry(_FILE, table, name, kind)
    return table | {"fillers": frozenset(entry(_FILE, table, "fillers", list))}


def say_table() -> tuple[dict[str, str], dict[str, str]]:
    """How findings are worded by signal, and what the parts are called."""
    return _table()["say"], _table()["parts"]


def _clean(text: str) -> str:
    """Small letters, numbers as digits, no full stop."""
    words = re.sub(r"[.;!]+\s*$", "", text.strip().lower())
    words = re.sub(r"\ba? ?right angles?\b", "90 degrees", words)
    for name, value in _table()["numbers"].items():
        words = re.sub(rf"\b{name}\b(?= (?:{_COUNTED}))", str(value), words)
    return re.sub(r"\s+", " ", words)


def _when(text: str) -> tuple[When | None, str]:
    """When it must hold, where that is said, and the rest."""
    found = None
    for name, words in _table()["when"].items():
        match = re.search(rf"\b(?:{words})\b", text)
        if match is not None and (found is None or name == "peak"):
            found = When[name.upper()]
        if match is not None and match.group() not in ("stay", "stays", "kept", "keep", "never"):
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return found, text


@cache
def _measure_patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    relations = _table()["relations"]
    relation = "|".join(f"(?P<{name}>{words})" for name, words in relations.items())
    made = []
    for row in _table()["measures"]:
        words = _one_side(row["words"])
        full = rf"\b(?:{words})(?: angles?)? ?(?:is |are )?(?:by |to |at )?(?P<deny>not |never )?(?:{relation})? ?"
        full += rf"(?:the |an? )?(?:angle of )?{_NUMBER} ?{_UNITS}(?P<more> or more| at least)?(?!\w)"
        made.append((re.compile(full), row))
    return made


@cache
def _state_patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [(re.compile(rf"\b(?:{_one_side(row['words'])})(?![\w])"), row) for row in _table()["states"]]


def _one_side(words: str) -> str:
    """The pattern with a group for the side in every alternative; names of groups must differ."""
    made, count = words, 0
    while "{side}" in made:
        made = made.replace("{side}", _SIDE.replace("side>", f"side{count}>"), 1)
        count += 1
    return made


def _side_in(match: re.Match[str]) -> str:
    named = [value for name, value in match.groupdict().items() if name.startswith("side") and value]
    return {"one": "either"}.get(named[0], named[0]) if named else "both"


def _measured(text: str) -> tuple[Clause | None, str]:
    """A part with a relation and a number."""
    for pattern, row in _measure_patterns():
        match = pattern.search(text)
        if match is None:
            continue
        unit = row["unit"]
        value = float(match["number"].replace(",", "."))
        if unit == "metres" and (match["unit"] or "").startswith(("cm", "cent")):
            value *= _CENTI
        least, most = _bounds(match, value, unit)
        if row["signal"] in _BENT and _INTERIOR.search(match.group()):
            least, most = _HALF_TURN - most, _HALF_TURN - least
        sided = row["signal"] in _BENT | {"arm"}
        when = When[row["when"].upper()]
        if least == -inf and row["when"] == "moment":
            when = When.THROUGHOUT  # "less than" is asked of all the time
        need = Need(row["signal"], _side_in(match) if sided else "", least, most, unit, counted=True)
        return Clause(when, (need,)), f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _bounds(match: re.Match[str], value: float, unit: str) -> tuple[float, float]:
    denied = bool(match["deny"] or _DENIED.search(match.string[: match.start()]))
    if match["least"] or match["more"]:
        return (-inf, value) if denied else (value, inf)
    if match["most"]:
        return (value, inf) if denied else (-inf, value)
    margin = float(_table()["about_margin"][unit])
    return value - margin, value + margin


def _state(text: str) -> tuple[Clause | None, str]:
    """A sentence without a number."""
    for pattern, row in _state_patterns():
        match = pattern.search(text)
        if match is None:
            continue
        needs = []
        for signal, sides, least, most in row["needs"]:
            unit = "metres" if signal in _METRES else "degrees"
            bounds = (-inf if least is None else float(least)), (inf if most is None else float(most))
            needs.append(Need(signal, _side_in(match) if sides == "each" else "", *bounds, unit))
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        return Clause(When[row["when"].upper()], tuple(needs)), rest
    return None, text


_METRES = frozenset(["heel", "foot", "rise", "feet_apart", "knee_ahead", "knees_in", "over_knee", "reach"])
