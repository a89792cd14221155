"""Places of named poses that must meet, as facts of a text: hands at the waist of somebody with arms akimbo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool

from poseloom.language.description.truth import BOTH, Claim
from poseloom.language.lexicon.bodies import body_pose
from poseloom.language.lexicon.names import Mention
from poseloom.language.lexicon.understanding import Options, Understanding
from poseloom.pose.contact import ContactFigure
from poseloom.pose.touch import Touch, apart
from poseloom.pose.types import Pose

TOUCHING = 0.1
"""Metres between places of the skin that count as together: the describer's own margin of hands at the body."""


class ContactFact(NamedTuple):
    """Places that must meet: those of either side, where the text tells none.

    Args:
        options: pairs of places, of which one must meet.
    """

    options: tuple[Touch, ...]

    def __str__(self) -> str:
        first = self.options[0]
        return f"{first.first.replace('_', ' ')} at {first.second.replace('_', ' ')}"


def contact_facts(understood: Understanding) -> tuple[ContactFact, ...]:
    """The contacts that the named poses of a text ask for, without those that its statements tell anyway."""
    told = set(_told_hands(understood.statements))
    found = (one for mention in understood.mentions for one in _of_mention(mention))
    return tuple(dict.fromkeys(one for one in found if one.options[0].first not in told))


def _of_mention(mention: Mention) -> Iterator[ContactFact]:
    touches = body_pose(mention.pose.name, mention.mirrored).touches
    for touch in touches:
        either = mention.pose.side and not mention.side
        yield ContactFact((touch, touch.mirrored()) if either else (touch,))


def _told_hands(statements: Sequence[Options]) -> Iterator[str]:
    for options in statements:
        for claim in options:
            if isinstance(claim, Claim) and claim.channel == "contact":
                sides = ("left", "right") if claim.side in ("", BOTH) else (claim.side,)
                yield from (f"{side}_hand" for side in sides)


def contacts_hold(facts: Sequence[ContactFact], poses: Pose) -> Bool[np.ndarray, "poses facts"]:
    """Whether each contact is there in each pose.

    Args:
        facts: contacts.
        poses: one leading axis.
    """
    if not facts or not len(poses):
        return np.zeros((len(poses), len(facts)), bool)
    figure = ContactFigure.of(poses.body().matrices())
    gaps = [torch.stack([apart(figure, touch) for touch in fact.options]).amin(0) for fact in facts]
    return (torch.stack(gaps, 1) <= TOUCHING).numpy()
