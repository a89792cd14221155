"""The words of instructions made from paircodes: loads and checks ``tables/instruction_phrases.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError, closest
from poseloom.language.paircodes.rotation import turn_table
from poseloom.language.paircodes.tables import paircode_tables
from poseloom.language.posecodes.tables import IGNORED, posecode_tables
from poseloom.language.posefix.alignment import POINTING_DOWN, POINTING_UP, RELATIONS
from poseloom.language.posefix.statement import SIDES
from poseloom.language.tables import TABLES

INSTRUCTION_PHRASES = TABLES / "instruction_phrases.json"
_SLOT = re.compile(r"\{(\w*)\}")
_SIDE_WORD = re.compile(r"\b(?:right(?! angle)|left)\b", re.IGNORECASE)
_BRACKETS = (("{", "}"), ("[", "]"))
_IT = ("it", "side")
_SLOTS = {
    "changes.moves.alone": _IT,
    "changes.moves.after": ("side",),
    "changes.acts": ("it", "side", "place"),
    "changes.body": ("side",),
    "targets": ("place",),
    "turns": ("side",),
    "until": ("clause",),
    "keeping": ("clause",),
}
"""Slots that wordings of a section may have."""
_OWN_MOVES = ("apart", "slightly apart", "together", "slightly together")
_OWN_BODY = ("hips lower", "hips slightly lower", "hips slightly higher", "hips higher")
_OWN_ACTS = ("straighten", "touch", "release")
_TWO_SIDED = ("more to out", "slightly more to out", "more to in", "slightly more to in")

Wordings = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class InstructionPhrases:
    """The checked content of a file of instruction phrases."""

    path: Path
    nouns: dict[str, tuple[str, str]]
    moving: tuple[str, ...]
    same: tuple[str, ...]
    must: tuple[str, ...]
    must_plural: tuple[str, ...]
    until: tuple[str, ...]
    keeping: tuple[str, ...]
    alone: Wordings
    after: Wordings
    acts: Wordings
    body: Wordings
    targets: Wordings
    turns: Wordings

    def templates(self) -> int:
        """How many wordings there are."""
        sections = (self.alone, self.after, self.acts, self.body, self.targets, self.turns)
        return sum(len(said) for section in sections for said in section.values())


@cache
def words_of(path: Path = INSTRUCTION_PHRASES) -> InstructionPhrases:
    """The words of a file, checked: every name that the codes can have needs at least one wording.

    Raises:
        FileError: an entry is missing, has no wording, or uses an unknown slot; names the line and the entry.
    """
    table = read_table(path)
    check = _Checker(path, path.read_text(encoding="utf-8").splitlines())
    changes = check.section(table, "changes", "")
    moves = check.section(changes, "moves", "changes")
    needed = needed_names()
    return InstructionPhrases(
        path,
        {name: check.noun(name, forms) for name, forms in check.section(table, "nouns", "").items()},
        check.wordings("moving", "moving", table.get("moving")),
        check.wordings("same", "same", table.get("same")),
        check.wordings("must", "must", table.get("must")),
        check.wordings("must_plural", "must_plural", table.get("must_plural")),
        check.wordings("until", "until", table.get("until")),
        check.wordings("keeping", "keeping", table.get("keeping")),
        check.named(moves, "changes.moves", needed["moves"], "alone"),
        check.named(moves, "changes.moves", needed["moves"], "after"),
        check.named(check.section(changes, "acts", "changes"), "changes.acts", needed["acts"]),
        check.named(check.section(changes, "body", "changes"), "changes.body", needed["body"]),
        check.named(check.section(table, "targets", ""), "targets", needed["targets"]),
        check.named(check.section(table, "turns", ""), "turns", needed["turns"]),
    )


def needed_names() -> dict[str, tuple[str, ...]]:
    """The entries that each section must have, from the tables of codes; left and right are ``side``."""
    pairs, poses = paircode_tables(), posecode_tables()
    of_measure: dict[str, list[str]] = {"moves": [*_TWO_SIDED, *_OWN_MOVES], "acts": [*_OWN_ACTS], "body": [*_OWN_BODY]}
    for kind in pairs.kinds.values():
        section = {"deg": "body", "m": "moves"}[kind.unit] if kind.measure != "angle" else "acts"
        of_measure[section] += [_without_sides(name) for name in kind.acceptable]
    absolute = [name for sets in poses.sets.values() for one in sets for name in one.absolute]
    absolute += [
        "together",
        *RELATIONS,
        POINTING_DOWN,
        POINTING_UP,
        *(one.interpretation for one in poses.supers if one.absolute),
    ]
    turns = [_without_sides(name) for name in turn_table().categories if IGNORED not in name]
    found = {**of_measure, "targets": absolute, "turns": turns}
    return {section: tuple(dict.fromkeys(names)) for section, names in found.items()}


def _without_sides(name: str) -> str:
    return name if name == "right angle" else re.sub("|".join(SIDES), "side", name)


@dataclass(frozen=True)
class _Checker:
    path: Path
    lines: list[str]

    def section(self, table: dict[str, Any], name: str, where: str) -> dict[str, Any]:
        """An object in the file; `where` is the section around it."""
        if name not in table:
            raise self.fault("this section is missing", f"{where}.{name}" if where else name, where.split(".")[-1])
        found: dict[str, Any] = entry(self.path, table, name, dict, where)
        return found

    def named(self, table: dict[str, Any], where: str, needed: tuple[str, ...], form: str = "") -> Wordings:
        """Wordings by name; none of the needed names may be missing, and there may be no others."""
        for name in needed:
            if name not in table:
                raise self.fault("this entry is missing", f"{where}.{name}", where.split(".")[-1])
        for name in table:
            if name not in needed:
                raise self.fault(f"no code has this name{closest(name, needed)}", f"{where}.{name}", name)
        kind = f"{where}.{form}" if form else where
        return {
            name: self.wordings(kind, f"{where}.{name}{'.' if form else ''}{form}", _form(table[name], form), name)
            for name in needed
        }

    def wordings(self, kind: str, field: str, said: Any, near: str = "") -> tuple[str, ...]:
        """A list of wordings that use the slots of their kind alone."""
        near = near or field
        if not isinstance(said, list) or not said:
            raise self.fault("expected a list with at least one wording", field, near)
        for wording in said:
            if not isinstance(wording, str) or not wording.strip():
                raise self.fault(f"expected text, got {wording!r}", field, near)
            for problem in _problems(kind, wording):
                raise self.fault(f"{problem} in {wording!r}", field, wording)
        return tuple(said)

    def noun(self, name: str, forms: Any) -> tuple[str, str]:
        if not isinstance(forms, list) or len(forms) != 2:
            raise self.fault("expected [singular, plural]", f"nouns.{name}", name)
        return forms[0], forms[1]

    def fault(self, problem: str, field: str, near: str) -> FileError:
        """An error that names the first line which holds `near`."""
        needle = json.dumps(near, ensure_ascii=False)
        line = next((number for number, text in enumerate(self.lines, 1) if needle in text), None)
        return FileError(self.path, f"{problem} (line {line})" if line else problem, field=field)


def _form(row: Any, form: str) -> Any:
    return row.get(form) if form and isinstance(row, dict) else None if form else row


def _problems(kind: str, wording: str) -> Iterator[str]:
    known = _SLOTS.get(kind, ())
    for opening, closing in _BRACKETS:
        if wording.count(opening) != wording.count(closing):
            yield f"a {opening} or {closing} is left open"
    for slot in _SLOT.findall(wording):
        if slot not in known:
            yield f"unknown slot {{{slot}}}, expected {' or '.join(f'{{{one}}}' for one in known) or 'none'},"
    if _SIDE_WORD.search(wording):
        yield "left and right must be written {side}"
    if kind in ("changes.moves.alone", "changes.acts") and "{it}" not in wording:
        yield "the slot {it} is missing"
    if (kind in ("changes.acts", "changes.body", "changes.moves.alone", "targets", "turns")) and "[" not in wording:
        yield "a [verb] is missing"
