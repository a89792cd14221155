"""From statements to the text of an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from poseloom.language.description.phrases import finite, participle
from poseloom.language.instruction.style import Style
from poseloom.language.paircodes.tables import PLURAL
from poseloom.language.posefix.aggregation import InstructionDraws
from poseloom.language.posefix.statement import OPPOSITE, OWN, SIDES, Part, Said, Statement
from poseloom.language.posefix.wording import InstructionPhrases

_VERB = re.compile(r"\[(\w+)\]")
_EACH_OTHER = {"farther": "apart", "slightly farther": "slightly apart", "closer": "together"}
_EACH_OTHER["slightly closer"] = "slightly together"
_BENDS = ("completely bent", "right angle", "straight")
_BENDING = (
    *("bent much less", "bent less", "bent slightly less"),
    *("bent slightly more", "bent more", "bent much more", "straighten"),
)
SHORT_TASKS = 3
MOST_ATTACHED = 2
"""Targets told in the sentence of a change; more of them get sentences of their own."""


@dataclass
class PartTask:
    """What to do with some parts, and what holds of them, or of parts that move along, in the end."""

    subjects: tuple[Part, ...]
    changes: list[Said] = field(default_factory=list)
    targets: list[tuple[tuple[Part, ...], Said]] = field(default_factory=list)


@dataclass(frozen=True)
class Clause:
    """A clause with its verbs in brackets; a heavy one already holds a list or another clause."""

    text: str
    heavy: bool


def each_other(statement: Statement) -> Statement:
    """Distances told of both sides at once are distances between them."""
    if len(statement.subjects) > 1 or statement.subjects[0][0] != PLURAL:
        return statement
    said = (
        one._replace(name=_EACH_OTHER.get(one.name, one.name)) if one.change and one.part2 is None else one
        for one in statement.said
    )
    return statement._replace(said=tuple(said))


class InstructionWriter:
    """Writes one instruction; one row of choices for all of its sentences."""

    def __init__(self, words: InstructionPhrases, draws: InstructionDraws, owner: str = "your") -> None:
        self._words = words
        self._draws = draws
        self._owner = owner

    def text(self, turn: str, tasks: Sequence[PartTask], style: Style = Style.PARAGRAPH) -> str:
        """The whole instruction. `turn` is a category of the turn of the whole person, or empty."""
        if style is Style.SHORT:
            largest = sorted(tasks, key=_size, reverse=True)[:SHORT_TASKS]
            tasks = [task for task in tasks if task in largest]
        clauses: list[Clause | str] = [clause for task in tasks for clause in self._task(task)]
        sentences = [self._turn(turn)] if turn else []
        if style is Style.LIST:
            sentences += [clause if isinstance(clause, str) else _imperative(clause.text) for clause in clauses]
        else:
            sentences += self._sentences(clauses)
        if not sentences:
            same: str = self._draws.pick(self._words.same)
            return same
        lines = [f"{line[0].upper()}{line[1:]}." for line in sentences]
        return "\n".join(f"- {line}" for line in lines) if style is Style.LIST else " ".join(lines)

    def _turn(self, category: str) -> str:
        way = next((side for side in SIDES if category.endswith(side)), "")
        wording = self._draws.pick(self._words.turns[category.replace(way, "side") if way else category])
        return _imperative(wording.replace("{side}", way))

    # -- sentences -----------------------------------------------------------------------------------------------

    def _sentences(self, clauses: list[Clause | str]) -> list[str]:
        """Light clauses share a sentence here and there."""
        made = []
        place = 0
        while place < len(clauses):
            clause = clauses[place]
            place += 1
            if isinstance(clause, str):
                made.append(clause)
                continue
            line = _imperative(clause.text)
            following = clauses[place] if place < len(clauses) else None
            if isinstance(following, Clause) and not clause.heavy and not following.heavy:
                joint = self._draws.pick((" and ", ", then ", " while ", "", ""))
                if joint:
                    line += joint + (participle(following.text) if joint == " while " else _imperative(following.text))
                    place += 1
            made.append(line)
        return made

    # -- clauses -------------------------------------------------------------------------------------------------

    def _task(self, task: PartTask) -> list[Clause | str]:
        """A clause for the changes with up to two targets, and sentences for what is left to tell."""
        if not task.changes:
            return [self._should(subjects, said) for subjects, said in task.targets]
        clause = self._change(task)
        attached, rest = task.targets[:MOST_ATTACHED], task.targets[MOST_ATTACHED:]
        alone = not any(_is_plural(subjects) for subjects, _ in attached)
        reached = [target for target in attached if not _is_kept(task, target)]
        kept = [target for target in attached if _is_kept(task, target)]
        if reached:
            holds = _listed(self._holds(task, *target, target is reached[0], alone) for target in reached)
            clause = Clause(clause.text + self._draws.pick(self._words.until).replace("{clause}", holds), True)
        if kept:
            holds = _listed(self._keeps(task, subjects, said, alone) for subjects, said in kept)
            clause = Clause(clause.text + self._draws.pick(self._words.keeping).replace("{clause}", holds), True)
        return [clause, *(self._should(subjects, said) for subjects, said in rest)]

    def _change(self, task: PartTask) -> Clause:
        if all(one.name in self._words.body for one in task.changes):
            lines = [self._draws.pick(self._words.body[one.name]).replace("{side}", one.way) for one in task.changes]
            return Clause(_listed(lines), len(lines) > 1)
        moves = [one for one in task.changes if one.name in self._words.alone]
        acts = [one for one in task.changes if one.name in self._words.acts]
        named, pronoun = self._named(task.subjects), "them" if _is_plural(task.subjects) else "it"
        lines = []
        if moves:
            lines.append(self._moves(moves, named))
        for one in acts:
            wording = self._filled(self._draws.pick(self._words.acts[one.name]), one, task.subjects)
            lines.append(wording.replace("{it}", pronoun if lines else named))
        if len(lines) == 1:
            return Clause(lines[0], len(moves) > 1)
        return Clause(f"{', '.join(lines[:-1])}{', and ' if len(moves) > 1 else ' and '}{lines[-1]}", True)

    def _moves(self, moves: list[Said], named: str) -> str:
        if len(moves) == 1:
            wording: str = self._draws.pick(self._words.alone[moves[0].name])
            return wording.replace("{side}", moves[0].way).replace("{it}", named)
        ways = [self._draws.pick(self._words.after[one.name]).replace("{side}", one.way) for one in moves]
        return f"[{self._draws.pick(self._words.moving)}] {named} {_listed(ways)}"

    def _holds(self, task: PartTask, subjects: tuple[Part, ...], said: Said, first: bool, alone: bool) -> str:
        """``the elbow is straight``: the end of a change; a pronoun only where it can mean one part alone.

        Beside both hands, ``the hand`` would not say which: `alone` is where nothing plural stands beside it.
        """
        plural = _is_plural(subjects)
        own = first and subjects == task.subjects
        subject = (
            ("they" if plural else "it") if own else self._nearby(task, subjects) if alone else self._named(subjects)
        )
        return f"{subject} {finite(self._target(subjects, said), plural)}"

    def _keeps(self, task: PartTask, subjects: tuple[Part, ...], said: Said, alone: bool) -> str:
        """``the elbow straight``: what stays while something changes; `alone` as in `_holds`."""
        subject = self._nearby(task, subjects) if alone else self._named(subjects)
        wordings = self._words.targets[said.name]
        states = tuple(one for one in wordings if one.startswith("[be]")) or wordings
        return f"{subject} {participle(self._draws.pick(states))}"

    def _nearby(self, task: PartTask, subjects: tuple[Part, ...]) -> str:
        """A part of a limb that was just named: its side is not said again."""
        if len(subjects) == len(task.subjects) == 1 and subjects[0][0] == task.subjects[0][0]:
            return f"the {self._noun(subjects[0])}"
        return self._named(subjects)

    def _should(self, subjects: tuple[Part, ...], said: Said) -> str:
        """``your left elbow should be straight``."""
        must = self._draws.pick(self._words.must_plural if _is_plural(subjects) else self._words.must)
        return f"{self._named(subjects)} {must} {_imperative(self._target(subjects, said))}"

    def _target(self, subjects: tuple[Part, ...], said: Said) -> str:
        name = "together" if said.name == "close" and said.part2 is None else said.name
        return self._filled(self._draws.pick(self._words.targets[name]), said, subjects)

    def _filled(self, wording: str, said: Said, subjects: tuple[Part, ...]) -> str:
        wording = wording.replace("{side}", said.way)
        if "{place}" not in wording:
            return wording
        if said.part2 is None:
            return wording.replace("{place}", "each other")
        return wording.replace("{place}", self._place(said, subjects))

    def _place(self, said: Said, subjects: tuple[Part, ...]) -> str:
        assert said.part2 is not None
        singular = self._words.nouns[said.part2][0] if said.part2 in self._words.nouns else said.part2
        if said.side2 == OWN:
            return f"the {singular} on the same side"
        if said.side2 == OPPOSITE:
            return f"the opposite {singular}"
        if said.side2 == PLURAL:
            return f"{self._owner} {self._noun((PLURAL, said.part2))}"
        if said.side2 is None:
            return f"{self._owner} {singular}"
        if len(subjects) == 1 and subjects[0][1] == said.part2:
            return self._draws.pick((f"{self._owner} {said.side2} {singular}", "the other", f"the {said.side2} one"))
        return f"{self._owner} {said.side2} {singular}"

    # -- parts of the body ---------------------------------------------------------------------------------------

    def _named(self, subjects: tuple[Part, ...]) -> str:
        if len(subjects) == 1 and subjects[0][0] == PLURAL:
            noun = self._noun(subjects[0])
            return self._draws.pick((f"both {noun}", f"{self._owner} {noun}"))
        return _listed(f"{self._owner} {self._with_side(part)}" for part in subjects)

    def _with_side(self, part: Part) -> str:
        return f"{part[0]} {self._noun(part)}" if part[0] in SIDES else self._noun(part)

    def _noun(self, part: Part) -> str:
        side, name = part
        if side != PLURAL:
            return self._words.nouns[name][0]
        return _plural_noun(self._words, name)


def _plural_noun(words: InstructionPhrases, name: str) -> str:
    """Plural codes carry the plural of the code's part, such as ``feet`` or ``upperarms``."""
    for key, (_, many) in words.nouns.items():
        if name in (f"{key}s", many):
            return many
    return name


def _size(task: PartTask) -> int:
    """How much a task changes: degrees of its changes, more where both sides or the whole body move."""
    degrees = sum(1 if "slightly" in said.name else 3 if "much" in said.name else 2 for said in task.changes)
    return degrees * (2 if task.subjects[0][0] not in SIDES else 1)


def _is_kept(task: PartTask, target: tuple[tuple[Part, ...], Said]) -> bool:
    """Whether a joint is said to be bent in some way without being told to bend: it hardly changes."""
    return target[1].name in _BENDS and not any(one.name in _BENDING for one in task.changes)


def _is_plural(subjects: tuple[Part, ...]) -> bool:
    return len(subjects) > 1 or subjects[0][0] == PLURAL


def _imperative(wording: str) -> str:
    return _VERB.sub(lambda verb: verb[1], wording)


def _listed(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
