"""How a text in people's own words is understood: names of poses, what is said of limbs, and what is not understood.

Sentences that the describer could have written are read as facts. Others are searched for named poses, the longest
name first; what is left is read as people speak of limbs. Each word counts once: as understood, as a thing that is not
drawn, or as not understood.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from poseloom.language.description.plain import Statement, read_plainly
from poseloom.language.description.plain_table import PhraseKind, plain_words
from poseloom.language.description.reading import read_sentences
from poseloom.language.description.truth import ANY, BOTH, Claim, Together, claim_of
from poseloom.language.lexicon.aims import Aim, read_aims
from poseloom.language.lexicon.entries import NamedPose, named_poses
from poseloom.language.lexicon.names import Mention, find_names, names_by_words
from poseloom.language.lexicon.relatives import relative
from poseloom.language.lexicon.roles import speaks_of_roles, with_sides
from poseloom.language.lexicon.turns import in_plain_words, turns
from poseloom.language.lexicon.words import Token, read_words, word_tables, words_in

Options = tuple[Claim | Together, ...]
"""What a statement may mean; it is true where one of these is."""
_SWAP = {"left": "right", "right": "left"}
_FOREIGN = 0.3
"""Share of a language's small words in a text from which on it is taken for that language."""
_CERTAIN = 0.62
"""Cosine from which on a guess stands for a whole text: below, answers are puns ("fidgeting" for fighting)."""
_NEAREST, _LIKE = 3, 0.6
_SHORT = 12
"""Words up to which a sentence is searched for names, although the describer could have written it."""
_SUBJECTS = ("the ", "a person", "someone", "somebody", "their ", "both ", "his ", "her ", "your ")
_HANDS = frozenset(["hand", "hands", "palm", "palms", "fist", "fists"])
_TOUCHABLE = frozenset(
    {
        *("knee", "knees", "hip", "hips", "waist", "shoulder", "shoulders", "ear", "ears", "mouth", "chest", "foot"),
        *("feet", "floor", "ground", "head", "face", "nose", "chin", "elbow", "belly", "thigh", "thighs", "shin"),
        *("shins", "ankle"),
    }
)
_HIGHER = re.compile(
    r"\b(?P<side>left|right) (?P<part>arm|hand|leg|foot|knee) (?:is )?(?P<how>higher|lower) than "
    r"(?:the |his |her |your )?(?:left|right|other)(?: (?:arm|hand|leg|foot|knee|one))?"
)
_PART_KINDS = (PhraseKind.PART, PhraseKind.MIDDLE)


@dataclass(frozen=True)
class Understanding:
    """What was understood of a text.

    Args:
        mentions: named poses, in the order of the text.
        said: what is said of limbs.
        facts: what the sentences of the describer's own kind state.
        own: those sentences.
        unread: words without a meaning for poses.
        objects: things and other persons, which are not drawn.
        mended: slips of spelling: "plnak read as plank".
        aims: what eyes, palms, forearms and arms are aimed at.
        language: the language that the text seems to be written in, where that is not English.
    """

    mentions: tuple[Mention, ...] = ()
    said: tuple[Statement, ...] = ()
    facts: tuple[Options, ...] = ()
    own: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    aims: tuple[Aim, ...] = ()
    language: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nothing at all was understood."""
        return not (self.mentions or self.said or self.facts or self.aims)

    @property
    def statements(self) -> tuple[Options, ...]:
        """What must hold: of the named poses, then of the limbs, then of the facts."""
        named = (options for one in self.mentions for options in _holding(one))
        return tuple(dict.fromkeys((*named, *((one.claim,) for one in self.said), *self.facts)))

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What cannot hold at once: "left arm up, left arm down"."""
        return tuple(dict.fromkeys(_contradictions(self.said)))


@dataclass
class _Gathered:
    mentions: list[Mention] = field(default_factory=list)
    said: list[Statement] = field(default_factory=list)
    facts: list[Options] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)


@lru_cache(maxsize=4096)
def understand(text: str) -> Understanding:
    """What a text says of a pose, sentence by sentence."""
    made = _Gathered()
    sentences = list(read_sentences(text))
    for sentence, own in sentences:
        if own.said and not own.unread and not (len(sentences) == 1 and _has_name(sentence)):
            made.own.append(sentence)
            made.facts += [tuple(dict.fromkeys(map(claim_of, options))) for options in own.said]
        else:
            _read_sentence(sentence, made)
    unread = tuple(dict.fromkeys(made.unread))
    things = word_tables().objects
    objects = [word for word in unread if word in things or word.removesuffix("s") in things]
    return Understanding(
        *(tuple(made.mentions), tuple(made.said), tuple(made.facts), tuple(made.own)),
        tuple(word for word in unread if word not in objects),
        *((*dict.fromkeys(objects), *_several(text)), tuple(made.mended), tuple(made.aims), _language(text)),
    )


def _has_name(sentence: str) -> bool:
    """Whether a short sentence that the describer could have written is a name as well: "lying on the back"."""
    if len(sentence.split()) > _SHORT or sentence.startswith(_SUBJECTS):
        return False
    mentions, left = find_names(read_words(sentence, known_words()).tokens, part_words())
    return bool(mentions) and not read_plainly(_joined(left)).unread


def _read_sentence(sentence: str, made: _Gathered) -> None:
    """Read a sentence; again in plainer words, and with the nearest relatives of the words without a meaning, where
    that says more."""
    sentence = _with_roles(_touching(_compared(in_plain_words(sentence.lower()))), made.mentions)
    sentence, aims = read_aims(sentence)
    found = _read_once(sentence)
    sentence, found = _in_other_words(sentence, found)
    empty = not found.said and not found.mentions and not aims
    exchanged, notes, surely = _with_relatives(sentence, found.unread)
    if notes:
        other = _read_once(exchanged)
        other.mended += notes
        more = len(other.said) > len(found.said) and len(other.mentions) == len(found.mentions)
        more = more or (
            empty and bool(other.mentions) and surely >= _CERTAIN
        )  # a whole pose by one guess only where nothing else is said
        found = other if more and len(other.unread) < len(found.unread) else found
    made.mentions += found.mentions
    made.said += found.said
    made.unread += found.unread
    made.mended += found.mended
    made.aims += aims


def _in_other_words(sentence: str, found: _Gathered) -> tuple[str, _Gathered]:
    """The sentence with the first turn of phrase in plainer words that leaves fewer words unread."""
    for turn in turns().unread if found.unread or not (found.said or found.mentions) else ():
        plainer = turn.of(sentence)
        if plainer != sentence:
            other = _read_once(plainer)
            if (len(other.unread), -len(other.mentions)) < (len(found.unread), -len(found.mentions)):
                return plainer, other
    return sentence, found


def _with_relatives(sentence: str, unread: Sequence[str]) -> tuple[str, list[str], float]:
    """A sentence with words that nobody knows as their nearest known relatives, what was taken for what, and the
    smallest of their cosines."""
    notes, things, surely = [], word_tables().objects, 1.0
    for word in dict.fromkeys(unread):
        if word in things or word.removesuffix("s") in things:
            continue
        found = relative(word, known_relatives())
        if found is not None and found.word != word:
            sentence = re.sub(rf"\b{re.escape(word)}\b", found.word, sentence, flags=re.IGNORECASE)
            notes.append(f"{word} read as {found.word}")
            surely = min(surely, found.cosine)
    return sentence, notes, surely


@cache
def known_relatives() -> tuple[str, ...]:
    """What a word that nobody knows may be read as: postures, states and parts that are named by one word, and verbs
    and adjectives that are the whole name of a pose."""
    kinds = (PhraseKind.STATE, PhraseKind.POSTURE, *_PART_KINDS)
    found = [words[0] for words, item in plain_words().phrases.items() if len(words) == 1 and item.kind in kinds]
    lemmas = word_tables().lemmas
    names = [name[0] for name in names_by_words() if len(name) == 1]
    found += [form for form, verb in lemmas.items() if verb in names]
    return tuple(dict.fromkeys(word for word in found if word not in plain_words().table["rewrites"].values()))


def _read_once(sentence: str) -> _Gathered:
    """What one sentence says."""
    made = _Gathered()
    words = read_words(sentence, known_words())
    mentions, left = find_names(words.tokens, part_words())
    made.mended += words.mended
    made.mentions += mentions
    reading = read_plainly(_joined(_with_places(left)))
    made.said += [one for one in reading.said if not _is_named(one, mentions)]
    tables = word_tables()
    silent = tables.fillers | tables.skipped | tables.people | tables.after
    made.unread += [word for phrase in reading.unread for word in phrase.split() if word not in silent]
    return made


def _with_roles(sentence: str, earlier: Sequence[Mention]) -> str:
    """ "The top leg" of somebody who lies on the left side is the right one."""
    if not speaks_of_roles(sentence):
        return sentence
    mentions, _ = find_names(read_words(sentence, known_words()).tokens, part_words())
    bodies = [one for one in (*mentions, *earlier) if one.pose.whole and one.pose.side]
    return with_sides(sentence, bodies[0].pose, bodies[0].mirrored) if bodies else sentence


def _compared(sentence: str) -> str:
    """ "The left arm is higher than the right one" is one arm raised and one down."""

    def told(found: re.Match[str]) -> str:
        ways = ("raised", "down") if found["how"] == "higher" else ("down", "raised")
        part = found["part"]
        return f"{found['side']} {part} {ways[0]}, {_SWAP[found['side']]} {part} {ways[1]}"

    return _HIGHER.sub(told, sentence)


_THEN_TOUCH = re.compile(
    r"\b(?:raise|lift|stretch|take|use|bend|with|reach with) (?:your |the |his |her )?(?P<side>left|right) (?:hand|arm)"
    r"(?: up)?,? (?:and|to|then) (?:touch|hold|grab|cover|rub|scratch) (?P<rest>(?:your |the |his |her )?)"
)


def _touching(sentence: str) -> str:
    """ "Raise your right hand and touch your left ear": the right hand on the left ear."""
    return _THEN_TOUCH.sub(lambda found: f"{found['side']} hand on {found['rest']}", sentence)


def _with_places(tokens: Sequence[Token]) -> list[Token]:
    """ "The right hand to the left knee" is a hand on a knee."""
    made = list(tokens)
    for place, token in enumerate(made):
        before = [one.word for one in made[max(0, place - 2) : place]]
        after = [one.word for one in made[place + 1 : place + 4] if one.word not in word_tables().skipped]
        noun = after[1] if after[:1] in (["left"], ["right"]) and len(after) > 1 else (after or [""])[0]
        if token.word in ("to", "onto") and _HANDS.intersection(before) and noun in _TOUCHABLE and not token.after_mark:
            made[place] = Token("on", "on")
    return made


def _joined(tokens: Iterable[Token]) -> str:
    return "".join(f"{',' if one.after_mark else ''} {one.word}" for one in tokens).strip(" ,")


def _is_named(statement: Statement, mentions: list[Mention]) -> bool:
    """Whether a posture is only the general word for a named one: somebody who stands in tree pose stands."""
    return statement.part == "person" and not statement.target_side and bool(mentions) and not statement.denied


def _holding(mention: Mention) -> tuple[Options, ...]:
    """What must hold of a named pose; of either side where none was told."""
    written = says_of(mention.pose, mention.mirrored)
    if mention.only:
        return tuple(
            tuple(one._replace(side=mention.only) for one in options if one.side == BOTH) for options in written
        )
    if not mention.pose.side or mention.side:
        return written
    other = says_of(mention.pose, not mention.mirrored)
    return tuple(tuple(dict.fromkeys((*one, *two))) for one, two in zip(written, other, strict=True))


@lru_cache(maxsize=1024)
def says_of(pose: NamedPose, mirrored: bool) -> tuple[Options, ...]:
    """What must hold of a named pose."""
    found: list[Options] = []
    for sentence in says(pose, mirrored):
        plain = read_plainly(sentence)
        if plain.claims and not plain.unread:
            found += [(claim,) for claim in plain.claims]
            continue
        for _, own in read_sentences(sentence):
            found += [tuple(dict.fromkeys(map(claim_of, options))) for options in own.said]
    return tuple(dict.fromkeys(found))


def says(pose: NamedPose, mirrored: bool) -> tuple[str, ...]:
    """The sentences that say what must hold, for the side that is meant."""
    return tuple(mirrored_words(sentence) for sentence in pose.says) if mirrored else pose.says


def mirrored_words(sentence: str) -> str:
    """The same of the other side."""
    return " ".join(word.replace(side, other) for word in sentence.split() for side, other in [_side_in(word)])


def _side_in(word: str) -> tuple[str, str]:
    return next(((side, other) for side, other in _SWAP.items() if word.strip(".,").lower() == side), ("", ""))


# -- words that are known ------------------------------------------------------------------------------------------


@cache
def known_words() -> frozenset[str]:
    """Every word that some reader knows; others may be slips of spelling."""
    tables = word_tables()
    found = {word for phrase in (*plain_words().phrases, *plain_words().rewrites) for word in phrase}
    found |= {word for name in names_by_words() for word in name}
    found |= {word for pose in named_poses().values() for alias in (pose.name, *pose.aliases) for word in alias.split()}
    found |= {word for phrase in (*tables.phrases, *tables.phrases.values()) for word in phrase}
    found |= {*tables.lemmas, *tables.lemmas.values(), *tables.skipped, *tables.people, *tables.after, *tables.fillers}
    found |= {*tables.objects, *(f"{word}s" for word in tables.objects)}
    return frozenset(found)


@cache
def part_words() -> frozenset[str]:
    """Words for parts of the body."""
    phrases = plain_words().phrases.items()
    return frozenset(words[0] for words, item in phrases if item.kind in _PART_KINDS and item.name != "person")


def nearest_names(text: str) -> tuple[str, ...]:
    """Names of poses, and words, that look most like the words of a text."""
    names = {name: name for name in named_poses()}
    names |= {alias: alias for pose in named_poses().values() for alias in pose.aliases if "{" not in alias}
    wanted = [word for word, _ in words_in(text) if word not in word_tables().skipped]
    tries = [" ".join(wanted), *wanted]
    found: dict[str, None] = {}
    for one in tries[:20]:
        found |= dict.fromkeys(difflib.get_close_matches(one, names, _NEAREST, _LIKE))
    return tuple(found)[:_NEAREST]


# -- texts that cannot be drawn as they are ------------------------------------------------------------------------


def _several(text: str) -> list[str]:
    words = [word for word, _ in words_in(text)]
    joined = f" {' '.join(words)} "
    return [" ".join(phrase) for phrase in word_tables().several if f" {' '.join(phrase)} " in joined][:1]


def _language(text: str) -> str:
    words = [word for word, _ in words_in(text)]
    known = known_words()
    strange = [word for word in words if word not in known]
    for name, small in word_tables().languages.items():
        hits = {word for word in strange if word in small}
        if len(hits) > 1 and sum(word in small for word in words) >= _FOREIGN * len(words):
            return name
    latin = sum(word.isascii() for word in words)
    return "another language" if words and latin < len(words) / 2 else ""


def _contradictions(said: tuple[Statement, ...]) -> Iterable[str]:
    """Statements of one channel and side whose classes have nothing in common."""
    claims = [(one, part) for one in said for part in _parts(one)]
    for place, (first, a) in enumerate(claims):
        for second, b in claims[place + 1 :]:
            if first is second or a.channel != b.channel or a.denied or b.denied:
                continue
            if _overlap(a.side, b.side) and not a.classes & b.classes:
                yield f"{_words_of(first)} / {_words_of(second)}"


def _parts(statement: Statement) -> tuple[Claim, ...]:
    claim = statement.claim
    if isinstance(claim, Together):
        return tuple(one._replace(side=claim.side, denied=claim.denied or one.denied) for one in claim.claims)
    return (claim,)


def _overlap(a: str, b: str) -> bool:
    if ANY in (a, b):
        return False
    return a == b or BOTH in (a, b)


def _words_of(one: Statement) -> str:
    return " ".join(word for word in (one.side, one.part, one.what, one.target_side, one.target) if word)
