"""The words of the lexicon: everyday ones read as those that all readers know, inflections, slips of spelling.

The tables stand in ``words/*.json``. No word of direction, side or amount is ever guessed: those are written out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.language.lexicon.vectors import word_vectors

WORDS = Path(__file__).parent / "words"
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W_]+(?:['-][^\W_]+)*|[,;:!?()]")
_MARKS = frozenset(",;:!?()")
_SANSKRIT = str.maketrans("āīūṛṝḷṅṭḍṇśṣṃṁḥ", "aiurrlntdnssmmh")
"""Letters of names in scholars' spelling, vṛkṣāsana, as people write them; no other language needs these."""
_SHORTEST_DOUBLED, _SHORTEST_SLIP, _LONG = 4, 5, 9
"""Letters of a word from which on a letter that is doubled or should be is mended, one slip of spelling, and two."""
_ENDINGS = ("ing", "ed", "es", "s")
SHORTEST_STEM = 4
"""Letters that are left of a word without its ending."""
_VOWELS = "aeiou"
_SMALL = ("skipped", "people", "after", "filler", "exact", "written")


@dataclass(frozen=True)
class Token:
    """A word of a text.

    Args:
        word: as the readers know it, in small letters.
        lemma: without its inflection, for names.
        after_mark: whether a comma or another mark stands before it.
    """

    word: str
    lemma: str
    after_mark: bool = False


@dataclass
class ReadWords:
    """The words of a sentence, and how unusual ones were taken: ``plnak read as plank``."""

    tokens: list[Token] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class WordTables:
    """The checked content of the tables of words."""

    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: int
    sentence_phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    spelling: Mapping[str, str]
    emoji: Mapping[str, str]
    lemmas: Mapping[str, str]
    skipped: frozenset[str]
    people: frozenset[str]
    after: frozenset[str]
    fillers: frozenset[str]
    exact: frozenset[str]
    written: frozenset[str]
    limb_verbs: frozenset[str]
    objects: frozenset[str]
    several: tuple[tuple[str, ...], ...]
    languages: Mapping[str, frozenset[str]]


@cache
def word_tables(folder: Path = WORDS) -> WordTables:
    """The tables of words.

    Raises:
        FileError: a file or an entry of it is missing or of another type.
    """
    paths = {name: folder / f"{name}.json" for name in ("synonyms", "verbs", "small", "objects")}
    tables = {name: read_table(path) for name, path in paths.items()}

    def rows(name: str, key: str, kind: type) -> Any:
        return entry(paths[name], tables[name], key, kind)

    phrases, of_sentences = (_phrases(rows("synonyms", key, dict)) for key in ("phrases", "of_sentences"))
    small = {key: frozenset(rows("small", key, list)) for key in _SMALL}
    return WordTables(
        *(
            phrases,
            max(map(len, phrases)),
            {**phrases, **of_sentences},
            rows("synonyms", "spelling", dict),
            rows("synonyms", "emoji", dict),
        ),
        *(_lemmas(rows("verbs", "regular", list), rows("verbs", "forms", dict)), small["skipped"], small["people"]),
        *(small["after"], small["filler"], small["exact"], small["written"]),
        *(frozenset(rows("verbs", "limb", list)), frozenset(rows("objects", "objects", list))),
        tuple(tuple(words.split()) for words in rows("objects", "several", list)),
        {name: frozenset(words) for name, words in rows("objects", "languages", dict).items()},
    )


def _phrases(written: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Words of a phrase -> the words that it is read as."""
    return {tuple(old.split()): tuple(new.split()) for old, new in written.items() if old.split() != new.split()}


def _lemmas(regular: Sequence[str], forms: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Inflected form -> the verb."""
    made = {form: verb for verb in regular for form in inflections(verb)}
    return made | {form: verb for verb, written in forms.items() for form in written}


def inflections(verb: str) -> Iterator[str]:
    """The forms that the rules of spelling make: walks, walked, walking; sits, sitting."""
    consonant = verb[-1] not in f"{_VOWELS}wxy"
    sounds = verb.replace("qu", "q")  # the u of squat is no vowel
    doubled = consonant and len(sounds) > 1 and sounds[-2] in _VOWELS and (len(sounds) < 3 or sounds[-3] not in _VOWELS)
    short = sum(letter in _VOWELS for letter in sounds) == 1
    stem = verb + verb[-1] if doubled and short else verb.removesuffix("e") if verb.endswith("e") else verb
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        yield f"{verb}es"
    elif verb.endswith("y") and verb[-2] not in _VOWELS:
        yield f"{verb[:-1]}ies"
        yield f"{verb[:-1]}ied"
    else:
        yield f"{verb}s"
    if not (verb.endswith("y") and verb[-2] not in _VOWELS):
        yield f"{stem}ed"
    yield f"{verb.removesuffix('ie')}ying" if verb.endswith("ie") else f"{stem}ing"


def words_in(text: str) -> list[tuple[str, bool]]:
    """The words of a text in small letters, and whether a mark stands before each; marks themselves are left out."""
    found: list[tuple[str, bool]] = []
    marked = False
    for token in _TOKEN.findall(_plain_letters(text)):
        if token in _MARKS:
            marked = True
            continue
        found.append((token, marked))
        marked = False
    return found


def _plain_letters(text: str) -> str:
    tables = word_tables()
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("`", "'").replace("°", " degrees")
    text = text.translate(_SANSKRIT)
    for sign, said in tables.emoji.items():
        if sign in text:
            text = text.replace(sign, f" , {said} , ")
    return text


def read_words(text: str, known: frozenset[str]) -> ReadWords:
    """The words of a sentence as the readers know them.

    Args:
        text: what was written.
        known: words that need no mending.
    """
    tables, made = word_tables(), ReadWords()
    words = [part for word in words_in(text) for part in _apart(word, known)]
    plain = [_mended(word, known, made) for word, _ in words]
    place = 0
    while place < len(plain):
        size, said = _synonym(tables, plain, words, place)
        for number, word in enumerate(said):
            lemma = tables.lemmas.get(word, word)
            made.tokens.append(Token(word, lemma, words[place][1] and number == 0))
        place += size
    return made


def _apart(word: tuple[str, bool], known: frozenset[str]) -> list[tuple[str, bool]]:
    """A word with hyphens that nobody knows as its parts, where those are known: half-moon, arms-up."""
    written, marked = word
    parts = written.split("-")
    if len(parts) == 1 or written in known or not all(part in known for part in parts):
        return [word]
    return [(part, marked and not place) for place, part in enumerate(parts)]


def _synonym(
    tables: WordTables, plain: list[str], words: list[tuple[str, bool]], place: int
) -> tuple[int, Sequence[str]]:
    """How many words are replaced at a place, and by what: the longest phrase without a mark inside."""
    for size in range(min(tables.longest, len(plain) - place), 0, -1):
        said = tables.phrases.get(tuple(plain[place : place + size]))
        if said is not None and not any(mark for _, mark in words[place + 1 : place + size]):
            return size, said
    return 1, plain[place : place + 1]


def _mended(word: str, known: frozenset[str], made: ReadWords) -> str:
    tables = word_tables()
    word = word.removesuffix("'s") if word.removesuffix("'s") in tables.people else word
    right = tables.spelling.get(word)
    if right is None:
        never = word in known or word in tables.exact or word in tables.written or word[0].isdigit()
        right = None if never else nearest_spelling(word, known)
    if right is None or right == word:
        return word
    note = f"{word} read as {right}"
    if note not in made.mended:
        made.mended.append(note)
    return right


@cache
def nearest_spelling(word: str, known: frozenset[str]) -> str | None:
    """The one known word that a slip or two of spelling lead to.

    A word that the table of word vectors has is a slip of none, but may be another form of one: "athletes".
    """
    right = _nearest(word, known) if word.isalpha() else None
    is_slip = right is None or word not in word_vectors() or stem(word) == stem(right)
    return right if is_slip else None


def _nearest(word: str, known: frozenset[str]) -> str | None:
    single = _double_letters(known).get(_without_doubles(word), ())
    if len(word) >= _SHORTEST_DOUBLED and len(single) == 1:
        return single[0]
    if len(word) < _SHORTEST_SLIP:
        return None
    most = 2 if len(word) >= _LONG else 1
    near = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) <= most and len(one) > 3]
    found = {one: slips for one in near if (slips := _slips(word, one, most)) <= most}
    fewest = min(found.values(), default=0)
    best = [one for one, slips in found.items() if slips == fewest]
    if len(word) == _SHORTEST_SLIP and sorted(word) != sorted(best[0] if best else ""):
        return None  # of short words only exchanged letters: "brown" is no "brow"
    if len(word) >= _LONG and best and all(_slips(best[0], other, 2) <= 2 for other in best):
        return best[0]  # spellings of one name: vrksasana, vrikshasana
    return best[0] if len(best) == 1 else None


def stem(word: str) -> str:
    """A word without a usual ending: incline of inclines, inclined, inclining is "inclin"."""
    cut = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= SHORTEST_STEM), "")
    return word.removesuffix(cut).removesuffix("e")


@cache
def _double_letters(known: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Known words by what is left of them when no letter is doubled: sitting is "siting"."""
    found: dict[str, list[str]] = {}
    for word in sorted(known):
        if len(word) >= _SHORTEST_DOUBLED:
            found.setdefault(_without_doubles(word), []).append(word)
    return {letters: tuple(words) for letters, words in found.items()}


def _without_doubles(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word)


def _slips(a: str, b: str, most: int) -> int:
    """Letters left out, added, changed, or two exchanged (Damerau 1964, optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        now = [i]
        for j, other in enumerate(b, 1):
            cost = min(row[j] + 1, now[-1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, row = row, now
    return row[-1]
