"""Reads descriptions back: from English to facts. Whatever it cannot read is reported, so that bad grammar shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from poseloom.language.description.fact import Fact
from poseloom.language.description.phrases import Phrases, finite, imperative, participle, phrases_of
from poseloom.language.description.sentences import LIMB_NOUN
from poseloom.language.tables import TABLES

_TOKEN = re.compile(r"[\w-]+|,")
_LINKS = frozenset([",", "and", "while", "with"])
_OF_PERSON = re.compile(r"\b(?:their|his|her|your)\b")
_END, _BULLET = re.compile(r"\.(?:\s+|$)|\n"), re.compile(r"(?m)^- ")
_LONGEST = 20
"""Words of the longest phrase, and more."""
_LONGEST_SHOWN = 500
"""Letters of a sentence that are told where a word of it cannot be read."""
_OTHER = {"left": "right", "right": "left"}
_PERSON = "person"
_SUBJECTS = {
    **{"posture": _PERSON, "lean": _PERSON, "feet": "foot"},
    **{"arms": "arm", "hands": "hand", "knees": "knee", "legs": "leg"},
}
"""The noun that a fact is about, where its name does not begin with it."""
_LEVEL = 2
"""Dots in a name such as ``arm.upright.level``, which a sector may follow."""
_SPECIAL = {
    **{"feet.toes": "heel", "feet.heel": "heel", "legs.ankles_crossed": "ankle"},
    **{"twist1": "trunk", "twist2": "trunk"},
}
_COUNTED = {"feet.toes": True, "feet.heel": False}
"""Facts of which the same words mean another one where they are said of one or of both."""
_JOINTS = {"arm": "elbow", "leg": "knee"}
"""Of what is told to be straight as well."""
_WAY, _PLACE = re.compile(r"\{(side|other)\}"), "{place}"


@dataclass
class Reading:
    """What a description says; the group of a fact and the wording of its context stay open."""

    said: list[list[Fact]] = field(default_factory=list)
    """For every statement in the text, the facts that it may stand for."""
    unread: list[str] = field(default_factory=list)

    def disagreements(self, facts: list[Fact]) -> list[str]:
        """What is said and is not among the facts, what is among them and not said, and what cannot be read."""
        known = {replace(fact, group="") for fact in facts}
        found = [f"unread: {words}" for words in self.unread]
        told: set[Fact] = set()
        for options in self.said:
            holds = known.intersection(options)
            told |= holds
            if not holds:
                found.append(f"false: {options[0]}")
        return found + [f"not said: {fact}" for fact in known - told]


@dataclass(frozen=True)
class _Phrase:
    words: tuple[str, ...]
    subject: str
    name: str
    sector: str
    way: str
    """``left`` or ``right`` where the words name a side, else empty."""
    target: str
    target_side: str
    plural: bool | None
    """Whether the words are those of several; None: of both alike."""
    straight: str = ""
    """The joint of the limb that is said to be straight besides."""


def read_description(text: str) -> Reading:
    """The facts that a description of any style states.

    Any text can be read: sentences that are not the describer's own end up among the unread ones. `agreement` also
    understands how people speak of poses.
    """
    reading = Reading()
    for _, sentence in read_sentences(text):
        reading.said += sentence.said
        reading.unread += sentence.unread
    return reading


def read_sentences(text: str) -> Iterator[tuple[str, Reading]]:
    """Each sentence and what it says."""
    reader = _Reader(phrases_of(TABLES / "phrases.json"))
    for sentence in _sentences_of(text):
        yield sentence, reader.read(sentence)


def _sentences_of(text: str) -> list[str]:
    """The sentences of a description, small letters first, with the person's own words for "the" put back."""
    made = (sentence.strip() for sentence in _END.split(_BULLET.sub("", text)))
    return [_OF_PERSON.sub("the", sentence[0].lower() + sentence[1:]) for sentence in made if sentence]


def _shown(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_SHOWN else f"{sentence[:_LONGEST_SHOWN]}…"


class _Reader:
    """Goes through sentences from left to right, taking the longest phrase that fits."""

    def __init__(self, phrases: Phrases) -> None:
        self._out = Reading()
        self._lexicon, self._bare = _lexicons(phrases)
        self._names = _names(phrases)
        self._commands = _commands(phrases)
        self._noun, self._side = _PERSON, ""
        self._main = ""

    def read(self, sentence: str) -> Reading:
        self._out = Reading()
        words = tuple(_TOKEN.findall(sentence))
        place = 0
        while place < len(words):
            size = self._subject(words, place) or self._predicate(words, place) or self._command(words, place)
            if not size and words[place] in _LINKS:
                size = 1
            if not size:
                self._out.unread.append(f"{words[place]} (in {_shown(sentence)!r})")
            place += max(size, 1)
        return self._out

    def _subject(self, words: tuple[str, ...], place: int) -> int:
        for size in range(min(5, len(words) - place), 0, -1):
            found = self._names.get(words[place : place + size])
            if found is not None:
                self._noun, side = found
                if side in ("left", "right", "both"):
                    self._main = side
                self._side = self._main if side == "the same" else side
                return size
        return 0

    def _predicate(self, words: tuple[str, ...], place: int) -> int:
        best = self._longest(words, place, self._lexicon)
        if not best:
            person = [one for one in self._lexicon.get(words[place], ()) if one.name.startswith("lean")]
            best = [one for one in person if words[place : place + len(one.words)] == one.words]
        if best:
            self._out.said.append([fact for one in best for fact in self._facts(one)])
            if best[0].straight:
                self._out.said.append([Fact("", best[0].straight, "bend.straight", side=self._side)])
            return len(best[0].words)
        return 0

    def _command(self, words: tuple[str, ...], place: int) -> int:
        """``raise the left arm up``: what it takes to say "the left arm is raised up" or "the left arm points up"."""
        if words[place] not in self._commands or place + 1 == len(words):
            return 0
        kept = self._noun, self._side, self._main
        subject = self._subject(words, place + 1)
        start = place + 1 + subject
        rest = words[start : start + _LONGEST]
        best: list[_Phrase] = []
        longest = 0
        for state in self._commands[words[place]] if subject else ():
            tries = [(state, *rest), (*rest[:1], state, *rest[1:])] if state else [rest]
            for said in tries:
                found = self._longest(said, 0, self._bare) if said else []
                size = len(found[0].words) - bool(state) if found else 0
                if found and (not best or size > longest):
                    best, longest = found, size
        if not best:
            self._noun, self._side, self._main = kept
            return 0
        self._out.said.append([fact for one in best for fact in self._facts(one)])
        return 1 + subject + longest

    def _longest(self, words: tuple[str, ...], place: int, lexicon: _Lexicon) -> list[_Phrase]:
        """The longest phrases that fit the words and the subject."""
        best: list[_Phrase] = []
        for phrase in lexicon.get(words[place], ()):
            fits = words[place : place + len(phrase.words)] == phrase.words and self._suits(phrase)
            if fits and (not best or len(phrase.words) >= len(best[0].words)):
                best = [one for one in best if len(one.words) == len(phrase.words)] + [phrase]
        return best

    def _suits(self, phrase: _Phrase) -> bool:
        if phrase.plural is not None and phrase.plural != (self._side == "both"):
            return False
        limb = {LIMB_NOUN[noun] for noun in LIMB_NOUN if noun == phrase.subject and phrase.name == "bend.straight"}
        return self._noun == phrase.subject or self._noun in limb

    def _facts(self, phrase: _Phrase) -> Iterator[Fact]:
        """A named side is that of the subject (or its other one), or else the direction of a lean or a turn."""
        fact = Fact("", phrase.subject, phrase.name, sector=phrase.sector, target=phrase.target)
        if phrase.subject in (_PERSON, "head", "trunk"):
            yield replace(fact, direction=phrase.way)
        elif not phrase.way or phrase.way == self._side:
            side = phrase.target_side
            yield replace(fact, side=self._side, target_side=side)
            if side == "own" and self._side in _OTHER:
                yield replace(fact, side=self._side, target_side="")


# -- what the reader knows ---------------------------------------------------------------------------------------


@cache
def _names(phrases: Phrases) -> dict[tuple[str, ...], tuple[str, str]]:
    """Subjects: the noun and the side; a limb without a side has that of the limb before."""
    made: dict[tuple[str, ...], tuple[str, str]] = {}
    for noun, (singular, plural) in phrases.nouns.items():
        one, many = tuple(singular.split()), tuple(plural.split())
        made[("the", *one)] = (noun, "" if noun in ("head", "trunk") else "the same")
        for word in ("the", "both"):
            made[(word, *many)] = (noun, "both")
        for side in ("left", "right"):
            made[("the", side, *one)] = (noun, side)
    made["both", "the", "hands"] = ("hand", "both")
    return made | {tuple(person.split()): (_PERSON, "") for person in phrases.people}


_Lexicon = dict[str, tuple[_Phrase, ...]]
"""Phrases by their first word."""


@cache
def _lexicons(phrases: Phrases) -> tuple[_Lexicon, _Lexicon]:
    """Every phrase in every form that a statement needs, and in those that follow a command."""
    made: tuple[dict, dict] = ({}, {})
    sectors = {one for rows in phrases.sectors.values() for one in rows}
    for table in (phrases.wordings, phrases.spoken, phrases.stretched):
        for full, wordings in table.items():
            name, _, last = full.rpartition(".")
            name, sector = (name, last) if last in sectors and name.count(".") == _LEVEL else (full, "")
            straight = _JOINTS[name.split(".")[0]] if table is phrases.stretched else ""
            for wording in wordings:
                for lexicon, forms in zip(made, (_forms, _forms_after_command), strict=True):
                    for phrase in _phrases(phrases, name, sector, wording, forms):
                        lexicon.setdefault(phrase.words[0], {})[replace(phrase, straight=straight)] = None
    stated, commanded = ({word: tuple(rows) for word, rows in lexicon.items()} for lexicon in made)
    return stated, commanded


@cache
def _commands(phrases: Phrases) -> dict[str, tuple[str, ...]]:
    """Verbs of a coach: ``raise`` -> the words that say the state, ``raised``; empty where the words follow."""
    made = {
        do: tuple(state for state, verb in phrases.imperatives.items() if verb == do)
        for do in phrases.imperatives.values()
    }
    for verb in phrases.led:
        made[verb] = (*made.get(verb, ()), verb)
    return made | {"let": ("",), "keep": ("",)}


def _phrases(phrases: Phrases, name: str, sector: str, wording: str, forms: _Forms) -> Iterator[_Phrase]:
    subject = _SPECIAL.get(name) or _SUBJECTS.get(name.split(".")[0], name.split(".")[0])
    subjects = ("elbow", "knee") if name.startswith("bend") else (subject,)
    for plural in (_COUNTED[name],) if name in _COUNTED else (False, True):
        for text, said, way, target, target_side in _filled(phrases, name, sector, wording, plural):
            for form in forms(text, plural, name):
                words = tuple(_TOKEN.findall(form))
                if words:
                    for noun in subjects:
                        yield _Phrase(words, noun, name, said, way, target, target_side, plural)


def _forms(text: str, plural: bool, name: str) -> Iterator[str]:
    yield finite(text, plural)
    yield participle(text)
    if name.startswith("lean"):
        yield participle(text).split(maxsplit=1)[1]  # a second lean shares the verb of the first one
    if name.startswith("posture"):
        yield imperative(text)


def _forms_after_command(text: str, plural: bool, name: str) -> Iterator[str]:
    yield finite(text, plural=True)
    yield participle(text)


_Forms = Callable[[str, bool, str], Iterator[str]]


def _filled(
    phrases: Phrases, name: str, sector: str, wording: str, plural: bool
) -> Iterator[tuple[str, str, str, str, str]]:
    """The wording with its slots filled in every way: text, sector, side that it names, target, side of the target."""
    text = wording.replace("{their}", "the").replace("{the}", "the").replace("{s}", "s" if plural else "")
    context = "zones" if name.startswith("hand") else name.split(".")[1] if "." in name else ""
    options = [(text, sector)]
    if "{sector}" in text:
        sectors = phrases.sectors.get(context) or phrases.spoken_sectors[context]
        chosen = {sector: sectors[sector]} if sector else sectors
        options = [
            (text.replace("{sector}", word.replace("{s}", "s" if plural else "")), said)
            for said, words in chosen.items()
            for word in words
        ]
        if name == "hands.together":
            options.append((text.replace("{sector}", "").strip(), ""))
    for said, which in options:
        for way in ("left", "right") if _WAY.search(said) else ("",):
            sided = said.replace("{side}", way).replace("{other}", _OTHER.get(way, ""))
            target = name.rpartition(".")[2] if name.startswith("hand.at") else ""
            if _PLACE not in sided:
                yield sided, which, way, target, ""
                continue
            one, many = phrases.nouns[target]
            for side in ("left", "right"):
                yield sided.replace(_PLACE, f"the {side} {one}"), which, way, target, side
            yield sided.replace(_PLACE, f"the {many if plural else one}"), which, way, target, "own"
            yield sided.replace(_PLACE, f"the opposite {many}"), which, way, target, "other"
