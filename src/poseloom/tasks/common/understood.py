"""How a user's text is understood, and what the user is told of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.language.lexicon.canonical import canonical, sentence_of
from poseloom.language.lexicon.composing import Composed, compose
from poseloom.language.lexicon.understanding import Understanding, nearest_names, understand
from poseloom.nn.text.reading import cut_notes, first_words
from poseloom.tasks.common.fact_words import claim_in_words

_SHOWN, _LETTERS = 12, 60
"""Things that are listed of each kind, and letters of a text that are shown."""


@dataclass(frozen=True, eq=False)
class Understood:
    """A text with what was understood of it.

    Args:
        text: the text.
        meaning: how its first 250 words were read.
    """

    text: str
    meaning: Understanding

    @cached_property
    def composed(self) -> Composed:
        """One pose of all of it."""
        return compose(self.meaning)

    @cached_property
    def canonical(self) -> str:
        """The same in sentences of the library's own kind."""
        return canonical(self.meaning)

    @property
    def is_described(self) -> bool:
        """Whether the text is a description as the library writes them: the models have learned from such."""
        return bool(self.meaning.own) and not self.meaning.mentions and not self.meaning.said

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it was read."""
        meaning, made = self.meaning, [*cut_notes(self.text)]
        made += [f"{note}" for note in meaning.mended[:_SHOWN]]
        if meaning.language:
            made.append(f"the text looks like {meaning.language}; plain English is read")
        made += [f"this cannot hold at once: {one}; the last one counts" for one in meaning.contradictions[:3]]
        return tuple(made)

    def told(self) -> dict[str, Any]:
        """The fields ``understood``, ``not_understood`` and ``assumed`` of a result."""
        meaning = self.meaning
        named = [f"{one.pose.name}{f' ({one.shown_side})' if one.side else ''}" for one in meaning.mentions]
        said = [sentence_of(one).rstrip(".").lower() for one in meaning.said]
        facts = [claim_in_words(options[0]) for options in meaning.facts]
        facts += [one.in_words() for one in meaning.aims]
        left_out = () if self.is_described else self.composed.left_out
        return {
            "understood": tuple(dict.fromkeys((*named, *said, *facts)))[: 4 * _SHOWN],
            "not_understood": tuple(
                dict.fromkeys((*meaning.unread, *(f"{one} (not drawn)" for one in meaning.objects), *left_out))
            )[:_SHOWN],
            "assumed": () if self.is_described else self.composed.assumed[:_SHOWN],
        }


@lru_cache(maxsize=256)
def understood_of(text: str, anyway: bool = False) -> Understood:
    """How a text is understood.

    Args:
        text: its first 250 words count.
        anyway: whether a text of which nothing is understood is taken all the same.

    Raises:
        PoseloomError: nothing of it is understood; with the nearest known names.
    """
    made = Understood(text, understand(first_words(text)))
    if made.meaning.nothing and not anyway:
        near = nearest_names(first_words(text, 20))
        like = f"; known and like it: {', '.join(near)}" if near else ""
        foreign = f"; it looks like {made.meaning.language}, plain English is read" if made.meaning.language else ""
        shown = text.strip() if len(text.strip()) <= _LETTERS else f"{text.strip()[:_LETTERS]}..."
        remedy = "say it in words of the body, as 'standing, left arm raised', or draw anyway (--anyway, anyway=True)"
        raise PoseloomError(f"nothing is understood of {shown!r}{foreign}{like}; {remedy}")
    return made
