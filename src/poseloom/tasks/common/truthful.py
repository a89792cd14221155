"""Texts of models that speak, sentence by sentence: what no grammar reads or the poses deny is left out.

Where less than half of a text is left, the rules say the pose instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

from poseloom.language import describe, instruct
from poseloom.language.claims.checking import check_instructions
from poseloom.language.description.describe import figures
from poseloom.language.description.reading import read_sentences
from poseloom.language.description.truth import Truth, claim_of, joined_truths, truth_of
from poseloom.language.instruction.sentences import in_steps
from poseloom.language.instruction.trunk import turn_of
from poseloom.pose.types import Pose

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_DEGREES = re.compile(r"\b\d+ degrees\b")
_LEFT = 0.5
"""Share of its sentences that a text must keep."""


def truthful_captions(texts: Sequence[str], poses: Pose) -> list[str]:
    """Descriptions without the sentences that cannot be read or are not true.

    Args:
        texts: one for each pose.
        poses: one leading axis, without heading.
    """
    if not texts:
        return []
    poses = poses.body()  # the models see no hands
    truth = joined_truths([truth_of(figure) for figure in figures(poses)])
    made = []
    for number, text in enumerate(texts):
        sentences = _SENTENCE.split(text.strip())
        kept = [one for one in sentences if _is_true(one, truth.part(slice(number, number + 1)))]
        enough = bool(kept) and len(kept) >= _LEFT * len(sentences)
        made.append(" ".join(kept) if enough else str(describe(poses[number : number + 1], seed=number)[0]))
    return made


def _is_true(sentence: str, truth: Truth) -> bool:
    """Whether all of a sentence is read, and each statement of it holds."""
    readings = [own for _, own in read_sentences(sentence)]
    if not readings or any(one.unread or not one.said for one in readings):
        return False
    return all(any(bool(truth.holds(claim_of(one))[0]) for one in options) for own in readings for options in own.said)


def truthful_instructions(texts: Sequence[str], first: Pose, second: Pose) -> list[str]:
    """Instructions without the sentences that cannot be read or do not lead from one pose to the other.

    Degrees of a turn that is told are those that were measured.

    Args:
        texts: one for each pair.
        first, second: poses of one leading axis.
    """
    sentences = [(number, one) for number, text in enumerate(texts) for one in _SENTENCE.split(text.strip())]
    if not sentences:
        return []
    rows = torch.tensor([number for number, _ in sentences])
    checked = check_instructions([one for _, one in sentences], first[rows], second[rows])
    turns = _turns(first, second)
    kept: dict[int, list[str]] = {}
    for (number, sentence), one in zip(sentences, checked, strict=True):
        if one.said and not one.unread and all(holds is not False for holds in one.holds):
            kept.setdefault(number, []).append(_DEGREES.sub(f"{turns[number]} degrees", sentence))
    made = []
    for number, text in enumerate(texts):
        good = kept.get(number, [])
        enough = bool(good) and len(good) >= _LEFT * len(_SENTENCE.split(text.strip()))
        pair = slice(number, number + 1)
        made.append(" ".join(good) if enough else str(instruct(first[pair], second[pair], seed=number)[0]))
    return made


def _turns(first: Pose, second: Pose) -> list[int]:
    """Degrees by which each person turns, as instructions tell them."""
    pairs = zip(figures(first.body()), figures(second.body()), strict=True)
    return [in_steps(abs(turn)) for one, other in pairs for turn in turn_of(one, other).tolist()]
