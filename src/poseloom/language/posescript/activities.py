"""The sentence on what a person is doing, from activity labels in the manner of BABEL (Punnakkal et al., CVPR 2021)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.language.description.phrases import finite, participle
from poseloom.language.posescript.draws import Draws
from poseloom.language.posescript.phrasebook import Phrasebook, Voice
from poseloom.language.tables import TABLES

_SLOT = re.compile(r"\{(\w*)\+?\}")
_TOLD = 2
"""Labels told in one sentence."""


@dataclass(frozen=True, eq=False)
class Activities:
    """The checked content of ``tables/activities.json``."""

    phrases: dict[str, tuple[str, ...]]
    unknown: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    """How labels without phrases are worded: the first pattern that matches."""
    sentences: dict[int, tuple[str, ...]]
    """By the number of labels."""
    silent: frozenset[str]
    dancing: frozenset[str]
    """Labels that mark a pose of a dance."""
    dance: str

    def wordings(self, label: str) -> tuple[str, ...]:
        """What can be said of a label; an unknown one is quoted."""
        if label in self.phrases:
            return self.phrases[label]
        found = next(phrases for pattern, phrases in self.unknown if pattern.fullmatch(label))
        return tuple(phrase.replace("{label}", label) for phrase in found)


@cache
def activities_of(path: Path = TABLES / "activities.json") -> Activities:
    """The activities of a file, checked.

    Raises:
        FileError: an entry is missing or has no [verb]; names the file and the entry.
    """
    table = read_table(path)
    phrases = {
        label: _phrases(path, f"activities.{label}", said)
        for label, said in entry(path, table, "activities", dict).items()
    }
    unknown = []
    for number, row in enumerate(entry(path, table, "unknown", list)):
        where = f"unknown[{number}]"
        pattern = re.compile(entry(path, row, "pattern", str, where))
        unknown.append((pattern, _phrases(path, f"{where}.phrases", row.get("phrases"))))
    if not unknown or unknown[-1][0].pattern != ".*":
        raise FileError(path, "the last pattern must be '.*', which matches every label", field="unknown")
    sentences = entry(path, table, "sentences", dict)
    shapes = {count: tuple(entry(path, sentences, name, list, "sentences")) for count, name in ((1, "one"), (2, "two"))}
    return Activities(
        phrases,
        tuple(unknown),
        shapes,
        frozenset(entry(path, table, "silent", list)),
        frozenset(entry(path, table, "dancing", list)),
        entry(path, table, "dance", str),
    )


def _phrases(path: Path, where: str, said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not said or not all(isinstance(one, str) for one in said):
        raise FileError(path, "expected a list with at least one phrase", field=where)
    for phrase in said:
        if not re.fullmatch(r"\[\w+\].*", phrase) or _SLOT.sub("", phrase).count("{"):
            raise FileError(path, f"{phrase!r} must begin with a [verb] and close its brackets", field=where)
    return tuple(said)


def activity_sentence(labels: Sequence[str] | None, dancing: bool, voice: Voice, book: Phrasebook, draws: Draws) -> str:
    """``The person is walking while waving a hand.``; empty where nothing is known or worth telling.

    Args:
        labels: what one pose is, such as ``walk``; of more than two, two are told.
        dancing: whether the marker of a dance counts as the label ``dance``.
        voice: how the description speaks of the person, so that pronouns agree.
    """
    activities = activities_of()
    known = []
    for label in dict.fromkeys(one.strip().lower() for one in labels or ()):
        if label in activities.dancing:
            label = activities.dance if dancing else ""
        if label and label not in activities.silent:
            known.append(label)
    chosen = draws.shuffled(list(dict.fromkeys(known)))[:_TOLD]
    if not chosen:
        return ""
    said = [draws.pick(activities.wordings(label)) for label in chosen]
    shape = draws.pick(activities.sentences[len(said)])
    person = draws.pick(voice.people)
    plural = person in book.plural_people
    progressive = draws.chance(0.5)
    for name, wording in zip(("first", "second"), said, strict=False):
        told = f"[be] {participle(wording)}" if progressive and not wording.startswith("[be]") else wording
        bare = participle(wording) or wording
        follows = name == "second" and told.startswith("[be]") and said[0] and progressive
        shape = shape.replace(f"{{{name}+}}", bare)
        shape = shape.replace(f"{{{name}}}", bare if follows else finite(told, plural))
    return f"{person[0].upper()}{person[1:]} {shape}."
