"""Sentences for people: the first one tells the posture together with what is most telling of it."""

from __future__ import annotations

from itertools import groupby

from poseloom.language.description.fact import Fact
from poseloom.language.description.people import STEPS
from poseloom.language.description.phrases import Phrases, finite, participle
from poseloom.language.description.sentences import Writer, grouped, listed, sentence, telling

_TELLING, _LITTLE = 4, 2
"""How much a limb must tell to join the first sentence; and where that would say no more than that somebody stands."""

Row = tuple[str, list[Fact]]


_JOINTS = {"arm": "elbow", "leg": "knee"}
_KNEE = "knee"
_STEPS = tuple(f"posture.{step}" for step in STEPS)


class SpokenWriter(Writer):
    """Writes as people speak: "Someone stands with the right arm stretched straight up. The feet are wide apart."."""

    def __init__(self, phrases: Phrases, seed: int, facts: list[Fact], steady: bool = False) -> None:
        super().__init__(phrases, seed, facts, steady)
        bends = [fact for fact in facts if fact.name == "bend.straight"]
        self._straight = {fact: bend for bend in bends for fact in facts if self._go_together(fact, bend)}
        """What is told in one with a limb being straight."""

    def sentences(self) -> list[Row]:
        """All sentences, each with the facts that it tells, the most telling ones first."""
        said = set(self._straight.values())
        kept = [fact for fact in self._facts if fact not in said]
        groups = {name: list(facts) for name, facts in groupby(kept, key=lambda fact: fact.group)}
        body, trunk, head = (groups.get(name, []) for name in ("body", "trunk", "head"))
        leans = [fact for fact in trunk if fact.subject == "person"]
        rows = [
            row for name in ("arms", "legs") for limbs in grouped(groups.get(name, [])) for row in self._apart(limbs)
        ]
        feet = body[1:]
        first = self._joining(rows, [*feet, *leans], _is_bare(body)) if body else None
        if first is None:
            told = body[:1] if _is_step(body) else body
            opening = (self._opening(told, trunk), [*told, *leans])
            others = self._feet_and_limbs(body[len(told) :], rows)
        else:
            opening = (self._opening_with(body[0], trunk, first), [body[0], *leans, *_flat(first)])
            others = self._feet_and_limbs(feet, [limbs for limbs in rows if limbs is not first])
        twist = [fact for fact in trunk if fact not in leans]
        others += [(line, [*twist, *head]) for line in self._middle(trunk, head)]
        others.sort(key=lambda row: -self._weight(row[1]))
        return [(sentence(line), self._with_straight(told)) for line, told in (opening, *others) if line]

    def _go_together(self, fact: Fact, bend: Fact) -> bool:
        same = bend.side == fact.side and bend.subject == _JOINTS.get(fact.subject)
        return same and bool(self._stretched(fact))

    def _stretched(self, fact: Fact) -> tuple[str, ...]:
        said = self._phrases.stretched
        return said.get(f"{fact.name}.{fact.sector}") or said.get(fact.name, ())

    def _wordings(self, fact: Fact) -> tuple[str, ...]:
        return self._stretched(fact) if fact in self._straight else super()._wordings(fact)

    def _with_straight(self, told: list[Fact]) -> list[Fact]:
        return [*told, *(self._straight[fact] for fact in told if fact in self._straight)]

    def _weight(self, facts: list[Fact]) -> int:
        """How much the most telling fact tells."""
        return max((telling(self._phrases, fact) for fact in facts), default=0)

    def _apart(self, limbs: list[list[Fact]]) -> list[list[list[Fact]]]:
        """Two limbs in one sentence where both tell much, or neither does."""
        tells = [self._weight(limb) >= _TELLING for limb in limbs]
        return [limbs] if all(tells) or not any(tells) else [[limb] for limb in limbs]

    def _joining(self, rows: list[list[list[Fact]]], rest: list[Fact], bare: bool) -> list[list[Fact]] | None:
        """What the first sentence tells besides the posture: the most telling limb, where it tells as much as feet."""
        first = max(rows, key=lambda limbs: self._weight(_flat(limbs)), default=None)
        least = max(_TELLING, self._weight(rest)) if rest or not bare else _LITTLE
        return None if first is None or self._weight(_flat(first)) < least else first

    def _opening_with(self, posture: Fact, trunk: list[Fact], limbs: list[list[Fact]]) -> str:
        """``The person stands on the left leg, leaning far back, with the right arm raised straight up``."""
        line = f"{self._pick(self._phrases.people, [posture])} {finite(self._said(posture), plural=False)}"
        leaning = self._with_leans(line, trunk)
        beside = "," in leaning or " with " in leaning
        join = ", and with " if " with " in leaning[len(line) :] else ", " if " with " in line else ", with "
        join, line = join if beside else " with ", leaning
        return f"{line}{join}{listed([self._detail(limb) for limb in limbs])}"

    def _detail(self, limb: list[Fact]) -> str:
        """``the right thigh raised to hip height, the knee bent at a right angle``."""
        main, *rest = limb
        same = [fact for fact in rest if fact.subject == main.subject and fact.side == main.side]
        start = f"{self._subject(main, 'full')} {listed([participle(self._said(fact)) for fact in (main, *same)])}"
        others = [self._with_subject(fact, self._form(main, fact)) for fact in rest if fact not in same]
        return f"{start}, {listed(others)}" if others else start

    def _with_subject(self, fact: Fact, form: str) -> str:
        return f"{self._subject(fact, form)} {participle(self._said(fact))}"

    def _feet_and_limbs(self, feet: list[Fact], rows: list[list[list[Fact]]]) -> list[Row]:
        """The sentences on limbs; how the feet are set is told with the knees."""
        knees = [limbs for limbs in rows if feet and all(fact.subject == _KNEE for fact in _flat(limbs))]
        others = [self._worded(limbs) for limbs in rows if limbs not in knees]
        if not feet:
            return others
        rest = [*feet[1:], *(fact for limbs in knees for fact in _flat(limbs))]
        details = [self._with_subject(fact, "full") for fact in rest]
        line = self._clause(feet[0]) + (f", with {listed(details)}" if details else "")
        return [(line, [feet[0], *rest]), *others]


def _is_step(body: list[Fact]) -> bool:
    return body[:1] != [] and body[0].name in _STEPS


def _is_bare(body: list[Fact]) -> bool:
    return body[0].name == "posture.stand"


def _flat(limbs: list[list[Fact]]) -> list[Fact]:
    return [fact for limb in limbs for fact in limb]
