"""Sentences from the facts of one pose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any

from poseloom.base.errors import FileError
from poseloom.language.description.fact import Fact, blind_key
from poseloom.language.description.phrases import Dice, Phrases, Voice, finite, participle, steady_choice

_SLOT = re.compile(r"\{(\w+)\}")
_OTHER = {"left": "right", "right": "left"}
LIMB_NOUN = {"elbow": "arm", "knee": "leg"}
_STRAIGHT = ("bend.straight",)
_JOINS_ALL = ("hands.together",)


class Writer:
    """Writes the sentences on one pose; one voice and one row of choices for all of them.

    Args:
        phrases: the words.
        seed: chooses among them.
        facts: what is told.
        steady: each choice hangs on the seed and on the facts that it words, not on all that is told: what is said of
            one limb stays word for word while another one moves.
    """

    joins: tuple[str, ...] = (" and ", ", while ")
    """Between two short clauses on different limbs."""

    def __init__(self, phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False) -> None:
        self._phrases = phrases
        self._seed, self._steady = seed, steady
        self._dice = Dice(seed, () if steady else (sum(map(blind_key, facts)),))
        self._voice: Voice = self._dice.pick(phrases.voices)
        self._facts = facts

    def paragraph(self) -> str:
        """The whole description."""
        return " ".join(line for line, _ in self.sentences())

    def sentences(self) -> list[tuple[str, list[Fact]]]:
        """All sentences, each with the facts that it tells."""
        groups = {name: list(facts) for name, facts in groupby(self._facts, key=lambda fact: fact.group)}
        body, trunk, head = (groups.get(name, []) for name in ("body", "trunk", "head"))
        leans = [fact for fact in trunk if fact.subject == "person"]
        made = [(self._opening(body, trunk), [*body, *leans])]
        twist = [fact for fact in trunk if fact not in leans]
        made += [(line, [*twist, *head]) for line in self._middle(trunk, head)]
        for name in ("arms", "legs"):
            made += self._limbs(groups.get(name, []))
        first, *others = made
        others.sort(key=lambda row: -max((telling(self._phrases, fact) for fact in row[1]), default=0))
        return [(sentence(line), facts) for line, facts in (first, *others) if line]

    def single(self, fact: Fact) -> str:
        """One fact as a sentence of its own."""
        if fact.subject == "person":
            return sentence(f"{self._phrases.people[0]} {finite(self._said(fact), plural=False)}")
        return sentence(self._clause(fact))

    def clause_for_you(self, fact: Fact) -> str:
        """One fact as a clause of an instruction: ``the hand is on the left hip``, the limb being named already."""
        form = "short" if fact.side != "both" else "sided"
        subject = self._subject(fact, form).replace(self._voice.the, "the", 1)
        return f"{subject} {finite(self._said(fact), fact.side == 'both')}"

    def _pick(self, options: tuple, facts: Iterable[Fact]) -> Any:
        """One of the options, to word these facts with."""
        if not self._steady:
            return self._dice.pick(options)
        return options[steady_choice(self._seed, sum(map(blind_key, facts)), options)]

    # -- kinds of sentence ---------------------------------------------------------------------------------------

    def _opening(self, body: list[Fact], trunk: list[Fact]) -> str:
        """``The person stands with the feet together, leaning slightly forward``."""
        if not body:
            return self._leaning(trunk)
        posture, *feet = body
        line = f"{self._pick(self._phrases.people, [posture])} {finite(self._said(posture), plural=False)}"
        details = [f"{self._subject(fact, 'full')} {participle(self._said(fact))}" for fact in feet]
        if details:
            line += f"{', and' if ' with ' in line else ''} with {listed(details)}"
        return self._with_leans(line, trunk)

    def _leaning(self, trunk: list[Fact]) -> str:
        """Opens the text of somebody whose posture is not told; empty where nothing of the whole body is."""
        leans = [finite(self._said(fact), plural=False) for fact in trunk if fact.subject == "person"]
        return f"{self._pick(self._phrases.people, ())} {listed(leans)}" if leans else ""

    def _with_leans(self, line: str, trunk: list[Fact]) -> str:
        """The opening with what the person does besides: ``, leaning slightly forward and far to the left``."""
        leans = [participle(self._said(fact)) for fact in trunk if fact.subject == "person"]
        if len(leans) == 2 and leans[0].split()[0] == leans[1].split()[0]:
            leans[1] = leans[1].split(maxsplit=1)[1]
        return f"{line}, {listed(leans)}" if leans else line

    def _middle(self, trunk: list[Fact], head: list[Fact]) -> list[str]:
        """``The trunk is twisted to the left, and the head is lowered and turned to the right``."""
        clauses = []
        for facts in ([fact for fact in trunk if fact.subject != "person"], head):
            if facts:
                said = [self._said(fact) for fact in facts]
                rest = [participle(one) for one in said[1:]]
                clauses.append(f"{self._subject(facts[0], 'full')} {listed([finite(said[0], False), *rest])}")
        return [self._pick((", and ", ", while "), [*trunk, *head]).join(clauses)] if clauses else []

    def _limbs(self, facts: list[Fact]) -> list[tuple[str, list[Fact]]]:
        return [self._worded(limbs) for limbs in grouped(facts)]

    def _worded(self, limbs: list[list[Fact]]) -> tuple[str, list[Fact]]:
        """One sentence on one limb, or on two of which there is little to say."""
        told = [fact for limb in limbs for fact in limb]
        if len(limbs) == 1:
            return self._clause_with(told), told
        return self._pick(self.joins, told).join(self._clause(fact) for fact in told), told

    # -- clauses -------------------------------------------------------------------------------------------------

    def _clause(self, fact: Fact) -> str:
        return f"{self._subject(fact, 'full')} {finite(self._said(fact), fact.side == 'both')}"

    def _clause_with(self, facts: list[Fact]) -> str:
        """A main clause and what goes with it, either as ``, with ...`` or as clauses of its own."""
        main, *rest = facts
        same = [fact for fact in rest if fact.subject == main.subject and fact.side == main.side]
        rest = [fact for fact in rest if fact not in same]
        start = listed([self._clause(main), *(participle(self._said(fact)) for fact in same)])
        if not rest:
            return start
        if self._pick((True, True, False), facts):
            details = [f"{self._subject(fact, self._form(main, fact))} {participle(self._said(fact))}" for fact in rest]
            return f"{start}, with {listed(details)}"
        clauses = [
            f"{self._subject(fact, self._form(main, fact))} {finite(self._said(fact), fact.side == 'both')}"
            for fact in rest
        ]
        return listed([start, *clauses], comma_before_and=True)

    @staticmethod
    def _form(main: Fact, fact: Fact) -> str:
        return "short" if fact.side == main.side else "sided"

    def _subject(self, fact: Fact, form: str) -> str:
        """``the left elbow``, ``both elbows`` or, where the side is known already, ``the elbow``."""
        noun = fact.subject
        if form == "full" and fact.name in _STRAIGHT:
            noun = LIMB_NOUN.get(noun, noun)
        if form == "sided":
            form = "full"
        singular, plural = self._noun(noun)
        if fact.side == "both":
            return (
                f"both {plural}"
                if form == "full" and fact.group != "body" and self._pick((True, False), [fact])
                else f"{self._the(form)} {plural}"
            )
        return (
            f"{self._voice.the} {fact.side} {singular}"
            if fact.side and form == "full"
            else f"{self._the(form)} {singular}"
        )

    def _the(self, form: str) -> str:
        return self._voice.the if form == "full" else "the"

    def _said(self, fact: Fact) -> str:
        """A wording of the fact with its slots filled; verbs still in brackets."""
        return self._filled(self._pick(self._wordings(fact), [fact]), fact)

    def _filled(self, wording: str, fact: Fact) -> str:
        return _SLOT.sub(lambda slot: self._slot(slot[1], fact), wording).replace("  ", " ").strip()

    def _wordings(self, fact: Fact) -> tuple[str, ...]:
        try:
            wordings = self._phrases.wordings
            return wordings.get(f"{fact.name}.{fact.sector}") or wordings[fact.name]
        except KeyError:
            raise FileError(self._phrases.path, "this entry is missing", field=f"phrases.{fact.name}") from None

    def _slot(self, slot: str, fact: Fact) -> str:
        side = fact.direction or fact.side
        plural = fact.side == "both"
        if slot == "sector":
            wording = self._pick(self._sector(fact), [fact]) if fact.sector else ""
            return wording.replace("{s}", "s" if plural else "")
        if slot == "place":
            singular, many = self._noun(fact.target)
            if fact.target_side in _OTHER:
                return f"the {fact.target_side} {singular}"
            return f"the opposite {many}" if fact.target_side == "other" else f"the {many if plural else singular}"
        words = {"s": "s" if plural else "", "their": self._voice.their, "the": self._voice.the, "side": side}
        return words[slot] if slot in words else _OTHER.get(side, side)

    def _sector(self, fact: Fact) -> tuple[str, ...]:
        context = "zones" if fact.subject == "hand" else fact.name.split(".")[1]
        try:
            return self._phrases.sectors[context][fact.sector]
        except KeyError:
            raise FileError(
                self._phrases.path, "this entry is missing", field=f"sectors.{context}.{fact.sector}"
            ) from None

    def _noun(self, name: str) -> tuple[str, str]:
        try:
            return self._phrases.nouns[name]
        except KeyError:
            raise FileError(self._phrases.path, "this entry is missing", field=f"nouns.{name}") from None


def telling(phrases: Phrases, fact: Fact) -> int:
    """How much a fact tells: the value of the longest entry in the phrase file that its name begins with."""
    return _telling(phrases, fact.name)


@lru_cache(maxsize=1 << 12)
def _telling(phrases: Phrases, fact: str) -> int:
    names = [name for name in phrases.telling if fact.startswith(name)]
    return phrases.telling[max(names, key=len)] if names else 1


def sentence(line: str) -> str:
    """The line with a capital and a full stop."""
    return f"{line[0].upper()}{line[1:]}."


def grouped(facts: list[Fact]) -> list[list[list[Fact]]]:
    """The facts of arms or legs by sentence and limb: a sentence a limb, or one where there is one fact of each."""
    if not facts:
        return []
    limbs = [facts] if facts[0].name in _JOINS_ALL else _by_limb(facts)
    return [limbs] if len(limbs) == 2 and all(len(limb) == 1 for limb in limbs) else [[limb] for limb in limbs]


def _by_limb(facts: list[Fact]) -> list[list[Fact]]:
    """Facts of one side belong together; details of single limbs join a fact that was told of both."""
    groups: list[list[Fact]] = []
    for fact in facts:
        detail = bool(groups) and fact.subject in LIMB_NOUN and groups[-1][0].side == "both"
        if groups and (groups[-1][0].side == fact.side or (detail and groups[-1][0].subject not in LIMB_NOUN)):
            groups[-1].append(fact)
        else:
            groups.append([fact])
    return groups


def listed(parts: Iterable[str], comma_before_and: bool = False) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = parts
    if not most:
        return last
    comma = "," if comma_before_and or len(most) > 1 else ""
    return f"{', '.join(most)}{comma} and {last}"
