"""The words of descriptions: loads and checks ``tables/posescript_phrases.json``, gives every wording in its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError, closest
from poseloom.language.description.phrases import finite, participle
from poseloom.language.posecodes.tables import posecode_tables
from poseloom.language.posescript.rules import CROSSED, PLURAL, rules_of
from poseloom.language.tables import TABLES

SLOTS = ("second", "side", "other", "s", "a", "the", "much")
CHAPTERS = ("alone", "pair", "understood")
ANY = "any"
SLIGHTLY = " slightly"
BARE = "+"
FULL, UNDERSTOOD, THE_OTHER, THE_SIDE = "full", "understood", "the other", "the side"
"""How the second part is named: in full, not at all, as the other one, by its side alone."""
_SLOT = re.compile(r"\{(\w*)\}")
_SHAPE_SLOT = re.compile(r"\{(\d)(\+?)\}")
_WORDING = re.compile(r"(?:([a-z ]+): )?(\[\w+\].*)")


class Voice(NamedTuple):
    """How the person is spoken of in one description."""

    the: str
    pronoun: str
    people: tuple[str, ...]


class PhraseWording(NamedTuple):
    """One wording of one statement, with {second}, {the}, {s} and {a} still open."""

    noun: str
    """Another noun than the statement's own, or empty."""
    text: str
    """``[be] close to {second}``."""

    @property
    def is_state(self) -> bool:
        """Whether its verb is be, so that it can follow another clause without a verb."""
        return self.text.startswith("[be]")


class Predicate(NamedTuple):
    """One predicate ready to be used."""

    noun: str
    finite: str
    bare: str
    is_state: bool


@dataclass(frozen=True, eq=False)
class Phrasebook:
    """The checked content of a phrase file."""

    path: Path
    voices: tuple[Voice, ...]
    plural_people: frozenset[str]
    nouns: dict[str, tuple[str, str]]
    plural_nouns: frozenset[str]
    same_part: tuple[str, ...]
    own_sides: str
    crossed_sides: str
    shapes: dict[int, tuple[str, ...]]
    wordings: dict[tuple[str, str, str], tuple[PhraseWording, ...]]
    """By chapter, statement (with the second part, if understood) and subject part (or "any")."""
    _said: dict[tuple, tuple[Predicate, ...]] = field(default_factory=dict)
    _subjects: dict[tuple, str] = field(default_factory=dict)

    def options(self, said: tuple, part: str, plural: bool, the: str, form: str, plain: bool) -> tuple[Predicate, ...]:
        """All predicates that tell `said` = (interpretation, second side, second part) of a part.

        Args:
            part: the subject's part in the singular; empty for several different ones.
            plural: whether the verb is plural.
            form: how the second part is named.
            plain: only those that keep the statement's own noun.
        """
        key = (said, part, plural, the, form, plain)
        found = self._said.get(key)
        if found is None:
            made = self._options(said, part, plural, the, form)
            found = self._said[key] = tuple(one for one in made if not (plain and one.noun))
        return found

    def _options(self, said: tuple, part: str, plural: bool, the: str, form: str) -> tuple[Predicate, ...]:
        interpretation, side, second = said
        chapter = "alone" if second is None else "understood" if form == UNDERSTOOD else "pair"
        name = f"{interpretation} {second}" if chapter == UNDERSTOOD else interpretation
        rows = self.wordings.get((chapter, name, ANY), ()) + self.wordings.get((chapter, name, part), ())
        if not rows:
            raise FileError(self.path, "this entry is missing", field=f"{chapter}.{name}")
        words = {"{second}": self.second(side, second, the, form) if second else "", "{the}": the}
        words |= {"{s}": "s", "{a}": ""} if plural else {"{s}": "", "{a}": "a "}
        made = []
        for wording in rows:
            text = wording.text
            for slot, word in words.items():
                text = text.replace(slot, word)
            made.append(Predicate(wording.noun, finite(text, plural), participle(text), wording.is_state))
        return tuple(made)

    def second(self, side: str | None, part: str, the: str, form: str) -> str:
        """``the right knee``, ``the other``, ``the right``, ``the knees on their own sides``."""
        if form == THE_OTHER:
            return form
        if form == THE_SIDE:
            return f"the {side} one"
        if side in (PLURAL, CROSSED):
            nouns = self.nouns[rules_of().singulars.get(part, part)][1]
            pattern = self.own_sides if side == PLURAL else self.crossed_sides
            return pattern.replace("{the}", the).replace("{nouns}", nouns)
        return f"{the} {side} {self.nouns[part][0]}" if side else f"{the} {self.nouns[part][0]}"

    def subject(self, side: str | None, part: str, the: str, both: bool, noun: str) -> str:
        """``the left knee``, ``both knees``; `noun` replaces the part's own."""
        key = (side, part, the, both, noun)
        found = self._subjects.get(key)
        if found is None:
            singular, plural = self.nouns[noun or rules_of().singulars.get(part, part)]
            if side == PLURAL:
                found = f"both {plural}" if both else f"{the} {plural}"
            else:
                found = f"{the} {side} {singular}" if side else f"{the} {singular}"
            self._subjects[key] = found
        return found


@cache
def phrasebook_of(path: Path = TABLES / "posescript_phrases.json") -> Phrasebook:
    """The phrases of a file, checked.

    Raises:
        FileError: an entry is missing, has no wording, or uses an unknown name or slot; names the file and the entry.
    """
    table = read_table(path)
    voices: list[Voice] = []
    for number, row in enumerate(entry(path, table, "voices", list)):
        where = f"voices[{number}]"
        people = _strings(path, f"{where}.people", row.get("people"))
        the, pronoun = (entry(path, row, name, str, where) for name in ("the", "pronoun"))
        voices += [Voice(the, pronoun, people)] * entry(path, row, "weight", int, where)
    nouns = {}
    for name, forms in entry(path, table, "nouns", dict).items():
        if not isinstance(forms, list) or len(forms) != 2:
            raise FileError(path, "expected [singular, plural]", field=f"nouns.{name}")
        nouns[name] = (forms[0], forms[1])
    for name in rules_of().sided_parts:
        entry(path, nouns, name, tuple, "nouns")
    second = entry(path, table, "second", dict)
    return Phrasebook(
        path,
        tuple(voices),
        frozenset(_strings(path, "plural_people", table.get("plural_people"))),
        nouns,
        frozenset(_strings(path, "plural_nouns", table.get("plural_nouns"))),
        _strings(path, "second.same_part", second.get("same_part")),
        entry(path, second, "own_sides", str, "second"),
        entry(path, second, "crossed_sides", str, "second"),
        _shapes(path, entry(path, table, "shapes", dict)),
        _wordings(path, table, nouns),
    )


def _shapes(path: Path, rows: dict[str, Any]) -> dict[int, tuple[str, ...]]:
    made = {}
    for size in (1, 2, 3):
        shapes = _strings(path, f"shapes.{size}", rows.get(str(size)))
        for shape in shapes:
            if sorted(int(slot) for slot, _ in _SHAPE_SLOT.findall(shape)) != list(range(size)):
                raise FileError(path, f"{shape!r} must use the clauses 0 to {size - 1} once", field=f"shapes.{size}")
        made[size] = shapes
    return made


def _strings(path: Path, where: str, said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not said or not all(isinstance(one, str) and one.strip() for one in said):
        raise FileError(path, "expected a list with at least one text", field=where)
    return tuple(said)


def _wordings(
    path: Path, table: dict[str, Any], nouns: dict[str, tuple[str, str]]
) -> dict[tuple[str, str, str], tuple[PhraseWording, ...]]:
    much = entry(path, table, "much", dict)
    degrees = {grade: tuple(entry(path, much, grade, list, "much")) for grade in ("strong", "slight")}
    made: dict[tuple[str, str, str], tuple[PhraseWording, ...]] = {}
    for chapter in CHAPTERS:
        for name, rows in entry(path, table, chapter, dict).items():
            for parts, texts in rows.items():
                where = f"{chapter}.{name}.{parts}"
                checked = [_checked(path, where, text, nouns) for text in _strings(path, where, texts)]
                for said, side in _names(path, chapter, name, where, any("{much}" in one.text for one in checked)):
                    grade = degrees["slight" if SLIGHTLY in said else "strong"]
                    filled = tuple(_filled(checked, side, grade))
                    for part in parts.split("|"):
                        made[chapter, said, part] = filled
    return made


def _names(path: Path, chapter: str, name: str, where: str, graded: bool) -> Iterator[tuple[str, str]]:
    """The statements that an entry stands for, each with its side."""
    known = posecode_tables().interpretations
    for side in ("left", "right") if "{side}" in name else ("",):
        said = name.replace("{side}", side)
        first = said.rpartition(" ")[0] if chapter == UNDERSTOOD else said
        if first not in known:
            raise FileError(path, f"no statement {first!r}{closest(first, known)}", field=where)
        yield said, side
        if graded and f"{said}{SLIGHTLY}" in known:
            yield f"{said}{SLIGHTLY}", side


def _checked(path: Path, where: str, text: str, nouns: dict[str, tuple[str, str]]) -> PhraseWording:
    match = _WORDING.fullmatch(text)
    if match is None or text.count("{") != text.count("}") or text.count("[") != text.count("]"):
        raise FileError(path, f"{text!r} must be '[verb] ...' or 'noun: [verb] ...', brackets closed", field=where)
    for slot in _SLOT.findall(text):
        if slot not in SLOTS:
            raise FileError(path, f"unknown slot {{{slot}}}; expected one of {', '.join(SLOTS)}", field=where)
    noun, said = match[1] or "", match[2]
    if noun and noun not in nouns:
        raise FileError(path, f"unknown noun {noun!r}{closest(noun, tuple(nouns))}", field=where)
    if where.startswith("pair.") != ("{second}" in said):
        expected = "must name {second}" if where.startswith("pair.") else "cannot name {second}"
        raise FileError(path, f"{text!r} {expected}", field=where)
    return PhraseWording(noun, said)


def _filled(wordings: list[PhraseWording], side: str, degrees: tuple[str, ...]) -> Iterator[PhraseWording]:
    """The wordings with sides put in, once for every degree."""
    other = {"left": "right", "right": "left"}.get(side, "")
    for wording, degree in product(wordings, degrees):
        if "{much}" in wording.text or degree == degrees[0]:
            text = wording.text.replace("{much}", degree).replace("{side}", side).replace("{other}", other)
            yield PhraseWording(wording.noun, " ".join(text.split()))
