"""What is wrong with an entry of the lexicon: sentences that cannot be read or do not hold, places that do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from poseloom.language.description.describe import figures
from poseloom.language.description.plain import read_plainly
from poseloom.language.description.reading import read_sentences
from poseloom.language.description.truth import truth_of
from poseloom.language.lexicon.bodies import BodyPose, body_pose
from poseloom.language.lexicon.entries import NamedPose
from poseloom.language.lexicon.names import find_names
from poseloom.language.lexicon.understanding import known_words, part_words, says_of
from poseloom.language.lexicon.words import read_words
from poseloom.pose.contact import ContactFigure
from poseloom.pose.movement import to_matrices
from poseloom.pose.touch import FLOOR, apart, touch_points
from poseloom.pose.types import Pose

APART = 0.06
"""Metres between places that must meet, up to which they count as together; on the floor, twice as much."""


def faults_of(pose: NamedPose) -> Iterator[str]:
    """Everything that is wrong, one line each."""
    if not pose.says:
        yield "it says nothing that must hold"
    yield from (f"cannot be read: {sentence}" for sentence in pose.says if not _is_read(sentence))
    yield from (f"not found by {alias!r}" for alias in (pose.name, *pose.aliases) if not _is_found(pose, alias))
    body = body_pose(pose.name)
    figure = ContactFigure.of(to_matrices(body.angles[None]))
    for touch in body.touches:
        unknown = [place for place in (touch.first, touch.second) if place not in (*touch_points(), FLOOR)]
        if unknown:
            yield f"no such place: {', '.join(unknown)}"
            continue
        far = float(apart(figure, touch)[0])
        if far > APART * (2 if touch.second == FLOOR else 1):
            yield f"{touch.first} is {far:.2f} m from {touch.second}"
    yield from (f"does not hold: {fault}" for fault in _untrue(pose, body))


@cache
def _is_read(sentence: str) -> bool:
    plain = read_plainly(sentence)
    if plain.claims and not plain.unread:
        return True
    return all(own.said and not own.unread for _, own in read_sentences(sentence))


def _is_found(pose: NamedPose, alias: str) -> bool:
    """Whether an alias leads to the entry, and not to one that has it already."""
    text = alias.replace("{side}", pose.side or "left")
    mentions, _ = find_names(read_words(text, known_words()).tokens, part_words())
    return any(one.pose.name == pose.name for one in mentions)


def _untrue(pose: NamedPose, body: BodyPose) -> Iterator[str]:
    truth = truth_of(next(iter(figures(Pose.from_matrices(to_matrices(body.angles[None]))))))
    for options in says_of(pose, False):
        if not any(truth.holds(one).all() for one in options):
            yield str(options[0])
