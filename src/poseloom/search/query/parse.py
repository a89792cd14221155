"""Reads a question such as "left hand above the head, both knees bent, not kneeling" into graded conditions.

The grammar is that of descriptions: clauses of a part of the body and what is said of it, joined by commas and "and";
"or" joins the two clauses beside it; "not" turns the next statement around. A clause that names no part goes on about
the last one. Words that have no meaning here are handed back, to be looked for in the texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.search.query import meaning
from poseloom.search.query.conditions import AllOf, Condition, OneOf
from poseloom.search.query.lexicon import PhraseRole, QueryPhrase, lexicon, meanings
from poseloom.search.query.meaning import SIDES, Negation, Noun

_DIRECTION_OF_PART = {"back": "backward"}
_PART_OF_DIRECTION = {"side": "side", "forward": "front", "backward": "back"}
_DIRECTION_OF_RELATION = {"front": "forward", "behind": "backward"}
_ARMS_CROSSED = "crossed"
_CARRIES = ("at", "above")
"""Relations of a posture to what carries it: standing on a leg, lunging over one."""


@dataclass(frozen=True)
class Query:
    """What was understood of a question.

    Args:
        conditions: all of them must hold.
        understood: the same in words.
        unknown: words without a meaning for poses.
    """

    conditions: tuple[Condition, ...]
    understood: tuple[str, ...]
    unknown: tuple[str, ...]

    def condition(self) -> Condition | None:
        """AllOf conditions as one; None where there are none."""
        if not self.conditions:
            return None
        return self.conditions[0] if len(self.conditions) == 1 else AllOf(self.conditions)


def parse(text: str) -> Query:
    """Understand a question as far as possible: by its own words, else with named poses as what must hold of them."""
    own = _read(text)
    if not own.unknown:
        return own
    named = _read(_with_names(text))
    better = len(named.unknown) < len(own.unknown) and len(named.conditions) >= len(own.conditions)
    return named if better or (named.conditions and not own.conditions) else own


def _read(text: str) -> Query:
    return _Reader([item for item in lexicon().items(text) if item.kind is not PhraseRole.FILLER]).read()


def _with_names(text: str) -> str:
    """The question with slips of spelling mended, everyday words replaced, and what named poses say in their place."""
    from poseloom.language.lexicon.names import find_names
    from poseloom.language.lexicon.understanding import known_words, part_words, says
    from poseloom.language.lexicon.words import read_words, word_tables

    known = known_words() | {word for phrase in lexicon().phrases for word in phrase}
    mentions, left = find_names(read_words(text, known).tokens, part_words())
    tables = word_tables()
    silent = tables.people | tables.after
    rest = " ".join(f"{', ' if one.after_mark else ''}{one.word}" for one in left if one.word not in silent)
    said = [sentence.rstrip(".") for one in mentions for sentence in says(one.pose, one.mirrored)]
    return ", ".join([rest.strip(" ,"), *said]).strip(" ,")


@dataclass
class _Reader:
    """Walks over the phrases and keeps what is being spoken of."""

    items: list[QueryPhrase]
    at: int = 0
    subjects: list[Noun] = field(default_factory=list)
    told: bool = True
    """Whether something was said of the subjects."""
    own_subject: bool = False
    """Whether the clause named its subjects itself."""
    either_subject: bool = False
    state: tuple[QueryPhrase, str] | None = None
    """A state that waits for its noun, "bent" of "bent knees", with its direction."""
    relation: QueryPhrase | None = None
    target: tuple[QueryPhrase, Noun] | None = None
    """A relation with its target that waits for a subject: "touching the foot" of "touching the foot with a hand"."""
    negated: Negation = Negation.NONE
    alternative: bool = False
    crossed: bool = False
    parts: list[tuple[list[Condition], list[str]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def read(self) -> Query:
        steps = {
            PhraseRole.NOT: self._not,
            PhraseRole.JOIN: self._join,
            PhraseRole.COMMA: self._join,
            PhraseRole.OR: self._or,
            PhraseRole.SIDE: self._side,
            PhraseRole.PART: self._part,
            PhraseRole.STATE: self._state,
            PhraseRole.DIRECTION: self._direction,
            PhraseRole.RELATION: self._relation,
            PhraseRole.POSTURE: self._posture,
        }
        while self.at < len(self.items):
            item = self.items[self.at]
            self.at += 1
            step = steps.get(item.kind)
            if step is None:
                self.unknown.append(item.words)
            else:
                step(item)
        self._end_clause()
        if self.target is not None:
            self.unknown += [self.target[0].words, str(self.target[1])]
        if not self.told:
            self.unknown += [str(noun) for noun in self.subjects if noun.part != meaning.OF_BODY]
        conditions = tuple(made[0] if len(made) == 1 else OneOf(tuple(made)) for made, _ in self.parts)
        return Query(conditions, tuple(" or ".join(words) for _, words in self.parts), tuple(self.unknown))

    # -- marks ------------------------------------------------------------------------------------------------------

    def _next(self, ahead: int = 0) -> QueryPhrase | None:
        return self.items[self.at + ahead] if self.at + ahead < len(self.items) else None

    def _not(self, item: QueryPhrase) -> None:
        self.negated = Negation.EACH if self.own_subject else Negation.WHOLE

    def _join(self, item: QueryPhrase) -> None:
        self._end_clause()

    def _or(self, item: QueryPhrase) -> None:
        if self.subjects and not self.told:
            self.either_subject = True
        else:
            self._end_clause()
            self.alternative = bool(self.parts)

    def _end_clause(self) -> None:
        if self.relation is not None:
            direction = _DIRECTION_OF_RELATION.get(self.relation.name)
            said = direction is not None and self._say_state("toward", direction, self.relation.words)
            if not said:
                self.unknown.append(self.relation.words)
        if self.state is not None:
            self._free_state(*self.state)
        self.relation = self.state = None
        self.own_subject = not self.told and bool(self.subjects)
        self.crossed = False

    # -- nouns ------------------------------------------------------------------------------------------------------

    def _side(self, item: QueryPhrase) -> None:
        following = self._next()
        if following is not None and following.kind is PhraseRole.PART:
            self.at += 1
            self._noun(Noun(following.name, item.name, following.many), f"{item.words} {following.words}")
        elif following is not None and following.kind is PhraseRole.POSTURE:
            self.at += 1
            self._posture(following, item.name)
        elif self.relation is not None and self.subjects:
            self._noun(Noun(self.subjects[0].part, item.name), item.words)
        elif item.name in SIDES and self.own_subject and self._say_state("toward", item.name, item.words):
            pass
        elif self.subjects and item.name in ("both", "either", "one", "neither"):
            self.subjects = [Noun(noun.part, item.name, noun.many) for noun in self.subjects]
        elif item.name not in ("either", "own"):
            self.unknown.append(item.words)

    def _part(self, item: QueryPhrase) -> None:
        self._noun(Noun(item.name, "", item.many), item.words)

    def _noun(self, noun: Noun, words: str) -> None:
        if self.relation is not None and self.subjects:
            relation, self.relation = self.relation, None
            self._say_relation(relation, noun, words)
        elif self.relation is not None:
            self.target, self.relation = (self.relation, noun), None
        elif self.target is not None:
            (relation, target), self.target = self.target, None
            self._name([noun])
            self._say_relation(relation, target, words)
        elif self.state is not None:
            (state, direction), self.state = self.state, None
            self._name([noun])
            if not self._say_state(state.name, direction, state.words):
                self.unknown.append(state.words)
        elif noun.part in _DIRECTION_OF_PART and self.own_subject and not noun.side:
            self._direction(QueryPhrase(PhraseRole.DIRECTION, _DIRECTION_OF_PART[noun.part], words=words))
        elif not self.told and self.subjects[0].part != meaning.OF_BODY:
            self.subjects.append(noun)
        else:
            self._name([noun])

    def _name(self, subjects: list[Noun]) -> None:
        self.subjects, self.told, self.own_subject, self.either_subject = subjects, False, True, False

    # -- what is said -----------------------------------------------------------------------------------------------

    def _state(self, item: QueryPhrase) -> None:
        direction = self._direction_ahead()
        following = self._next()
        before_noun = following is not None and following.kind in (PhraseRole.SIDE, PhraseRole.PART)
        if self.own_subject and self._say_state(item.name, direction, item.words):
            self.crossed = item.name == _ARMS_CROSSED
        elif before_noun:
            self.state = (item, direction)
        else:
            self._free_state(item, direction)

    def _free_state(self, item: QueryPhrase, direction: str) -> None:
        """A state without a noun of its own: of the last subject, or of the part that the word implies."""
        if self.subjects and self.told and self._say_state(item.name, direction, item.words):
            return
        implied = meanings()["subject_of"].get(item.name)
        kept = self.subjects, self.own_subject, self.told
        if implied is not None:
            self._name([Noun(implied, many=implied == "foot")])
            if self._say_state(item.name, direction, item.words):
                return
        self.subjects, self.own_subject, self.told = kept
        self.unknown.append(item.words)

    def _direction_ahead(self) -> str:
        """Consume a direction that follows: forward, back, to the left."""
        item, after = self._next(), self._next(1)
        if item is None:
            return ""
        noun_follows = after is not None and after.kind is PhraseRole.PART
        if item.kind is PhraseRole.DIRECTION:
            self.at += 1
            return item.name
        if item.kind is PhraseRole.SIDE and item.name in SIDES and not noun_follows:
            self.at += 1
            return item.name
        if item.kind is PhraseRole.PART and item.name in _DIRECTION_OF_PART:
            self.at += 1
            return _DIRECTION_OF_PART[item.name]
        return ""

    def _direction(self, item: QueryPhrase) -> None:
        if self.relation is not None and item.name in _PART_OF_DIRECTION:
            self._noun(Noun(_PART_OF_DIRECTION[item.name]), item.words)
        elif not self._say_state("toward", item.name, item.words):
            self.unknown.append(item.words)

    def _relation(self, item: QueryPhrase) -> None:
        if self.relation is None:
            self.relation = item

    def _posture(self, item: QueryPhrase, side: str = "") -> None:
        name = item.name
        following, told = self._next(), item.words
        if following is not None and following.kind is PhraseRole.RELATION and following.name in _CARRIES:
            found = self._noun_ahead(1)
            joined = meaning.posture_on(name, found[0]) if found else None
            if found and joined:
                (name, side), told = joined, f"{item.words} {following.words} {found[0]}"
                self.at = found[1]
        condition = meaning.posture_of(name, side, self.negated)
        if condition is None:
            self.unknown.append(item.words)
            return
        self.relation = None
        self._emit([condition], f"{side} {told}" if side and side not in told else told)
        self.subjects, self.told, self.own_subject = [], True, False

    def _noun_ahead(self, ahead: int) -> tuple[Noun, int] | None:
        """A noun that begins so many phrases ahead, and where it ends."""
        item = self._next(ahead)
        side = ""
        if item is not None and item.kind is PhraseRole.SIDE:
            side, ahead = item.name, ahead + 1
            item = self._next(ahead)
        if item is not None and item.kind is PhraseRole.PART:
            return Noun(item.name, side, item.many), self.at + ahead + 1
        if item is not None and item.kind is PhraseRole.DIRECTION and item.name in _PART_OF_DIRECTION:
            return Noun(_PART_OF_DIRECTION[item.name], side), self.at + ahead + 1
        return None

    # -- conditions -------------------------------------------------------------------------------------------------

    def _say_state(self, state: str, direction: str, words: str) -> bool:
        if not self.subjects:
            return False
        made = [meaning.state_of(noun, state, direction, self.negated) for noun in self.subjects]
        known = [condition for condition in made if condition is not None]
        if len(known) < len(made):
            return False
        extra = "" if not direction or state == "toward" else f" {direction}"
        self._emit(known, f"{self._subject_words()} {words}{extra}")
        return True

    def _say_relation(self, relation: QueryPhrase, target: Noun, words: str) -> None:
        if self.crossed and not target.paired:
            return  # "crossed in front of the chest" says where arms cross
        made = [meaning.relation_of(noun, relation.name, target, self.negated) for noun in self.subjects]
        known = [condition for condition in made if condition is not None]
        if not known or len(known) < len(made):
            self.unknown += [relation.words, words]
            self.negated = Negation.NONE
            return
        self._emit(known, f"{self._subject_words()} {relation.words} {target}")

    def _subject_words(self) -> str:
        return (" or " if self.either_subject else " and ").join(map(str, self.subjects))

    def _emit(self, conditions: list[Condition], words: str) -> None:
        joined = conditions[0]
        if len(conditions) > 1:
            joined = OneOf(tuple(conditions)) if self.either_subject else AllOf(tuple(conditions))
        told = f"not: {words}" if self.negated else words
        if self.alternative and self.parts:
            self.parts[-1][0].append(joined)
            self.parts[-1][1].append(told)
        else:
            self.parts.append(([joined], [told]))
        self.told, self.negated, self.alternative = True, Negation.NONE, False
