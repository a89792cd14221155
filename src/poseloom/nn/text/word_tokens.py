"""English text to word tokens as NLTK's ``word_tokenize`` makes them of lower-cased text.

First sentences, by the decisions of the Punkt algorithm (Kiss and Strunk, 2006) that apply to lower-cased text; then
Penn Treebank tokens (after R. MacIntyre's script) with NLTK's improvements. The word vocabularies of the published
text-pose models were built with these tokens, so that their order of words depends on every detail here.

What is left out of the trained English model: its lists of collocations, of sentence starters and of word cases,
which touch lower-cased text in rare cases only, and most of its abbreviations (`tokenize` takes the whole list).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

COMMON_ABBREVIATIONS = frozenset(
    (
        *(
            "dr",
            "mr",
            "mrs",
            "ms",
            "prof",
            "jr",
            "sr",
            "st",
            "vs",
            "ft",
            "inc",
            "ltd",
            "co",
            "corp",
            "col",
            "gen",
            "lt",
        ),
        *("lt", "maj", "rep", "reps", "sen", "ok", "ill", "cos", "sw", "a.m", "p.m", "ph.d", "u.s"),
    )
)
"""Of the English Punkt model: those that are words themselves or common. Neither "e.g." nor "etc." is one in it."""

_SENTENCE_END = re.compile(r"[.?!](?=[)\";}\]*:@'({\[‘’“”«»?!]|\s+(\S+))")
_END_WITHIN = re.compile(r"[?!].|[^.]\.[)\";}\]*:@'({\[‘’“”«»?!]")
"""In the word after a doubtful period: Punkt judges both together and takes such an end for that of the first."""
_WORD_BORDER = re.compile(r"[\s(\"`{\[:;&#*@)}\],]|\.{2,}(?![.]|$)|-{2,}")
_CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.")
_WORD_BEFORE = 60
"""Characters looked back for the word that a period ends; no abbreviation is as long."""

_OPENING_QUOTES = (
    (re.compile(r"([«“‘„]|`+)"), r" \1 "),
    (re.compile(r'^"'), "``"),
    (re.compile(r"(``)"), r" \1 "),
    (re.compile(r"([ (\[{<])(\"|'{2})"), r"\1 `` "),
    (re.compile(r"(?<!\w)'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)"), "' "),
)
_PUNCTUATION = (
    (re.compile(r"([^.])\.([\])}>\"' »”’]*)\s*$"), r"\1 . \2 "),
    (re.compile(r"([:,])([^\d])"), r" \1 \2"),
    (re.compile(r"([:,])$"), r" \1 "),
    (re.compile(r"\.{2,}"), r" \g<0> "),
    (re.compile(r"[;@#$%&]"), r" \g<0> "),
    (re.compile(r"[\u2012-\u2015]"), r" \g<0> "),
    (re.compile(r"([^.])\.([\])}>\"']*)\s*$"), r"\1 .\2 "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"[*]"), r" \g<0> "),
    (re.compile(r"[][(){}<>]"), r" \g<0> "),
    (re.compile(r"--"), " -- "),
)
_CLOSING_QUOTES = (
    (re.compile(r"([»”’])"), r" \1 "),
    (re.compile(r"''"), " '' "),
    (re.compile(r'"'), " '' "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"([^' ])('[smd]|') "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'re|'ve|n't) "), r"\1 \2 "),
)
_CONTRACTIONS = (
    (re.compile(r"\b(can)(not)\b"), r" \1 \2 "),
    (re.compile(r"\b(d)('ye)\b"), r" \1 \2 "),
    (re.compile(r"\b(gim|lem)(me)\b"), r" \1 \2 "),
    (re.compile(r"\b(gon)(na)\b"), r" \1 \2 "),
    (re.compile(r"\b(got)(ta)\b"), r" \1 \2 "),
    (re.compile(r"\b(more)('n)\b"), r" \1 \2 "),
    (re.compile(r"\b(wan)(na)(?=\s)"), r" \1 \2 "),
    (re.compile(r" ('t)(is|was)\b"), r" \1 \2 "),
)


def tokenize(text: str, abbreviations: frozenset[str] = COMMON_ABBREVIATIONS) -> list[str]:
    """Words and signs of a text, lower-cased.

    Args:
        text: any text.
        abbreviations: words after which a period ends no sentence, without that period. Whoever has NLTK's data
            finds the whole list of the English model in its ``punkt_tab/english/abbrev_types.txt``.
    """
    return [token for sentence in sentences(text.lower(), abbreviations) for token in _treebank(sentence)]


def sentences(text: str, abbreviations: frozenset[str] = COMMON_ABBREVIATIONS) -> Iterator[str]:
    """The sentences of a lower-cased text, without the white space around them."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.start() < start or not _ends_sentence(text, end, abbreviations):
            continue
        stop = end.end()
        begin_next = stop if end[1] is None else end.start(1)
        closing = _CLOSING.match(text, begin_next)
        if closing:
            stop = begin_next + len(closing[0].rstrip())
            begin_next = closing.end()
        yield text[start:stop].strip()
        start = begin_next
    if text[start:].strip():
        yield text[start:].strip()


def _ends_sentence(text: str, end: re.Match[str], abbreviations: frozenset[str]) -> bool:
    if end[0] != ".":
        return True
    if end[1] is not None and _END_WITHIN.search(end[1]):
        return True
    word = _WORD_BORDER.split(text[max(0, end.start() - _WORD_BEFORE) : end.end()])[-1]
    if word.endswith(".."):  # an ellipsis is followed by more of the same sentence
        return False
    stem = word[:-1]
    if stem in abbreviations or stem.rpartition("-")[2] in abbreviations:
        return False
    goes_on = end[1] is not None and (end[1][0].islower() or end[1] in ";:,.!?")
    is_letter = len(stem) == 1 and stem.isalpha()
    return not (goes_on and (is_letter or _NUMBER.fullmatch(word)))


def _treebank(sentence: str) -> list[str]:
    for pattern, replacement in (*_OPENING_QUOTES, *_PUNCTUATION):
        sentence = pattern.sub(replacement, sentence)
    sentence = f" {sentence} "
    for pattern, replacement in (*_CLOSING_QUOTES, *_CONTRACTIONS):
        sentence = pattern.sub(replacement, sentence)
    return sentence.split()
