"""Styles of descriptions: the whole paragraph, a short text, a list, and what a coach says."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from poseloom.base.errors import PoseloomError, closest
from poseloom.language.description.fact import Fact
from poseloom.language.description.phrases import Phrases, Voice, imperative, participle
from poseloom.language.description.sentences import Writer, listed, telling
from poseloom.language.description.spoken import SpokenWriter

SHORT = 3
"""Sentences of a short text, unless told otherwise."""
_VERB = re.compile(r"\[(\w+)\] ?")
_SIDED = re.compile(r"\bthe(?= (?:left|right) \w)")

Row = tuple[str, list[Fact]]
"""A sentence, or a line of a list, and the facts that it tells."""
Style = Callable[[Phrases, int, list[Fact], bool], list[Row]]
"""Writes the sentences on one pose from phrases, seed and facts; the last says whether choices are steady."""


def paragraph(
    phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False, writer: type[Writer] = Writer
) -> list[Row]:
    """Everything, in sentences."""
    return writer(phrases, seed, facts, steady).sentences()


def short(
    phrases: Phrases,
    seed: int,
    facts: list[Fact],
    steady: bool = False,
    writer: type[Writer] = Writer,
    sentences: int = SHORT,
) -> list[Row]:
    """The posture, then the sentences with the most telling facts; what tells nothing is left out."""
    kept = [fact for fact in facts if telling(phrases, fact)]
    return writer(phrases, seed, kept, steady).sentences()[:sentences]


def lines(phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False) -> list[Row]:
    """One fact a line."""
    writer = Writer(phrases, seed, facts, steady)
    return [(f"- {writer.single(fact)}", [fact]) for fact in facts]


def coach(phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False) -> list[Row]:
    """What the reader is to do."""
    return Coach(phrases, seed, facts, steady).sentences()


STYLES: dict[str, Style] = {"paragraph": paragraph, "short": short, "list": lines, "coach": coach}


def style_of(name: str, sentences: int = SHORT, people: bool = False) -> Style:
    """The style of a name.

    Args:
        name: one of `STYLES`.
        sentences: bound for ``short``.
        people: as people speak, not as models learn.

    Raises:
        PoseloomError: there is no such style, or a short text is to have no sentence.
    """
    if name not in STYLES:
        raise PoseloomError(
            f"unknown style {name!r}; expected one of {', '.join(STYLES)}{closest(name, tuple(STYLES))}"
        )
    if sentences < 1:
        raise PoseloomError(f"sentences: expected at least 1, got {sentences}")
    writer = SpokenWriter if people else Writer
    write = STYLES[name]
    if name == "short":
        write = partial(short, writer=writer, sentences=sentences)
    elif name == "paragraph":
        write = partial(paragraph, writer=writer)
    return (lambda phrases, *told: write(phrases.for_people, *told)) if people else write


def joint_of(style: str) -> str:
    """What stands between the sentences of a style."""
    return "\n" if style == "list" else " "


class Coach(Writer):
    """Speaks to the reader: "Stand with your feet together. Raise your left arm to the front, with the elbow bent"."""

    joins = (" and ", ", and ")

    def __init__(self, phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False) -> None:
        super().__init__(phrases, seed, facts, steady)
        self._voice = Voice("your", "your")

    def _opening(self, body: list[Fact], trunk: list[Fact]) -> str:
        if not body:
            leans = [self._do(fact) for fact in trunk if fact.subject == "person"]
            return listed(leans) if leans else ""
        posture, *feet = body
        line = self._do(posture)
        details = [f"{self._subject(fact, 'full')} {participle(self._said(fact))}" for fact in feet]
        if details:
            line += f"{', and' if ' with ' in line else ''} with {listed(details)}"
        return self._with_leans(line, trunk)

    def _middle(self, trunk: list[Fact], head: list[Fact]) -> list[str]:
        told = [self._clause(fact) for fact in (*trunk, *head) if fact.subject != "person"]
        return [listed(told, comma_before_and=True)] if told else []

    def _clause(self, fact: Fact) -> str:
        """A fact as something to do: ``raise your left arm to the front``."""
        limb, said = self._subject(fact, "full"), self._said(fact)
        match = _VERB.match(said)
        assert match is not None  # checked when the phrases were loaded
        verb, rest = match[1], _VERB.sub("", said)
        if verb != "be":
            if verb in self._phrases.led and rest:
                return f"{verb} {limb} {rest}"
            return f"let {limb} {verb} {rest}"
        words = rest.split()
        do = self._phrases.imperatives
        for place, word in enumerate(words[:2]):
            if word in do:
                return f"{do[word]} {limb} {' '.join(words[:place] + words[place + 1 :])}".strip()
        return f"keep {limb} {rest}"

    def _clause_with(self, facts: list[Fact]) -> str:
        main, *rest = facts
        same = [fact for fact in rest if fact.subject == main.subject and fact.side == main.side]
        start = listed([self._clause(main), *(self._clause(fact) for fact in same)])
        details = [
            f"{self._subject(fact, self._form(main, fact))} {participle(self._said(fact))}"
            for fact in rest
            if fact not in same
        ]
        return f"{start}, with {listed(details)}" if details else start

    def _do(self, posture: Fact) -> str:
        """``stand on the left leg``; a posture that has no verb of its own is something to get into."""
        wordings = self._wordings(posture)
        active = tuple(one for one in wordings if not one.startswith("[be]"))
        wording = self._pick(active or wordings, [posture])
        said = self._filled(wording, posture)
        return _SIDED.sub("your", imperative(said).strip())
