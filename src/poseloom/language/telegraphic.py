"""Descriptions in the telegraphic words that people type: "kneeling on the left knee, both arms up".

Models that read only whole sentences do not know what to make of such words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PERSON = re.compile(r"(?:The|A) (?:person|figure|subject)\b|Someone\b")
_COPULA = re.compile(r"^(?:is|are) ")
_PARTICIPLES = {
    "sits": "sitting",
    "stands": "standing",
    "lies": "lying",
    "kneels": "kneeling",
    "squats": "squatting",
    "crouches": "crouching",
    "lunges": "lunging",
    "balances": "balancing",
    "leans": "leaning",
    "holds": "holding",
    "lifts": "lifting",
    "forms": "forming",
}
_PARTS = "head|neck|trunk|torso|(?:upper )?arms?|hands?|elbows?|legs?|knees?|foot|feet|thighs?|shins?|forearms?"
_DETERMINERS = re.compile(rf"\b(?:their|his|her|your|the) (?=(?:(?:left|right) )?(?:{_PARTS})\b)", re.IGNORECASE)
_FURTHER = re.compile(r", (?:with|and) .*")
_ARE = re.compile(r"\b(?:is|are) ")
_CUT = 0.25
"""Share of the sentences that lose what is told after their first statement."""
_STARTS = ("", "", "", "a person ", "someone ", "a man ", "a woman ")
DESCRIBED = (", ", ", ", " and ", " with ", ", with ", ". ")
INSTRUCTED = (", ", ", ", " and ", ", and ", ", then ", ". ")
"""What stands between statements about a pose, and between those of an instruction."""


def telegraphic(
    text: str, generator: np.random.Generator, between: Sequence[str] = DESCRIBED, cut: float | None = None
) -> str:
    """A description by rule without some of its small words, its sentences run together.

    Args:
        text: whole sentences.
        generator: chooses what goes.
        between: what stands between the statements.
        cut: share of the sentences that lose what is told after their first statement; a quarter where none is given.
    """
    without = generator.random(2) < 0.6
    pieces = []
    for sentence in _SENTENCE.split(text):
        piece = _of_a_person(sentence.rstrip(".!? "), generator)
        if generator.random() < (_CUT if cut is None else cut):
            piece = _FURTHER.sub("", piece)
        if without[0]:
            piece = _ARE.sub("", piece)
        if without[1]:
            piece = _DETERMINERS.sub("", piece)
        pieces.append(piece)
    said = pieces[0]
    for piece in pieces[1:]:
        said += between[int(generator.integers(len(between)))] + piece
    return said[:1].upper() + said[1:] + "." if generator.random() < 0.3 else said


def _of_a_person(sentence: str, generator: np.random.Generator) -> str:
    """The words after the subject: someone who stands on one leg is "standing on one leg"."""
    found = _PERSON.match(sentence)
    if found is None:
        return sentence[:1].lower() + sentence[1:]
    rest = _COPULA.sub("", sentence[found.end() :].lstrip())
    verb, _, more = rest.partition(" ")
    plain = verb.rstrip(",")
    rest = (_PARTICIPLES.get(plain, plain) + verb[len(plain) :] + " " + more).strip()
    return _STARTS[generator.integers(len(_STARTS))] + rest
