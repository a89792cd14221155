"""Descriptions sentence by sentence: what each one tells, and of which joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poseloom.results.texts import Texts

if TYPE_CHECKING:
    from poseloom.language.description.fact import Fact


@dataclass(frozen=True)
class Sentence:
    """One sentence of a description.

    Args:
        text: the sentence; in a list, the line.
        facts: what it tells; empty where it names the pose or says what a picture does not show.
        joints: names of the joints that it speaks of, in the SMPL-H order.
    """

    text: str
    facts: tuple[Fact, ...]
    joints: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DescribedSentences(Texts):
    """Descriptions by rule and their sentences; used as a sequence of texts.

    Args:
        sentences: those of each text, in its order.
    """

    sentences: tuple[tuple[Sentence, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As `Texts`, and in each row ``sentences``: rows of ``text``, ``facts`` and ``joints``.

        A fact has ``group``, ``subject`` and ``name``, and, where it has them, ``side``, ``sector``, ``direction``,
        ``target`` and ``target_side``.
        """
        made = super().as_json()
        for row, sentences in zip(made["texts"], self.sentences, strict=True):
            row["sentences"] = [_sentence(one) for one in sentences]
        return made


_PARTS = ("side", "sector", "direction", "target", "target_side")


def _sentence(one: Sentence) -> dict[str, Any]:
    facts = []
    for fact in one.facts:
        row = {"group": fact.group, "subject": fact.subject, "name": fact.name}
        facts.append(row | {part: getattr(fact, part) for part in _PARTS if getattr(fact, part)})
    return {"text": one.text, "facts": facts, "joints": list(one.joints)}
