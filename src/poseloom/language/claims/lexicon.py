"""Every wording of instructions as a pattern of words, and what each claims: what the reader knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.language.claims.claim import Claim, Measure, Source
from poseloom.language.description.limbs import ZONES
from poseloom.language.description.phrases import finite, participle, phrases_of
from poseloom.language.instruction.change import BEND, HEAD, LEAN, SHIFT, TWIST
from poseloom.language.instruction.changes import TURN
from poseloom.language.instruction.imperatives import entry_of, instructions_of
from poseloom.language.instruction.legs import FOOT_LIFT, STEP
from poseloom.language.instruction.limb_moves import RISE
from poseloom.language.paircodes.rotation import FULL_TURN, turn_table
from poseloom.language.paircodes.tables import paircode_tables
from poseloom.language.posefix.wording import words_of
from poseloom.language.tables import TABLES

READING = TABLES / "instruction_reading.json"
PART, PLACE, SIDE, OTHER_SIDE, NUMBER = "<part>", "<place>", "<side>", "<other>", "<number>"
_TOKEN = re.compile(r"<\w+>|[\w-]+")
_VERB = re.compile(r"\[(\w+)\]")
OTHER_WAY = "other side"
"""The way that leads back from a named side."""


@dataclass(frozen=True)
class Pattern:
    """Words with slots, and what they claim of the part in the slot, or of the subject before."""

    words: tuple[str, ...]
    claim: Claim | None
    """Of nobody yet; None for words that only say that something moves."""
    alone: bool = True
    """False: only after a clause that says what moves."""
    nouns: tuple[str, ...] = ()
    """The parts that it can be said of; empty: any."""


@dataclass(frozen=True)
class InstructionLexicon:
    """What the reader knows."""

    patterns: dict[str, tuple[Pattern, ...]]
    """By first word; longer patterns first."""
    nouns: dict[tuple[str, ...], tuple[str, bool]]
    """Words of a part: its name, and whether they mean both sides."""
    fillers: frozenset[str]
    degrees: frozenset[str]
    synonyms: dict[str, str]


@cache
def lexicon_of(source: Source | None = None) -> InstructionLexicon:
    """The words of one kind of instruction, or of both.

    Raises:
        FileError: a table is broken.
    """
    table = read_table(READING)
    found: dict[Pattern, None] = {}
    if source in (None, Source.OURS):
        found |= dict.fromkeys(_ours(entry(READING, table, "ours", dict)))
    if source in (None, Source.PAIRCODES):
        found |= dict.fromkeys(_paircodes(entry(READING, table, "paircodes", dict)))
    by_word: dict[str, list[Pattern]] = {}
    for pattern in found:
        by_word.setdefault(pattern.words[0], []).append(pattern)
    fillers, degrees = (frozenset(entry(READING, table, name, list)) for name in ("fillers", "degrees"))
    return InstructionLexicon(
        {word: tuple(rows) for word, rows in by_word.items()}, _nouns(), fillers, degrees, _synonyms()
    )


@cache
def _nouns() -> dict[tuple[str, ...], tuple[str, bool]]:
    made: dict[tuple[str, ...], tuple[str, bool]] = {}
    tables = (phrases_of().nouns, words_of().nouns)
    for name, (one, many) in (item for table in tables for item in table.items()):
        own = _plain(name)
        made[tuple(many.split())] = (own, True)
        made[tuple(one.split())] = (own, False)
    return made


def _plain(noun: str) -> str:
    """The name that both files have for a part."""
    return {"upper_arm": "upperarm"}.get(noun, noun)


# -- wordings to words -------------------------------------------------------------------------------------------


@cache
def _synonyms() -> dict[str, str]:
    found: dict[str, str] = entry(READING, read_table(READING), "synonyms", dict)
    return found


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_synonyms().get(word, word) for word in _TOKEN.findall(text.lower()))


def _slotted(text: str) -> str:
    for slot, name in (("limb", PART), ("it", PART), ("place", PLACE), ("degrees", NUMBER)):
        text = text.replace(f"{{{slot}}}", name)
    return text.replace("{side}", SIDE).replace("{other}", OTHER_SIDE)


def _forms(text: str) -> Iterator[str]:
    """A wording in every form that a sentence may need."""
    yield _VERB.sub(lambda verb: verb[1], text)
    yield participle(text)
    yield finite(text, plural=False)
    yield finite(text, plural=True)


def _patterns(texts: Iterator[str] | list[str], claim: Claim | None, **more: Any) -> Iterator[Pattern]:
    for text in texts:
        for form in dict.fromkeys(_forms(_slotted(text))):
            words = _tokens(form)
            if words:
                yield Pattern(words, claim, **more)


# -- ours --------------------------------------------------------------------------------------------------------

_OWN_MEASURES: dict[str, tuple[Measure, tuple[float, ...]]] = {
    "lean": (Measure.LEAN, LEAN),
    "twist": (Measure.TWIST, TWIST),
    "head": (Measure.HEAD, HEAD),
    "shift": (Measure.SHIFT, SHIFT),
    "go": (Measure.SHIFT, (RISE,)),
    "bend": (Measure.BEND, BEND),
    "unbend": (Measure.BEND, BEND),
    "straighten": (Measure.STRAIGHT, BEND[:1]),
    "turn": (Measure.TURN, (TURN,)),
    "step": (Measure.STEP, (STEP,)),
    "foot": (Measure.LIFT, (FOOT_LIFT,)),
}
"""By the first word of an entry: the measure and the bounds of its grades."""
_OWN_WAYS = {"lean.aside": "side", "head.turn": "turn", "head.tilt": "tilt", "turn": "side"}
_OWN_WAYS |= {"lean.less_back": "forward", "lean.less_forward": "back", "lean.less_aside": OTHER_WAY}
_OWN_WAYS |= {"head.back": "raise", "twist.more": "side", "twist.less": OTHER_WAY}
_NEUTRAL = ("lean.upright", "twist.straight", "head.ahead", "head.level", "head.middle", "head.upright")
_OWN_WAYS |= {"bend": "more", "unbend": "less", "foot.lift": "up", "foot.drop": "down"}
_ELSEWHERE = "go.aside"
"""Says that something moves; where to is said by its goal."""
_GOAL = re.compile(r" (?:until|so that) \{it\} \{goal\}")
_GOAL_PARTS = {
    "arm": ("arm", "hand"),
    "elbow": ("elbow", "upperarm"),
    "knee": ("knee", "thigh"),
    "leg": ("leg", "foot"),
}
_GOAL_PARTS |= {"shin": ("shin", "lowerleg")}


def _ours(further: dict[str, list[str]]) -> Iterator[Pattern]:
    words = instructions_of()
    for first, (measure, bounds) in _OWN_MEASURES.items():
        for name in _names(words[first], first):
            options = entry_of(words, name)
            graded = options if isinstance(options[0], list) else [options]
            for degree, texts in enumerate(graded):
                claim = Claim(Measure.NEUTRAL, Source.OURS, name) if name in _NEUTRAL else None
                if name not in (_ELSEWHERE, *_NEUTRAL):
                    claim = _own_claim(name, measure, bounds, degree if len(graded) > 1 else None)
                yield from _patterns([_GOAL.sub("", text) for text in texts], claim)
    for name in _names(words["posture"], "posture"):
        yield from _patterns(entry_of(words, name), Claim(Measure.POSTURE, Source.OURS, name))
    for name, rows in (*words["put"].items(), *words["hold"].items()):
        measure = Measure.HAND_AT if name in words["put"] else Measure.HAND_IN
        claim = Claim(measure, Source.OURS, f"{measure.value}.{name}", place=_plain(name))
        yield from _patterns(rows, claim)
    yield from _patterns(words["same"], Claim(Measure.SAME, Source.OURS, "same"))
    yield from _patterns(words["arms"]["cross"], Claim(Measure.CROSSED, Source.OURS, "arms.cross"))
    for zone in ZONES:
        for text in words["hands"]["together"]:
            places = [f" {place}" for place in words["zones"][zone]] if zone else [""]
            claim = Claim(Measure.TOGETHER, Source.OURS, "hands.together", place=zone)
            yield from _patterns([text + place for place in places], claim)
    yield from _point_patterns(words)
    yield from _goals(words)
    yield from _further(further, words)


def _names(words: Any, prefix: str) -> Iterator[str]:
    if not isinstance(words, dict):
        yield prefix
        return
    for name, rows in words.items():
        yield from _names(rows, f"{prefix}.{name}")


def _own_claim(name: str, measure: Measure, bounds: tuple[float, ...], degree: int | None) -> Claim:
    least = bounds[degree] if degree is not None else bounds[0]
    last = degree is None or degree + 1 == len(bounds)
    way = _OWN_WAYS.get(name) or name.split(".")[-1]
    return Claim(
        measure,
        Source.OURS,
        name,
        way=way,
        least=least,
        most=inf if last else bounds[(degree or 0) + 1],
        floor=bounds[0],
    )


def _point_patterns(words: dict[str, Any]) -> Iterator[Pattern]:
    yield from _patterns([_GOAL.sub("", text) for text in words["point"]], None)


def _goals(words: dict[str, Any]) -> Iterator[Pattern]:
    for noun, contexts in words["goals"].items():
        for context, levels in contexts.items():
            for level, texts in levels.items():
                claim = Claim(
                    Measure.GOAL, Source.OURS, f"goals.{noun}.{context}.{level}", goal=f"{noun}.{context}.{level}"
                )
                for text, sector in _with_sectors(words, texts):
                    said = [text.replace("{s}", plural) for plural in ("", "s")]
                    yield from _patterns(said, replace(claim, sector=sector), nouns=_GOAL_PARTS.get(noun, (noun,)))


def _with_sectors(words: dict[str, Any], texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        if "{sector}" not in text:
            yield text, ""
            continue
        for sector, said in words["sectors"].items():
            for one in said:
                yield text.replace("{sector}", one), sector


def _further(rows: dict[str, list[str]], words: dict[str, Any]) -> Iterator[Pattern]:
    """What people say besides; of no grade."""
    special = {
        "posture": Measure.POSTURE,
        "hands": Measure.TOGETHER,
        "arms": Measure.CROSSED,
    }
    for name, texts in rows.items():
        first = name.split(".")[0]
        entry_of(words, name)
        if first in special:
            yield from _patterns(texts, Claim(special[first], Source.OURS, name))
            continue
        if name == _ELSEWHERE:
            yield from _patterns(texts, None)
            continue
        if name in _NEUTRAL:
            yield from _patterns(texts, Claim(Measure.NEUTRAL, Source.OURS, name))
            continue
        measure, bounds = _OWN_MEASURES[first]
        yield from _patterns(texts, _own_claim(name, measure, bounds[:1], None))


# -- paircodes ---------------------------------------------------------------------------------------------------

_WAYS = {
    "more to side": "side",
    "more to out": "out",
    "more to in": "in",
    "higher": "up",
    "lower": "down",
    "more to front": "forward",
    "more to back": "back",
    "farther": "farther",
    "closer": "closer",
    "apart": "farther",
    "together": "closer",
}
"""The way of a move, by its name without its grade."""
_BODY_WAYS: tuple[tuple[str, Measure, str], ...] = (
    ("body incline forward", Measure.LEAN, "forward"),
    ("body incline backward", Measure.LEAN, "back"),
    ("body lean", Measure.LEAN, "side"),
    ("body twist", Measure.TWIST, "side"),
    ("incline forward", Measure.HEAD, "nod"),
    ("incline backward", Measure.HEAD, "raise"),
    ("turn", Measure.HEAD, "turn"),
    ("hips", Measure.HIPS, ""),
)


def _paircodes(further: dict[str, list[str]]) -> Iterator[Pattern]:
    words = words_of()
    for name, texts in words.alone.items():
        yield from _patterns(list(texts), _move_claim(name))
    for name, texts in words.after.items():
        yield from _patterns(list(texts), _move_claim(name), alone=False)
        yield from _patterns([f"[{verb}] {{it}} {text}" for verb in words.moving for text in texts], _move_claim(name))
    yield from _patterns([f"[{verb}] {{it}}" for verb in words.moving], None)
    for section, claim_of in ((words.acts, _act_claim), (words.body, _body_claim), (words.turns, _turn_claim)):
        for name, texts in section.items():
            yield from _patterns([*texts, *further.get(name, ())], claim_of(name))
    for name, texts in words.targets.items():
        yield from _patterns(list(texts), Claim(Measure.STATE, Source.PAIRCODES, name))
        mutual = [text.replace("{place}", "each other") for text in texts if "{place}" in text]
        yield from _patterns(mutual, Claim(Measure.STATE, Source.PAIRCODES, name, place="each other"))
    for name in ("touch", "release"):
        mutual = [text.replace("{place}", "each other") for text in words.acts[name]]
        yield from _patterns(mutual, Claim(Measure.TOUCH, Source.PAIRCODES, name, place="each other"))
    yield from _patterns(list(words.same), Claim(Measure.SAME, Source.PAIRCODES, "same"))
    for name in further:
        if name not in (*words.acts, *words.body, *words.turns):
            raise FileError(READING, "no code has this name", field=f"paircodes.{name}")


@cache
def _reach(name: str) -> tuple[float, float, float]:
    """Least and most of a category's value without its sign, and the least of the smallest one in its direction."""
    named = name.replace("side", "left")
    for kind in paircode_tables().kinds.values():
        if named in kind.categories:
            place = kind.categories.index(named)
            bounds = [-inf, *kind.thresholds, inf]
            edges = sorted(abs(one) for one in bounds[place : place + 2])
            low, high = kind.thresholds[kind.switch - 1], kind.thresholds[kind.switch]
            return edges[0], edges[1], -low if place < kind.switch else high
    raise FileError(READING, "no paircode has this name", field=name)


def _graded_claim(measure: Measure, name: str, way: str, category: str) -> Claim:
    least, most, floor = _reach(category)
    return Claim(measure, Source.PAIRCODES, name, way=way, least=least, most=most, floor=floor)


def _move_claim(name: str) -> Claim:
    plain = name.removeprefix("slightly ")
    way = _WAYS[plain]
    distance = way in ("farther", "closer")
    category = {"apart": "farther", "together": "closer"}.get(plain, plain)
    category = re.sub(r"\b(out|in)$", "side", category)
    grade = "slightly " if name != plain else ""
    return _graded_claim(Measure.DISTANCE if distance else Measure.COORDINATE, name, way, grade + category)


def _act_claim(name: str) -> Claim:
    if name == "straighten":
        return Claim(Measure.STRAIGHT, Source.PAIRCODES, name, way="straighten", least=BEND[0], floor=BEND[0])
    if name in ("touch", "release"):
        return Claim(Measure.TOUCH, Source.PAIRCODES, name)
    return _graded_claim(Measure.BEND, name, "more" if name.endswith("more") else "less", name)


def _body_claim(name: str) -> Claim:
    for start, measure, way in _BODY_WAYS:
        if name.startswith(start):
            if measure is Measure.HIPS:
                grade = name.removeprefix("hips ")
                return _graded_claim(measure, name, "up" if "higher" in name else "down", grade)
            return _graded_claim(measure, name, way, name)
    raise FileError(READING, "no measure has this name", field=name)


def _turn_claim(name: str) -> Claim:
    """Degrees of a turn; the first and last categories are one, a turn around."""
    table = turn_table()
    place = table.categories.index(name.replace("side", "left"))
    bounds = [-FULL_TURN, *table.thresholds, FULL_TURN]
    edges = sorted(abs(one) for one in bounds[place : place + 2])
    floor = table.thresholds[table.categories.index(table.switch)]
    way = "side" if "side" in name else "around"
    return Claim(Measure.TURN, Source.PAIRCODES, name, way=way, least=edges[0], most=edges[1], floor=floor)
