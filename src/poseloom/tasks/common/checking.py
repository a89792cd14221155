"""Which facts of a user's words hold for poses: what chooses among samples, and what their results carry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError
from poseloom.language.lexicon.understanding import understand
from poseloom.nn.text.reading import first_words
from poseloom.pose.types import Pose, concatenate
from poseloom.results.poses import Facts
from poseloom.tasks.common.contact_facts import contact_facts, contacts_hold
from poseloom.tasks.common.fact_words import change_in_words, claim_in_words

if TYPE_CHECKING:
    from poseloom.language.description.agreement import Claims
    from poseloom.language.description.truth import Truth


def stated_facts(text: str, poses: Pose) -> Facts:
    """What a text states, contacts of named poses included, and whether it holds for each pose.

    Args:
        text: its first 250 words count.
        poses: one leading axis.
    """
    from poseloom.language.description.agreement import claims_of
    from poseloom.language.description.describe import figures
    from poseloom.language.description.truth import joined_truths, truth_of

    claims = claims_of(first_words(text))
    truth = None
    if claims.statements:
        truth = joined_truths([truth_of(figure) for figure in figures(poses)])
    return _stated(text, claims, truth, poses)


def later_facts(texts: Sequence[str], poses: Sequence[Pose]) -> list[Facts]:
    """The facts of `stated_facts` for several texts, each with its own poses; all are found when one is asked for.

    Args:
        texts: their first 250 words count.
        poses: for each text some of one leading axis; all of as many joints.
    """

    @cache
    def found() -> list[Facts]:
        from poseloom.language.description.agreement import claims_of
        from poseloom.language.description.describe import figures
        from poseloom.language.description.truth import joined_truths, truth_of

        truth = joined_truths([truth_of(figure) for figure in figures(concatenate(poses))])
        ends = np.cumsum([0, *(len(one) for one in poses)]).tolist()
        claims = [claims_of(first_words(text)) for text in texts]
        parts = [truth.part(slice(start, end)) for start, end in pairwise(ends)]
        return [_stated(*one) for one in zip(texts, claims, parts, poses, strict=True)]

    lock = Lock()

    def of(place: int) -> Facts:
        with lock:
            return found()[place]

    return [Facts.later(partial(of, place)) for place in range(len(texts))]


def _stated(text: str, claims: Claims, truth: Truth | None, poses: Pose) -> Facts:
    holds = np.zeros((len(poses), len(claims.statements)), bool)
    if truth is not None:
        for place, options in enumerate(claims.statements):
            holds[:, place] = np.logical_or.reduce([truth.holds(one) for one in options])
    contacts = contact_facts(understand(first_words(text)))
    stated = (*(claim_in_words(options[0]) for options in claims.statements), *map(str, contacts))
    holds = np.concatenate([holds, contacts_hold(contacts, poses)], axis=1)
    return Facts(stated, holds, np.ones_like(holds), claims.unread)


def instructed_facts(instruction: str, original: Pose, changed: Pose) -> Facts:
    """What an instruction asks for, and whether each changed pose shows it.

    Args:
        instruction: its first 250 words count.
        original: (1,) pose, or (n,).
        changed: (n,) poses; those of the body count.

    Raises:
        PoseloomError: other numbers of poses.
    """
    from poseloom.language.claims.checking import check_instructions
    from poseloom.language.claims.reading import read_instruction

    if len(original) not in (1, len(changed)):
        raise PoseloomError(f"expected one second pose for each of {len(original)} first ones, got {len(changed)}")
    read_part = first_words(instruction)
    reading = read_instruction(read_part)
    found = np.zeros((len(changed), len(reading.said)), object)
    if reading.said:
        before = original.body()
        if len(before) != len(changed):
            before = before[torch.zeros(len(changed), dtype=torch.long)]
        checked = check_instructions([read_part] * len(changed), before, changed.body())
        found = np.array([one.holds for one in checked], dtype=object).reshape(found.shape)
    stated = tuple(change_in_words(options[0]) for options in reading.said)
    return Facts(stated, _is(found, True), ~_is(found, None), tuple(dict.fromkeys(reading.unread)))


def _is(found: NDArray[np.object_], value: bool | None) -> NDArray[np.bool_]:
    return np.array([one is value for one in found.flat], bool).reshape(found.shape)
