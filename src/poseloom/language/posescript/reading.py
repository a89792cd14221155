"""Reads descriptions back: from English to codes. Whatever it cannot read is reported, so that bad grammar shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from poseloom.language.description.phrases import finite, participle
from poseloom.language.posecodes.evaluation import Code, _code_table
from poseloom.language.posescript.phrasebook import ANY, UNDERSTOOD, Phrasebook, phrasebook_of
from poseloom.language.posescript.rules import CROSSED, PLURAL, Rules, rules_of

Name = tuple[str | None, str]
"""Side and part."""

_TOKEN = re.compile(r"[\w-]+|[,;]")
_LINKS = frozenset([",", ";", "and", "while", "with"])
_SECOND = "{second}"
_OF_PERSON = re.compile(r"\b(?:their|his|her)\b")
_TOUCH = "touch"


@dataclass
class Reading:
    """What a description says."""

    codes: list[Code] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Words that fit no phrase."""


@dataclass(frozen=True)
class _Phrase:
    """One way in which a statement can stand in a text."""

    words: tuple[str, ...]
    said: str
    second: str | None
    """The part that goes without saying, or None."""
    part: str
    noun: str


def read_posescript(text: str) -> Reading:
    """The codes that a description states, and the words that could not be read.

    Activity sentences are not read. Codes of larger parts (arm, leg) and of both sides are given as they are said.
    """
    reading = Reading()
    reader = _Reader(reading)
    for sentence in text.rstrip(".").split(". "):
        if sentence:
            reader.read(_OF_PERSON.sub("the", sentence[0].lower() + sentence[1:]))
    return reading


class _Reader:
    """Goes through sentences from left to right, taking the longest phrase that fits."""

    def __init__(self, reading: Reading) -> None:
        self._out = reading
        self._lexicon = _lexicon(phrasebook_of())
        self._names, self._nouns = _names(phrasebook_of(), rules_of())
        self._allowed = _allowed(rules_of())
        self._subjects: list[tuple[Name, str]] = []
        self._pronoun = False

    def read(self, sentence: str) -> None:
        words = tuple(_TOKEN.findall(sentence.lower()))
        place, told = 0, True
        while place < len(words):
            if words[place] in _LINKS:
                place += 1
                continue
            size, name = self._name(words, place)
            if name is not None:
                self._pronoun = name[0] == _PRONOUN
                if not self._pronoun:
                    self._subjects = [name] if told else [*self._subjects, name]
                place, told = place + size, False
                continue
            size = self._predicate(words, place)
            if not size:
                self._out.unread.append(f"{words[place]} (in {sentence!r})")
            place, told = place + max(size, 1), True

    def _name(self, words: tuple[str, ...], place: int) -> tuple[int, tuple[Name, str] | None]:
        """A subject at this place, with the noun used for it."""
        for size in range(min(6, len(words) - place), 0, -1):
            found = self._names.get(words[place : place + size])
            if found is not None:
                return size, found
        return 0, None

    def _predicate(self, words: tuple[str, ...], place: int) -> int:
        """Read the longest predicate that fits all subjects; gives the words taken, 0 for none."""
        longest = 0, False
        best: list[Code] = []
        for phrase in self._lexicon.get(words[place], ()):
            size, second = self._match(phrase, words, place)
            if size and (size, bool(phrase.noun)) > longest:
                codes = self._codes(phrase, second)
                if codes:
                    longest, best = (size, bool(phrase.noun)), codes
        self._out.codes += best
        return longest[0]

    def _match(self, phrase: _Phrase, words: tuple[str, ...], place: int) -> tuple[int, str]:
        """How many words the phrase takes, and which of them name the second part."""
        if _SECOND not in phrase.words:
            end = place + len(phrase.words)
            return (len(phrase.words), "") if words[place:end] == phrase.words else (0, "")
        slot = phrase.words.index(_SECOND)
        before, after = phrase.words[:slot], phrase.words[slot + 1 :]
        start = place + len(before)
        if words[place:start] != before:
            return 0, ""
        for size in range(min(6, len(words) - start), 0, -1):
            name = words[start : start + size]
            end = start + size
            if name in self._nouns and words[end : end + len(after)] == after:
                return end + len(after) - place, " ".join(name)
        return 0, ""

    def _codes(self, phrase: _Phrase, second: str) -> list[Code]:
        """The codes that the phrase states of the present subjects; none if it does not suit one of them."""
        if self._pronoun and phrase.said in self._allowed.of_body and not phrase.noun:
            return [Code(None, "body", phrase.said, None, None)]  # "they" of a person whose sex is not told
        made = []
        for (side, part), noun in self._subjects:
            if phrase.noun and noun != phrase.noun:
                return []
            code = self._code(phrase, side, part, second)
            if code is None:
                return []
            made.append(code)
        return made

    def _code(self, phrase: _Phrase, side: str | None, part: str, second: str) -> Code | None:
        if phrase.noun:
            part = next((one for one in self._allowed.parts[phrase.said] if phrase.part in (one, ANY)), part)
        if phrase.said != _TOUCH and part not in self._allowed.parts[phrase.said]:
            return None
        if phrase.part not in (ANY, part):
            return None
        side2: str | None = None
        part2 = phrase.second
        if second == "the other":
            side2, part2 = ("right" if side == "left" else "left"), part
        elif second.endswith(" one"):
            side2, part2 = second.split()[1], part
        elif second:
            side2, part2 = self._nouns[tuple(second.split())]
        elif part2 in self._allowed.sided:
            side2 = PLURAL if side == PLURAL else side
        return Code(side, part, phrase.said, side2, part2)


# -- what the reader knows ---------------------------------------------------------------------------------------

_PRONOUN: Name = ("", "")


@dataclass(frozen=True)
class _Allowed:
    """Which parts a statement can be about."""

    parts: dict[str, frozenset[str]]
    of_body: frozenset[str]
    sided: frozenset[str]


@cache
def _allowed(rules: Rules) -> _Allowed:
    parts: dict[str, set[str]] = {}
    elementary, supers = _code_table(True)
    for code in (*(one for row in elementary for one in row), *supers):
        single = rules.singulars.get(code.part, code.part)
        names = {single, code.part2} if code.part2 == code.part else {single}
        for said in {code.interpretation, rules.opposites.get(code.interpretation, code.interpretation)}:
            larger = {whole for (a, _), whole in rules.larger.items() if a in names}
            parts.setdefault(said, set()).update(filter(None, names | larger))
    of_body = frozenset(said for said, names in parts.items() if names == {"body"})
    return _Allowed({said: frozenset(names) for said, names in parts.items()}, of_body, frozenset(rules.sided_parts))


@cache
def _lexicon(book: Phrasebook) -> dict[str, tuple[_Phrase, ...]]:
    """Every phrase in every form, by its first word."""
    made: dict[str, dict[_Phrase, None]] = {}
    for (chapter, name, part), wordings in book.wordings.items():
        said, second = (name.rpartition(" ")[::2]) if chapter == UNDERSTOOD else (name, None)
        for wording in wordings:
            for text in _forms(wording.text):
                words = tuple(text.lower().split())
                made.setdefault(words[0], {})[_Phrase(words, said, second, part, wording.noun)] = None
    return {word: tuple(phrases) for word, phrases in made.items()}


def _forms(text: str) -> Iterator[str]:
    for plural, fills in ((False, ("", "a ")), (True, ("s", ""))):
        filled = text.replace("{s}", fills[0]).replace("{a}", fills[1]).replace("{the}", "the")
        yield finite(filled, plural)
        yield participle(filled)


@cache
def _names(
    book: Phrasebook, rules: Rules
) -> tuple[dict[tuple[str, ...], tuple[Name, str]], dict[tuple[str, ...], Name]]:
    """Names of subjects (with the noun used), and names of second parts."""
    subjects: dict[tuple[str, ...], tuple[Name, str]] = {}
    seconds: dict[tuple[str, ...], Name] = {("the", "other"): _PRONOUN}
    for side in ("left", "right"):
        seconds["the", side, "one"] = _PRONOUN
    for part, (singular, plural) in book.nouns.items():
        many = tuple(plural.split())
        if part in rules.sided_parts or singular in ("index finger", "side of the back"):
            for side in ("left", "right"):
                one = ("the", side, *singular.split())
                subjects[one], seconds[one] = ((side, part), part), (side, part)
            for word in ("the", "both"):
                subjects[(word, *many)] = ((PLURAL, part), part)
            seconds[("the", *many)] = (PLURAL, part)
            seconds[("the", "opposite", *many)] = (CROSSED, part)
        else:
            one = ("the", *singular.split())
            subjects[one], seconds[one] = ((None, part), part), (None, part)
    for voice in book.voices:
        for person in voice.people:
            subjects[tuple(person.split())] = ((None, "body"), "body")
    for word in ("it", "they"):
        subjects[word,] = (_PRONOUN, word)
    return subjects, seconds
