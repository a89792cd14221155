"""Texts for people in the words that models learn from: the same facts in the order and wordings of their texts."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from poseloom.language.description.fact import Fact
from poseloom.language.description.people import STEPS
from poseloom.language.description.phrases import phrases_of
from poseloom.language.description.reading import Reading, read_sentences
from poseloom.language.description.sentences import Writer
from poseloom.language.tables import TABLES

_SEED = 0
_GROUPS = ("body", "trunk", "head", "arms", "legs")
_GROUP_OF = {
    **{"heel": "body", "trunk": "trunk", "head": "head"},
    **dict.fromkeys(("arm", "upper_arm", "elbow", "forearm", "hand"), "arms"),
}
_OPENING = ("body", "trunk")


@lru_cache(maxsize=1024)
def in_learned_words(text: str) -> str:
    """The text as models read it best; unchanged where it is theirs already, or where it is not the describer's own.

    Args:
        text: a description.
    """
    read = [sentence for _, sentence in read_sentences(text)]
    if not read or any(one.unread or not one.said for one in read) or not _is_for_people(read):
        return text
    told = [fact for one in read for options in one.said for fact in _learned(options[0])]
    told.sort(key=lambda fact: _GROUPS.index(fact.group))
    phrases = phrases_of(TABLES / "phrases.json")
    if any(fact.name not in phrases.wordings for fact in told):
        return text
    return Writer(phrases, _SEED, told).paragraph()


def _is_for_people(read: list[Reading]) -> bool:
    """Whether the first sentence tells of limbs, or something that models are not told."""
    first = [_group_of(options[0]) for options in read[0].said]
    if "body" not in first:
        return False
    learned = phrases_of(TABLES / "phrases.json").wordings
    names = [options[0].name for one in read for options in one.said]
    return any(group not in _OPENING for group in first) or any(name not in learned for name in names)


def _learned(fact: Fact) -> list[Fact]:
    """The fact as models are told it; nothing for heels, of which they know only both."""
    kind, _, name = fact.name.partition(".")
    if kind == "posture" and name in STEPS:
        standing = replace(fact, group="body", name="posture.stand", direction="")
        foot = replace(fact, group="body", subject="foot", name=f"feet.{name}", side=fact.direction, direction="")
        return [standing, foot]
    if fact.name in ("feet.heel", "foot.hovering"):
        return []
    return [replace(fact, group=_group_of(fact), name=fact.name.replace("thigh.stance", "thigh.upright"))]


def _group_of(fact: Fact) -> str:
    if fact.subject == "person":
        return "body" if fact.name.startswith("posture") else "trunk"
    if fact.name.startswith("feet."):
        return "body"
    return _GROUP_OF.get(fact.subject, "legs")
