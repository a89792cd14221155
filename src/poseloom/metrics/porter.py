"""Porter's stemmer (An algorithm for suffix stripping, Program 14, 1980), with the departures that NLTK made usual.

The departures: a short table of irregular words; "flies" -> "fli" but "dies" -> "die"; final y becomes i only after a
consonant ("enjoy" stays); the rules -alli, -bli, -fulli and -logi; words of one or two letters stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

_VOWELS = frozenset("aeiou")
_IRREGULAR = {
    "skies": "sky",
    "sky": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    "innings": "inning",
    "inning": "inning",
    "outings": "outing",
    "outing": "outing",
    "cannings": "canning",
    "canning": "canning",
    "howe": "howe",
    "proceed": "proceed",
    "exceed": "exceed",
    "succeed": "succeed",
}
_PLURALS = {"sses": "ss", "ies": "i", "ss": "ss", "s": ""}
_RESTORED = {"at": "ate", "bl": "ble", "iz": "ize"}
_STEP_2 = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
    "fulli": "ful",
}
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = dict.fromkeys(
    [
        "al",
        "ance",
        "ence",
        "er",
        "ic",
        "able",
        "ible",
        "ant",
        "ement",
        "ment",
        "ent",
        "ion",
        "ou",
        "ism",
        "ate",
        "iti",
        "ous",
        "ive",
        "ize",
    ],
    "",
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Stem of an English word, lower case: "kneeling" -> "kneel", "positions" -> "posit"."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _without_participle(_without_plural(word))
    if word.endswith("y") and len(word) > 2 and _consonants(word)[-2]:
        word = word[:-1] + "i"
    word = _replace(_step_2(word), _STEP_3, lambda rest, _: _measure(rest) > 0)
    word = _replace(word, _STEP_4, lambda rest, end: _measure(rest) > 1 and (end != "ion" or rest[-1] in "st"))
    return _without_final_letter(word)


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    return _replace(word, _PLURALS, lambda rest, _: True)


def _without_participle(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    end = next((end for end in ("ed", "ing") if word.endswith(end) and not all(_consonants(word[: -len(end)]))), None)
    if end is None:
        return word
    rest = word[: -len(end)]
    if rest[-2:] in _RESTORED:
        return rest[:-2] + _RESTORED[rest[-2:]]
    if len(rest) > 1 and rest[-1] == rest[-2] and _consonants(rest)[-1]:
        return rest if rest[-1] in "lsz" else rest[:-1]
    return rest + "e" if _measure(rest) == 1 and _ends_short(rest) else rest


def _step_2(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _step_2(word[:-2])
    if word.endswith("logi"):  # the l counts with the stem, so that "geologi" is treated as "archaeologi" is
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return _replace(word, _STEP_2, lambda rest, _: _measure(rest) > 0)


def _without_final_letter(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _ends_short(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word


def _replace(word: str, rules: Mapping[str, str], allowed: Callable[[str, str], bool]) -> str:
    """The first rule whose suffix the word has decides: either it is replaced, or the word stays."""
    for end, replacement in rules.items():
        if word.endswith(end):
            rest = word[: -len(end)]
            return rest + replacement if allowed(rest, end) else word
    return word


def _consonants(word: str) -> list[bool]:
    """For each letter whether it is a consonant; y is one at the start and after a vowel."""
    flags: list[bool] = []
    for letter in word:
        flags.append(letter not in _VOWELS if letter != "y" else not flags or not flags[-1])
    return flags


def _measure(word: str) -> int:
    """How many times a consonant follows a vowel: Porter's m."""
    flags = _consonants(word)
    return sum(after and not before for before, after in pairwise(flags))


def _ends_short(word: str) -> bool:
    """Ends in consonant, vowel, consonant other than w, x, y; or is vowel, consonant."""
    flags = _consonants(word)
    if len(word) == 2:
        return flags == [False, True]
    return flags[-3:] == [True, False, True] and word[-1] not in "wxy"
