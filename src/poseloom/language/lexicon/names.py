"""Named poses found in the words of a sentence: the longest name first, with the side that it is told for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from poseloom.language.description.plain_table import PhraseKind, plain_words
from poseloom.language.lexicon.entries import NamedPose, named_poses
from poseloom.language.lexicon.words import Token, inflections, read_words, word_tables

SIDES = ("left", "right")
_SLOT = "{side}"
_FITS_SLOT = frozenset([*SIDES, "one", "either", "other"])
_TO_SIDE = frozenset(["to", "on", "over", "with", "by", "using", "toward", "towards", "for"])
_SIDED = frozenset(["hand", "arm", "leg", "foot", "knee", "side", "fist", "elbow", "shoulder", "ear", "heel"])
_BEFORE_THINGS = frozenset(
    ["over", "behind", "under", "from", "through", "near", "against", "off", "of", "beside", "above"]
)
"""A single noun behind these is a thing: "behind a tree"."""
_ARM_WORDS = frozenset(["hand", "arm", "fist", "elbow"])
_POSES_OF_LIMBS = frozenset(
    ["kick", "wave", "clap", "shake", "point", "cover", "hug", "flex", "clench", "punch", "press"]
)
"""Verbs that name a pose with a limb behind them too: "wave your hand"."""
_STAND_ON = frozenset(["leg", "foot", "knee", "hand", "arm", "side"])
_ENDS = frozenset(["and", "while", "but", "then", "forward", "front", "first", "in"])
_PLACES = {
    "floor": frozenset(["floor", "ground", "mat", "carpet", "grass", "earth", "beach", "rug"]),
    "seat": frozenset(["chair", "stool", "bench", "seat", "sofa", "couch", "armchair", "box", "log", "desk", "table"]),
}
_PLACE_THINGS = frozenset(["box", "bench", "boat", "bridge", "table", "bow", "wheel"])
"""Things that poses are called after, which are things behind "on", "to", "at" too."""
_OTHER_WAYS = frozenset(["backward", "backwards", "behind", "down", "downward", "up", "upward", "upwards", "overhead"])
_OF_SOMETHING = frozenset(["back", "top", "side", "front", "inside", "outside"])
_FORMS = ("ing", "ed")
_NOT = frozenset(["not", "no", "without", "never"])
_SHORTEST_NOUN = 3
_AT_PLACE = frozenset(["on", "in", "at", "onto", "upon", "over", "down"])
_TOWARDS = frozenset(["above", "over", "behind", "below", "beside", "near", "to", "on", "onto", "against"])


@dataclass(frozen=True)
class Mention:
    """A named pose in a text.

    Args:
        pose: the entry.
        side: left or right as it was told; empty where none was.
        words: as they were read.
        on: whether the side is that of what carries or is "on": "on the left leg".
        only: the one arm that does what both do as the entry is written: "a curl with the left arm".
    """

    pose: NamedPose
    side: str
    words: str
    on: bool = False
    only: str = ""

    @property
    def mirrored(self) -> bool:
        """Whether the entry must be mirrored."""
        written = self.pose.on if self.on else self.pose.side
        return bool(written) and bool(self.side) and self.side != written

    @property
    def shown_side(self) -> str:
        """The side of the entry as it comes out, by what it is called for."""
        if not self.pose.side:
            return ""
        return {"left": "right", "right": "left"}[self.pose.side] if self.mirrored else self.pose.side


@dataclass(frozen=True)
class _Key:
    words: tuple[str, ...]
    name: str


@cache
def _keys() -> dict[str, tuple[_Key, ...]]:
    """Names as lemmas, by their first word; the longest first."""
    found: dict[tuple[str, ...], str] = {}
    for name, pose in named_poses().items():
        for alias in (name, *pose.aliases):
            words = _key_of(alias)
            if words:
                found.setdefault(words, name)
    made: dict[str, list[_Key]] = {}
    for words, name in found.items():
        starts = _FITS_SLOT if words[0] == _SLOT else (words[0],)
        for start in starts:
            made.setdefault(start, []).append(_Key(words, name))
    return {first: tuple(sorted(keys, key=lambda key: -len(key.words))) for first, keys in made.items()}


@cache
def _key_of(alias: str) -> tuple[str, ...]:
    """An alias as texts are read: everyday words replaced, small words left out, no inflection."""
    marked = alias.replace(_SLOT, "sideslot")
    tokens = read_words(marked, frozenset(marked.split())).tokens
    skipped = word_tables().skipped
    return tuple(_SLOT if one.word == "sideslot" else one.lemma for one in tokens if one.word not in skipped)


def names_by_words() -> dict[tuple[str, ...], str]:
    """All names as lemmas -> the entry, for checks and suggestions."""
    return {key.words: key.name for keys in _keys().values() for key in keys}


def find_names(tokens: Sequence[Token], parts: frozenset[str]) -> tuple[list[Mention], list[Token]]:
    """The named poses in a sentence, and the words that are left, a comma where a name was.

    Args:
        tokens: words of the sentence.
        parts: words for parts of the body: what a limb does is not a pose ("the left arm points up").
    """
    skipped = word_tables().skipped
    content = [place for place, token in enumerate(tokens) if token.word not in skipped]
    found: list[Mention] = []
    taken: set[int] = set()
    at = 0
    while at < len(content):
        match = _match(tokens, content, at, parts, taken)
        if match is None:
            at += 1
            continue
        mention, first, end = match
        found += _of_both_arms(mention, [tokens[place].word for place in content], first, end)
        end = _past_limb(mention, [tokens[place] for place in content], end)
        taken.update(content[first:end])
        at = end
    left: list[Token] = []
    cut = False
    taken |= {place for place in range(len(tokens)) if tokens[place].word in skipped and place + 1 in taken}
    for place, token in enumerate(tokens):
        if place in taken:
            cut = True
            continue
        left.append(Token(token.word, token.lemma, token.after_mark or cut))
        cut = False
    return found, left


def _match(
    tokens: Sequence[Token], content: list[int], at: int, parts: frozenset[str], taken: set[int]
) -> tuple[Mention, int, int] | None:
    """The longest name that begins at a place: the mention, and which words it takes."""
    first = tokens[content[at]]
    before = tokens[content[at - 1]] if at else None
    same = before is not None and not first.after_mark and content[at - 1] not in taken
    if same and before is not None and before.word in _NOT:
        return None
    thing = same and before is not None and first.word == first.lemma and _names_thing(before.word, first.word)
    joins = word_tables().limb_verbs | _AT_PLACE
    other_on = before is not None and before.word == "other" and first.lemma in _AT_PLACE  # "the other on the belly"
    of_limb = same and before is not None and before.word in parts and (first.lemma in joins or _is_participle(first))
    for key in (*_keys_from(first.lemma), *_keys_of_verb(first.word)):
        size = len(key.words)
        words = [tokens[place] for place in content[at : at + size]]
        if len(words) < size or any(one.after_mark for one in words[1:]):
            continue
        if of_limb or (same and other_on) or not all(map(_fits, key.words, words)):
            continue
        if size == 1 and (thing or _moves_limb(first, tokens, content, at)):
            continue
        after = [tokens[place] for place in content[at + size : at + size + 2]]
        if key.words[-1] in _OF_SOMETHING and after and after[0].word == "of" and not after[0].after_mark:
            continue  # "hands on the back of the head" are not on the back
        if first.word.removesuffix("s") in _ARM_WORDS and after and after[0].word in _OTHER_WAYS:
            continue  # "arms stretched out backward" are not stretched sideways
        if _goes_somewhere(after) and _moves_limb(first, tokens, content, at):
            continue
        side = next((one.word for want, one in zip(key.words, words, strict=True) if want == _SLOT), "")
        if side in SIDES and same and before is not None and before.word in SIDES and before.word != side:
            continue  # "right hand on the left hip"
        on = _is_on(key.words)
        return _with_surroundings(named_poses()[key.name], side, on, tokens, content, at, at + size, taken)
    return None


def _of_both_arms(mention: Mention, words: list[str], first: int, end: int) -> list[Mention]:
    """A gesture of one arm that both make, or one of both that one makes: "thumbs up with both hands"."""
    arms = mention.pose.decides - {"head"}
    told = _limb_after(words, end)
    if not told or not arms <= {"left_arm", "right_arm"}:
        return [mention]
    if told == "both" and len(arms) == 1 and not mention.side:
        return [replace(mention, side=side) for side in SIDES]
    return [replace(mention, only=told)] if told in SIDES and len(arms) == 2 and not mention.side else [mention]


def _limb_after(words: Sequence[str], end: int) -> str:
    """The side in "with the left arm", "both hands" behind a name; empty where no arm is told."""
    place = end + 1 if end < len(words) and words[end] in _TO_SIDE else end
    named = place + 1 < len(words) and words[place + 1].removesuffix("s") in _ARM_WORDS
    behind = words[place + 2] if named and place + 2 < len(words) else "and"
    if named and behind != "and" and (behind,) in plain_words().phrases:
        return ""  # "robot dance with the left arm up" tells what else that arm does
    if named and words[place] in (*SIDES, "two"):
        return "both" if words[place] == "two" else words[place]
    plural = place < len(words) and words[place] in ("hands", "arms") and words[end] in ("with", "using")
    return "both" if plural else ""


def _past_limb(mention: Mention, words: Sequence[Token], end: int) -> int:
    """Where the words for the arms behind a name end, which have been read with it."""
    arms = mention.pose.decides - {"head"}
    if not arms <= {"left_arm", "right_arm"} or mention.side or not _limb_after([one.word for one in words], end):
        return end
    while end < len(words) and not words[end].after_mark:
        end += 1
        if words[end - 1].word.removesuffix("s") in _ARM_WORDS:
            break
    return end


def _moves_limb(verb: Token, tokens: Sequence[Token], content: list[int], at: int) -> bool:
    """Whether a verb that names a pose alone here moves a limb: "stretch your right arm"."""
    if verb.lemma in _POSES_OF_LIMBS or verb.lemma not in word_tables().lemmas.values() or at + 1 >= len(content):
        return False
    after = tokens[content[at + 1]]
    return not after.after_mark and (after.word in SIDES or _is_part(after.word) or after.word in ("head", "both"))


def _names_thing(before: str, noun: str) -> bool:
    """Whether a noun is a thing: "behind a tree", "next to a box"."""
    return before in _BEFORE_THINGS or (before in ("on", "to", "at") and noun in _PLACE_THINGS)


def _goes_somewhere(after: Sequence[Token]) -> bool:
    """Whether words say how far or where a limb goes, which a gesture does not: "raise your hand a bit", "raise the
    right hand above the head"."""
    if not after or after[0].after_mark:
        return False
    item = plain_words().phrases.get((after[0].word,))
    to_part = after[0].word in _TOWARDS and len(after) > 1 and (_is_part(after[1].word) or after[1].word == "head")
    return to_part or (item is not None and item.kind is PhraseKind.AMOUNT)


def _is_participle(token: Token) -> bool:
    """Whether it tells what was done with a limb: "the left knee pulled up"."""
    return token.word != token.lemma and not token.word.endswith(("ing", "s"))


def _keys_from(lemma: str) -> tuple[_Key, ...]:
    """Names that begin with a word, in singular or plural; the longest first."""
    keys = _keys()
    found = [*keys.get(lemma, ()), *(key for other in _numbers(lemma) for key in keys.get(other, ()))]
    return tuple(sorted(found, key=lambda key: -len(key.words)))


def _numbers(noun: str) -> tuple[str, ...]:
    """The plural of a noun, and its singular; of parts of the body one is not two."""
    if len(noun) < _SHORTEST_NOUN or noun == _SLOT or _is_part(noun):
        return ()
    return (f"{noun}s", noun.removesuffix("s")) if noun.endswith("s") and noun[-2] != "s" else (f"{noun}s",)


@cache
def _is_part(noun: str) -> bool:
    item = plain_words().phrases.get((noun,))
    return item is not None and item.kind is PhraseKind.PART


def _fits(want: str, token: Token) -> bool:
    lemma = token.lemma
    if want == _SLOT:
        return lemma in _FITS_SLOT
    return lemma == want or want in _numbers(lemma) or want in _verbs_of(token.word)


def _keys_of_verb(word: str) -> tuple[_Key, ...]:
    """Names of several words that begin with a verb of which no table has the inflection: "directing traffic"."""
    found = [key for verb in _verbs_of(word) for key in _keys().get(verb, ()) if len(key.words) > 1]
    return tuple(sorted(found, key=lambda key: -len(key.words)))


@cache
def _verbs_of(word: str) -> tuple[str, ...]:
    """The verbs that a form may belong to by the rules of spelling, where no table knows it."""
    if word in word_tables().lemmas or not word.endswith(_FORMS):
        return ()
    bare = next(word.removesuffix(end) for end in _FORMS if word.endswith(end))
    tries = (bare, f"{bare}e", bare[:-1])
    return tuple(verb for verb in tries if len(verb) >= _SHORTEST_NOUN and word in inflections(verb))


def _is_on(words: tuple[str, ...]) -> bool:
    """Whether a name itself says "on the left leg"."""
    if _SLOT not in words:
        return False
    place = words.index(_SLOT)
    return place > 0 and words[place - 1] == "on" and words[place + 1 : place + 2] in [(one,) for one in _STAND_ON]


def _with_surroundings(
    pose: NamedPose,
    side: str,
    on: bool,
    tokens: Sequence[Token],
    content: list[int],
    at: int,
    end: int,
    taken: set[int],
) -> tuple[Mention, int, int]:
    """The name with "pose", the side and the place beside it."""
    words = [tokens[place] for place in content]
    first = at
    if end < len(words) and words[end].word in word_tables().after and not words[end].after_mark:
        end += 1
    if pose.side and side not in SIDES:
        side, first, end, on = _side_beside(words, at, end, [place in taken for place in content])
    end = _past_place(pose, words, end)
    said = " ".join(one.word for one in words[first:end])
    return Mention(pose, side if side in SIDES else "", said, on), first, end


def _side_beside(words: list[Token], at: int, end: int, taken: list[bool]) -> tuple[str, int, int, bool]:
    """The side of a name from the words before and after it: side, where it begins and ends, whether it says "on"."""
    if at and words[at - 1].word in SIDES and not words[at].after_mark and not taken[at - 1]:
        return words[at - 1].word, at - 1, end, False
    place = end
    if place < len(words) and words[place].word in _TO_SIDE and not words[place].after_mark:
        place += 1
    if place < len(words) and words[place].word in SIDES and not words[place].after_mark:
        side = words[place].word
        noun = place + 1
        named = noun < len(words) and words[noun].word in _SIDED and not words[noun].after_mark
        past = noun + 1 if named else noun
        ends = past >= len(words) or words[past].after_mark or words[past].word in _ENDS
        if (named or place == end or words[place - 1].word in ("to", "on", "for", "toward", "towards")) and ends:
            if past < len(words) and words[past].word in ("forward", "first") and not words[past].after_mark:
                past += 1
            elif [one.word for one in words[past : past + 2]] == ["in", "front"]:
                past += 2
            on = named and words[place - 1].word == "on" and words[noun].word in _STAND_ON
            return side, at, past, on
    return "", at, end, False


def _past_place(pose: NamedPose, words: list[Token], end: int) -> int:
    """ "On the floor" of somebody who is there anyway, "on a chair" of somebody who sits."""
    at_place = end + 1 < len(words) and words[end].word in _AT_PLACE and not words[end].after_mark
    return end + 2 if at_place and words[end + 1].word in _PLACES.get(pose.support, ()) else end
