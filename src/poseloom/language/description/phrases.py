"""The words of descriptions: loads and checks ``tables/phrases.json``, inflects verbs, swaps left and right."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.base.streams import mix_numbers, text_key
from poseloom.language.tables import TABLES

_VERB = re.compile(r"\[(\w+)\]")
_SLOT = re.compile(r"\{(\w*)\}")
SLOTS = ("s", "their", "the", "side", "other", "place", "sector")
_THIRD = {"be": "is", "have": "has"}
_PLURAL = {"be": "are"}
_GERUND = {"be": "", "lie": "lying", "squat": "squatting", "begin": "beginning"}
_DOUBLED = re.compile(r"[^aeiou]+[aeiou][bdgklmnprt]")
"""A short verb whose last letter is doubled before -ing."""
_VOWELS = "aeiou"
_SWAPPED = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
_SIDE_WORDS = re.compile(r"\b(?:right(?=[ -]angle)|left|right|Left|Right)\b")


@dataclass(frozen=True)
class Voice:
    """How the person is spoken of: the word before body parts, and the possessive."""

    the: str
    their: str


@dataclass(frozen=True, eq=False)
class Phrases:
    """The checked content of a phrase file."""

    path: Path
    people: tuple[str, ...]
    voices: tuple[Voice, ...]
    nouns: dict[str, tuple[str, str]]
    sectors: dict[str, dict[str, tuple[str, ...]]]
    wordings: dict[str, tuple[str, ...]]
    """By the full name of a fact, such as ``arm.upright.level``."""
    telling: dict[str, int]
    """How much a fact tells, by the beginning of its name; 0 for what a short text leaves out."""
    imperatives: dict[str, str]
    """What to do to get something into a state: ``raised`` -> raise."""
    led: tuple[str, ...]
    """Verbs that also say what one does with a limb: point the arm up."""
    spoken: dict[str, tuple[str, ...]]
    """Wordings, by fact, of texts for people: instead of `wordings`, or of facts that only they are told."""

    spoken_sectors: dict[str, dict[str, tuple[str, ...]]]
    """Directions in such texts."""
    spoken_telling: dict[str, int]
    """How much facts tell in such texts."""
    stretched: dict[str, tuple[str, ...]]
    """Wordings in such texts of a limb that is straight as well."""

    @cached_property
    def for_people(self) -> Phrases:
        """The words of texts for people."""
        contexts = dict.fromkeys((*self.sectors, *self.spoken_sectors))
        sectors = {one: {**self.sectors.get(one, {}), **self.spoken_sectors.get(one, {})} for one in contexts}
        telling = {**self.telling, **self.spoken_telling}
        return replace(self, wordings={**self.wordings, **self.spoken}, sectors=sectors, telling=telling)


class Dice:
    """Choices that depend on the seed, on what is told, and on nothing else; they cannot tell left from right."""

    def __init__(self, seed: int, content: tuple) -> None:
        self._state = mix_numbers(seed, text_key(repr(content)))
        self._draws = 0

    def pick(self, options: tuple) -> Any:
        """One of the options."""
        self._draws += 1
        return options[mix_numbers(self._state, self._draws) % len(options)]


@lru_cache(maxsize=1 << 14)
def steady_choice(seed: int, content: int, options: tuple) -> int:
    """The place of one of the options: it depends on the seed, on what is worded and on the options alone."""
    return mix_numbers(seed, content, text_key(repr(options))) % len(options)


@cache
def phrases_of(path: Path = TABLES / "phrases.json") -> Phrases:
    """The phrases of a file, checked.

    Raises:
        FileError: an entry is missing, has no wording, or uses an unknown slot; names the file and the entry.
    """
    table = read_table(path)
    voices: list[Voice] = []
    for number, row in enumerate(entry(path, table, "voices", list)):
        where = f"voices[{number}]"
        voice = Voice(entry(path, row, "the", str, where), entry(path, row, "their", str, where))
        voices += [voice] * entry(path, row, "weight", int, where)
    nouns = {name: _noun(path, name, forms) for name, forms in entry(path, table, "nouns", dict).items()}
    optional = {"spoken": {}, "spoken_sectors": {}, "spoken_telling": {}, "stretched": {}, **table}
    sectors, spoken_sectors = (
        {
            context: {name: _wordings(path, f"{part}.{context}.{name}", said) for name, said in rows.items()}
            for context, rows in entry(path, optional, part, dict).items()
        }
        for part in ("sectors", "spoken_sectors")
    )
    wordings, spoken, stretched = (
        _flat(path, entry(path, optional, part, dict), "", part) for part in ("phrases", "spoken", "stretched")
    )
    people = _wordings(path, "people", table.get("people"))
    telling, spoken_telling = (entry(path, optional, part, dict) for part in ("telling", "spoken_telling"))
    for part, names in (("telling", telling), ("spoken_telling", spoken_telling)):
        for name in names:
            if not any(full.startswith(name) for full in (*wordings, *spoken)):
                raise FileError(path, f"no fact begins with {name!r}", field=f"{part}.{name}")
    imperatives, led = entry(path, table, "imperatives", dict), tuple(entry(path, table, "led", list))
    return Phrases(
        path=path,
        people=people,
        voices=tuple(voices),
        nouns=nouns,
        sectors=sectors,
        wordings=wordings,
        telling=telling,
        imperatives=imperatives,
        led=led,
        spoken=spoken,
        spoken_sectors=spoken_sectors,
        spoken_telling=spoken_telling,
        stretched=stretched,
    )


def _noun(path: Path, name: str, forms: Any) -> tuple[str, str]:
    if not isinstance(forms, list) or len(forms) != 2:
        raise FileError(path, "expected [singular, plural]", field=f"nouns.{name}")
    return forms[0], forms[1]


def _flat(path: Path, rows: dict[str, Any], prefix: str, part: str) -> dict[str, tuple[str, ...]]:
    made = {}
    for name, said in rows.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(said, dict):
            made.update(_flat(path, said, key, part))
            continue
        made[key] = _wordings(path, f"{part}.{key}", said)
        for wording in made[key]:
            if not wording.startswith("["):
                raise FileError(path, f"{wording!r} must begin with a [verb]", field=f"{part}.{key}")
    return made


def _wordings(path: Path, field: str, said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not said or not all(isinstance(one, str) and one.strip() for one in said):
        raise FileError(path, "expected a list with at least one wording", field=field)
    for wording in said:
        for slot in _SLOT.findall(wording):
            if slot not in SLOTS:
                raise FileError(path, f"unknown slot {{{slot}}}; expected one of {', '.join(SLOTS)}", field=field)
        if wording.count("{") != wording.count("}") or wording.count("[") != wording.count("]"):
            raise FileError(path, f"a bracket is open in {wording!r}", field=field)
    return tuple(said)


# -- grammar -----------------------------------------------------------------------------------------------------


def finite(wording: str, plural: bool) -> str:
    """The wording with its verbs as a clause needs them: ``[point] up`` -> ``points up``."""
    return _VERB.sub(lambda verb: _plural(verb[1]) if plural else _third(verb[1]), wording)


def participle(wording: str) -> str:
    """The wording without a finite verb: ``[be] bent`` -> ``bent``, ``[point] up`` -> ``pointing up``."""
    return _VERB.sub(lambda verb: _gerund(verb[1]), wording).strip()


def imperative(wording: str) -> str:
    """What somebody is told: ``[stand] up`` -> ``stand up``, ``[be] in a lunge`` -> ``get into a lunge``."""
    said = re.sub(r"^\[be\] in (an?) ", r"get into \1 ", wording)
    return _VERB.sub(lambda verb: "get" if verb[1] == "be" else verb[1], said)


def _plural(verb: str) -> str:
    return _PLURAL.get(verb, verb)


def _third(verb: str) -> str:
    if verb in _THIRD:
        return _THIRD[verb]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return f"{verb[:-1]}ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


def _gerund(verb: str) -> str:
    if verb in _GERUND:
        return _GERUND[verb]
    if _DOUBLED.fullmatch(verb):
        return f"{verb}{verb[-1]}ing"
    return (verb[:-1] if verb.endswith("e") else verb) + "ing"


def swap_sides(text: str) -> str:
    """The text with left and right exchanged: what it says of the mirrored pose. Right angles stay right."""
    return _SIDE_WORDS.sub(lambda word: word[0] if _is_angle(text, word.end()) else _SWAPPED[word[0]], text)


def _is_angle(text: str, position: int) -> bool:
    return text[position + 1 : position + 6] == "angle"
