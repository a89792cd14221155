"""Reads instructions back: from English to claims. What it cannot read is reported; no text is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from poseloom.language.claims.claim import Claim, InstructionReading, Measure, Source
from poseloom.language.claims.lexicon import (
    NUMBER,
    OTHER_SIDE,
    OTHER_WAY,
    PART,
    PLACE,
    SIDE,
    InstructionLexicon,
    Pattern,
    lexicon_of,
)
from poseloom.language.instruction.change import BOTH, OPPOSITE, OTHER, OWN
from poseloom.language.instruction.sentences import TURN_STEP

_SENTENCE = re.compile(r"[.!?\n]+")
_TOKEN = re.compile(r"[\w-]+|,")
_KNOWN = 4096
"""Texts remembered."""
_MIDDLE = ("head", "trunk", "body", "torso", "back", "face", "chin", "back_of_head", "top_of_head", "ground")
_OWNERS = ("your", "the", "my", "their", "his", "her")
_PRONOUNS = ("it", "them", "they", "itself")
_PARTLESS = (
    Measure.POSTURE,
    Measure.TURN,
    Measure.LEAN,
    Measure.TWIST,
    Measure.HEAD,
    Measure.NEUTRAL,
    Measure.HIPS,
    Measure.SAME,
)
_OF_BOTH = (Measure.TOGETHER, Measure.CROSSED)
_APART = ("apart", "together")
"""Steps that are told of both feet, which the words name themselves."""
_LONGEST_NOUN = 5

Named = tuple[str, str]
"""A part and its side; the side is empty where it is in the middle, or not said."""


def read_instruction(text: str, source: Source | None = None) -> InstructionReading:
    """What an instruction claims, whoever wrote it.

    Args:
        text: any text; what cannot be read is listed word by word.
        source: take the words of `instruct` or of `instructions` alone; None: both, and what people say.
    """
    said, unread = _read(text, source)
    return InstructionReading(list(said), list(unread))


@lru_cache(_KNOWN)
def _read(text: str, source: Source | None) -> tuple[tuple[tuple[Claim, ...], ...], tuple[str, ...]]:
    reader = _Reader(lexicon_of(source))
    for sentence in _SENTENCE.split(text.lower()):
        reader.sentence(sentence)
    return tuple(reader.said), tuple(reader.unread)


@dataclass(frozen=True)
class _Match:
    """A pattern found in the words."""

    pattern: Pattern
    end: int
    parts: tuple[Named, ...]
    place: Named | None
    side: str
    amount: float | None


class _Reader:
    """Goes through sentences from left to right, taking the longest pattern that fits."""

    def __init__(self, lexicon: InstructionLexicon) -> None:
        self._lexicon = lexicon
        self.said: list[tuple[Claim, ...]] = []
        self.unread: list[str] = []
        self._subject: tuple[Named, ...] = ()
        self._words: list[str] = []
        self._commas: list[bool] = []
        self._moving = False

    def sentence(self, text: str) -> None:
        """Read one sentence; sides and pronouns are carried over from the one before."""
        self._split(text)
        self._moving = False
        place = 0
        while place < len(self._words):
            found = self._matches(place)
            parts = None if found else self._parts(place)
            if found:
                self._take(found)
                place = found[0].end
            elif parts:
                place, self._subject = parts[0], parts[1]
            else:
                if self._words[place] not in self._lexicon.fillers | self._lexicon.degrees:
                    self.unread.append(self._words[place])
                place += 1

    def _split(self, text: str) -> None:
        self._words, self._commas = [], []
        comma = False
        for token in _TOKEN.findall(text):
            if token == ",":
                comma = True
            elif token.strip("-_"):
                self._words.append(self._lexicon.synonyms.get(token, token))
                self._commas.append(comma)
                comma = False

    # -- patterns ------------------------------------------------------------------------------------------------

    def _matches(self, place: int) -> list[_Match]:
        """The longest patterns that begin here."""
        best: list[_Match] = []
        for pattern in self._lexicon.patterns.get(self._words[place], ()):
            if not pattern.alone and not self._moving:
                continue
            found = self._match(pattern, place)
            if found is None or not self._suits(found):
                continue
            if not best or found.end > best[0].end:
                best = [found]
            elif found.end == best[0].end:
                best.append(found)
        return best

    def _match(self, pattern: Pattern, place: int) -> _Match | None:
        words, where, side, amount = self._words, None, "", None
        parts: tuple[Named, ...] = ()
        for word in pattern.words:
            if word == PART:
                group = self._parts(place)
                if group is None:
                    return None
                place, parts = group
                continue
            if place >= len(words):
                return None
            if word == PLACE:
                spot = self._place(place, parts or self._subject)
                if spot is None:
                    return None
                place, where = spot
                continue
            if word in (SIDE, OTHER_SIDE):
                if words[place] not in OPPOSITE:
                    return None
                side = words[place] if word == SIDE else OPPOSITE[words[place]]
            elif word == NUMBER:
                if not words[place].isdigit():
                    return None
                amount = float(words[place])
            elif words[place] != word:
                return None
            place += 1
        return _Match(pattern, place, parts, where, side, amount)

    def _suits(self, found: _Match) -> bool:
        claim, nouns = found.pattern.claim, found.pattern.nouns
        if claim is None or _is_partless(claim):
            return True
        parts = found.parts or self._subject
        if claim.measure in (Measure.HAND_AT, Measure.HAND_IN):
            right = all(part == "hand" for part, _ in parts) and bool(parts)
            return right and (found.place is None or found.place[0] == claim.place)
        return bool(parts) and (not nouns or all(part in nouns for part, _ in parts))

    def _take(self, found: list[_Match]) -> None:
        parts = next((one.parts for one in found if one.parts), self._subject)
        self._subject = parts
        claims = [(one, one.pattern.claim) for one in found if one.pattern.claim is not None]
        self._moving = self._moving or any(one.parts for one in found)
        if not claims:
            return
        partless = all(_is_partless(claim) for _, claim in claims)
        for part in ((("", ""),) if partless else parts) or (("", ""),):
            options = dict.fromkeys(_claim_of(one, claim, part) for one, claim in claims)
            self.said.append(tuple(options))

    # -- parts of the body ---------------------------------------------------------------------------------------

    def _parts(self, place: int) -> tuple[int, tuple[Named, ...]] | None:
        """A list of parts that begins here: where it ends, and what it names."""
        if place < len(self._words) and self._words[place] in _PRONOUNS:
            return (place + 1, self._subject) if self._subject else None
        first = self._part(place)
        if first is None:
            return None
        end, found = first[0], [first[1]]
        while end < len(self._words):
            skip = 1 if self._words[end] == "and" else 0
            following = self._part(end + skip) if skip or self._commas[end] else None
            if following is None:
                break
            end = following[0]
            found.append(following[1])
        return end, tuple(found)

    def _part(self, place: int) -> tuple[int, Named] | None:
        words, start = self._words, place
        both, side = False, ""
        while place < len(words) and (words[place] in _OWNERS or words[place] in ("both", "of", *OPPOSITE)):
            both = both or words[place] == "both"
            side = words[place] if words[place] in OPPOSITE else side
            place += 1
            if place - start > 4:
                return None
        for size in range(min(_LONGEST_NOUN, len(words) - place), 0, -1):
            found = self._lexicon.nouns.get(tuple(words[place : place + size]))
            if found is not None:
                noun, plural = found
                if noun in _MIDDLE:
                    return place + size, (noun, "")
                if both or (plural and not side):
                    return place + size, (noun, BOTH)
                return place + size, (noun, side or self._last_side())
        return None

    def _last_side(self) -> str:
        """The side of what was named last, where it is one."""
        sides = {side for _, side in self._subject}
        return sides.pop() if len(sides) == 1 else ""

    def _place(self, place: int, subject: tuple[Named, ...]) -> tuple[int, Named] | None:
        """One part that something is at: on the own side, on the other one, or the other one of the same part."""
        words = self._words
        part, side = subject[0] if subject else ("", "")
        if words[place : place + 2] == ["each", "other"]:
            return place + 2, (part, OTHER)
        if words[place] == "the" and place + 1 < len(words):
            following = words[place + 1]
            if following == "opposite":
                noun = self._part(place + 2)
                return None if noun is None else (noun[0], (noun[1][0], OTHER))
            one = words[place + 2 : place + 3] == ["one"]
            if following == "other" and self._part(place + 2) is None:
                return place + 2 + one, (part, OPPOSITE.get(side, OTHER))
            if following in OPPOSITE and one:
                return place + 3, (part, following)
        named = self._part(place)
        if named is None:
            return None
        end, (name, which) = named
        if words[end : end + 4] == ["on", "the", "same", "side"]:
            return end + 4, (name, OWN)
        return end, (name, OWN if which == BOTH and side == BOTH else which)


def _claim_of(found: _Match, claim: Claim, part: Named) -> Claim:
    """The claim of one part, with the sides that the words name."""
    noun, side = part
    if claim.measure in _PARTLESS:
        if found.amount is not None:
            half = TURN_STEP / 2
            claim = replace(claim, least=found.amount - half, most=found.amount + half)
        if claim.way == OTHER_WAY:
            return replace(claim, side=OPPOSITE[found.side], way="side")
        return replace(claim, side=found.side)
    if _is_partless(claim):
        return replace(claim, side=BOTH)
    way = found.side if claim.way == "side" else claim.way
    if found.place is None:
        return replace(claim, part=noun, side=side, way=way)
    return replace(claim, part=noun, side=side, way=way, place=found.place[0], place_side=found.place[1])


def _is_partless(claim: Claim) -> bool:
    """Whether the words say whom a claim is about without a slot for it."""
    steps = claim.measure is Measure.STEP and claim.way in _APART
    return steps or claim.measure in _PARTLESS or claim.measure in _OF_BOTH
