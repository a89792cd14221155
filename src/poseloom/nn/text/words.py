"""Words of the small models: a plain list, read off lower-cased text by one pattern."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
PAD, START, END, UNKNOWN = range(len(SPECIAL))
LONGEST = 250
"""Words of a text that are read; what comes after is cut off, and the caller is told by `WordList.reading`."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?]")
_NO_SPACE_BEFORE = re.compile(r" ([.,;:!?])")
_SENTENCE_START = re.compile(r"(^|[.!?] )([a-z])")


def words_of(text: str) -> list[str]:
    """The words and marks of a text, in lower case.

    Hyphens and apostrophes stay inside a word; dashes are passed over.
    """
    return _WORD.findall(text.lower())


class WordList:
    """A vocabulary: word <-> id, the four special ones first.

    Args:
        words: without the special ones, in the order of their ids.
    """

    def __init__(self, words: Sequence[str]):
        self.words = list(words)
        self._ids = {word: place for place, word in enumerate([*SPECIAL, *self.words])}

    @classmethod
    def of_texts(cls, texts: Iterable[str], at_least: int = 1) -> WordList:
        """The words that occur `at_least` so often, the most frequent first, ties by alphabet."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(words_of(text))
        kept = [word for word, count in counts.items() if count >= at_least]
        return cls(sorted(kept, key=lambda word: (-counts[word], word)))

    def with_words(self, others: Iterable[str]) -> WordList:
        """These words under their ids, then others that are not among them."""
        return WordList(list(dict.fromkeys([*self.words, *others])))

    def __len__(self) -> int:
        return len(self._ids)

    def encode(
        self, texts: Sequence[str], *, ends: bool = False, longest: int = LONGEST, multiple: int = 1
    ) -> Int[Tensor, "texts length"]:
        """Ids of the words of each text, padded.

        Args:
            texts: what is read; an empty one gives a row of pads.
            ends: put the start and end marks around each text.
            longest: words that are read of a text.
            multiple: the width is rounded up to one of these, so that a network meets few shapes.
        """
        rows = [[self._ids.get(word, UNKNOWN) for word in words_of(text)[:longest]] for text in texts]
        if ends:
            rows = [[START, *row, END] for row in rows]
        width = -(-max([1, *map(len, rows)]) // multiple) * multiple
        ids = torch.full((len(rows), width), PAD, dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row, dtype=torch.long)
        return ids

    def unknown(self, text: str) -> list[str]:
        """Words of a text that are not in the list, each once, in their order."""
        return [word for word in dict.fromkeys(words_of(text)) if word not in self._ids]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids up to the end mark, with capitals where sentences begin."""
        known = [*SPECIAL, *self.words]
        said = []
        for number in ids:
            if number == END:
                break
            if number >= len(SPECIAL):
                said.append(known[number])
        text = _NO_SPACE_BEFORE.sub(r"\1", " ".join(said))
        return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)
