"""From statements to a paragraph: their order, their wording, their sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from poseloom.base.streams import mix_numbers, text_key
from poseloom.language.posescript.draws import Draws
from poseloom.language.posescript.phrasebook import BARE, FULL, UNDERSTOOD, Phrasebook, Predicate, Voice
from poseloom.language.posescript.rules import CROSSED, PLURAL, Rules
from poseloom.language.posescript.stages import Said, Statement

WALKS = 64
"""Different walks over the body that descriptions choose from."""
BODY = "body"
_LONGEST = 3
"""Predicates in one sentence; what is left of a statement begins a new one with a pronoun."""
_SENTENCE_SIZES = (1, 2, 2, 3)
_SHAPE_SLOT = re.compile(r"\{(\d)(\+?)\}")
_SIDES = ("left", "right")


# -- order -------------------------------------------------------------------------------------------------------


def ordered(statements: list[Statement], rules: Rules, draws: Draws) -> list[Statement]:
    """Statements along a walk over the body, from the whole to the smallest parts, neighbours near each other."""
    ranks = draws.pick(_walks(rules))
    side = draws.pick(_SIDES)
    last = len(ranks)
    shuffled = draws.shuffled(statements)
    return sorted(shuffled, key=lambda one: ranks.get(_home(one[0][0], side, rules), last))


def _home(subject: tuple[str | None, str], side: str, rules: Rules) -> str:
    """The node of the body that a subject belongs to; both sides are told with one of them."""
    own, part = subject
    if own == PLURAL:
        return f"{side}_{_singulars(rules).get(part, part)}"
    return f"{own}_{part}" if own else part


@cache
def _singulars(rules: Rules) -> dict[str, str]:
    return rules.singulars


@cache
def _walks(rules: Rules) -> tuple[dict[str, int], ...]:
    return tuple(_walk(rules, mix_numbers(text_key("walk"), number)) for number in range(WALKS))


def _walk(rules: Rules, seed: int) -> dict[str, int]:
    """Ranks of body parts in a depth-first walk that takes branches in random order."""
    ranks: dict[str, int] = {}
    stack = [BODY]
    while stack:
        part = stack.pop()
        if part not in ranks:
            ranks[part] = len(ranks)
            branches = rules.order.get(part, ())
            stack += sorted(branches, key=lambda name: mix_numbers(seed, text_key(name)))
    return ranks


# -- words -------------------------------------------------------------------------------------------------------


class Writer:
    """Writes one description: one voice and one row of draws for all of its sentences."""

    def __init__(self, book: Phrasebook, rules: Rules, draws: Draws, simplified: bool) -> None:
        self._book = book
        self._rules = rules
        self._draws = draws
        self._simplified = simplified
        self._singular = _singulars(rules)
        self.voice: Voice = draws.pick(book.voices)

    def paragraph(self, statements: Sequence[Statement]) -> str:
        """All sentences; empty for no statements."""
        queue = list(statements)
        lines = []
        while queue:
            if len(queue[0][1]) > _LONGEST:
                lines += self._chain(queue.pop(0))
                continue
            size = self._size(queue)
            lines.append(self._sentence(queue[:size]))
            del queue[:size]
        return " ".join([f"{line[0].upper()}{line[1:]}." for line in lines])

    def _size(self, queue: list[Statement]) -> int:
        """How many of the next statements make one sentence: short ones after any one."""
        wanted = self._draws.pick(_SENTENCE_SIZES)
        if len(queue[0][1]) > 1 or len(queue[0][0]) > 1:
            wanted = min(wanted, 2)
        size = 1
        while size < wanted and size < len(queue) and _is_light(queue[size]):
            size += 1
        return size

    def _sentence(self, statements: list[Statement]) -> str:
        shape = self._draws.pick(self._book.shapes[len(statements)])
        for number, statement in enumerate(statements):
            bare = f"{{{number}{BARE}}}" in shape
            slot = f"{{{number}{BARE if bare else ''}}}"
            clause = self._clause(statement, bare)
            if " and " in clause:
                shape = shape.replace(f"{slot} and ", f"{slot}, and ")
            shape = shape.replace(slot, clause)
        return str(shape)

    def _clause(self, statement: Statement, bare: bool) -> str:
        subject, predicates = self._parts(statement)
        return f"{subject} {_joined(predicates, bare)}"

    def _chain(self, statement: Statement) -> list[str]:
        """Sentences for a subject of which much is told: the second and later ones begin with a pronoun."""
        subject, predicates = self._parts(statement)
        pronoun = self._pronoun(statement[0], subject)
        count = -(-len(predicates) // _LONGEST)
        bounds = [len(predicates) * number // count for number in range(count + 1)]
        pieces = [predicates[first:last] for first, last in pairwise(bounds)]
        starts = [subject, *[pronoun] * (count - 1)]
        return [f"{start} {_joined(piece, bare=False)}" for start, piece in zip(starts, pieces, strict=True)]

    def _parts(self, statement: Statement) -> tuple[str, list[Predicate]]:
        """The words for the subjects, and a wording for everything that is told of them."""
        subjects, told = statement
        (own, part), *others = subjects
        person = self._draws.pick(self.voice.people) if part == BODY else ""
        plural = bool(others) or own == PLURAL or part in self._book.plural_nouns or person in self._book.plural_people
        if own == PLURAL:
            part = self._singular.get(part, part)
        if others and any(self._singular.get(name, name) != part for _, name in others):
            part = ""
        predicates = self._predicates(part, plural, bool(others), told)
        noun = predicates[0].noun
        if person and not noun:
            return person, predicates
        return self._subject(subjects, noun), predicates

    def _predicates(self, part: str, plural: bool, several: bool, told: Sequence[Said]) -> list[Predicate]:
        """A wording for everything that is told; states before actions, so that they can share a verb."""
        plain = several or len(told) > 1
        made = [self._draws.pick(self._options(part, plural, several, said, plain)) for said in told]
        return made if made[0].is_state else sorted(made, key=lambda one: not one.is_state)

    def _options(self, part: str, plural: bool, several: bool, said: Said, plain: bool) -> tuple[Predicate, ...]:
        """The wordings to choose from; `plain` ones keep the statement's own noun."""
        form = self._form(part, several, said)
        return self._book.options(said, part, plural, self.voice.the, form, plain)

    def _form(self, part: str, several: bool, said: Said) -> str:
        """How the second part is named."""
        interpretation, side2, part2 = said
        if part2 is None or self._simplified or side2 in (PLURAL, CROSSED):
            return FULL
        if (part, interpretation, part2) in self._rules.understood:
            return UNDERSTOOD
        if part == part2 and not several and side2:
            return str(self._draws.pick(self._book.same_part))
        return FULL

    def _subject(self, subjects: Sequence[tuple[str | None, str]], noun: str) -> str:
        book, the = self._book, self.voice.the
        return listed(
            [book.subject(side, part, the, side == PLURAL and self._draws.chance(0.5), noun) for side, part in subjects]
        )

    def _pronoun(self, subjects: Sequence[tuple[str | None, str]], said: str) -> str:
        (side, part), *others = subjects
        if part == BODY:
            return said if said in self._book.plural_people else self.voice.pronoun
        return "they" if others or side == PLURAL or part in self._book.plural_nouns else "it"


def _is_light(statement: Statement) -> bool:
    """Short enough to share a sentence with others."""
    subjects, told = statement
    return subjects[0][1] != BODY and len(subjects) < 3 and len(told) < 3 and len(subjects) + len(told) < 4


def _joined(predicates: Sequence[Predicate], bare: bool) -> str:
    """``is bent``, ``is bent and close to the body``; after with: ``bent and close to the body``."""
    first, *rest = predicates
    parts = [first.bare if bare else first.finite]
    parts += [one.bare if bare or first.is_state else one.finite for one in rest]
    return listed(parts)


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
