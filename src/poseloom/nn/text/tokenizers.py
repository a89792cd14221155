"""Texts to token ids and back: word vocabularies, and the WordPiece of BERT's kin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import torch
from jaxtyping import Int
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text
from poseloom.nn.text.side_flip import SideFlip
from poseloom.nn.text.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from poseloom.nn.text.word_tokens import COMMON_ABBREVIATIONS, tokenize

LONGEST_WORDS = 500
"""Tokens of a text in the published word tokeniser, start and end included."""
LONGEST_PIECES = 512
"""Tokens of a text in DistilBERT, start and end included."""
BERT_WORDS = 30_522
_MAXIMUM_FILE_BYTES = 64 << 20
_SPACED = (" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")
"""What loses its spaces when pieces become text, in this order: the clean-up of Hugging Face's tokenisers."""


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Texts as token ids.

    Args:
        tokens: start first, end last, pads after it; as wide as the longest text.
        lengths: tokens of each text, start and end included.
        unknown: for each text the words that the vocabulary lacks.
        cut: for each text how many tokens were left out because it is too long.
    """

    tokens: Int[Tensor, "batch length"]
    lengths: Int[Tensor, "batch"]
    unknown: tuple[tuple[str, ...], ...]
    cut: tuple[int, ...]


class Tokenizer(Protocol):
    """Texts to token ids and back."""

    @property
    def words(self) -> int:
        """How many ids there are."""
        ...

    def encode(self, texts: Sequence[str]) -> TokenBatch: ...

    def decode(self, tokens: Int[Tensor, "length"]) -> str: ...

    def side_flip(self) -> SideFlip: ...


class WordTokenizer:
    """Treebank words of the lower-cased text, by a vocabulary: the published text decoders and biGRU."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        longest: int = LONGEST_WORDS,
        abbreviations: frozenset[str] = COMMON_ABBREVIATIONS,
    ):
        self.vocabulary = vocabulary
        self.longest = longest
        self._abbreviations = abbreviations

    @property
    def words(self) -> int:
        return len(self.vocabulary)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Token ids; words that the vocabulary lacks become ``<unk>`` and are told in the result."""
        known = self.vocabulary.ids
        split = [tokenize(text, self._abbreviations) for text in texts]
        unknown = tuple(tuple(word for word in words if word not in known) for words in split)
        return _batch([[known.get(word, UNKNOWN) for word in words] for words in split], unknown, self.longest)

    def decode(self, tokens: Int[Tensor, "length"]) -> str:
        """Words joined by spaces, none before commas and full stops, sentences with a capital."""
        silent = (PAD, START, END)
        text = " ".join(self.vocabulary.words[token] for token in tokens.tolist() if token not in silent)
        return capitalised(text.replace(" ,", ",").replace(" .", "."))

    def side_flip(self) -> SideFlip:
        """The exchange of left and right on this tokeniser's ids."""
        ids = self.vocabulary.ids
        return SideFlip(lambda word: (ids[word],) if word in ids else (), pad=PAD)


class WordPieceTokenizer:
    """BERT's uncased WordPiece, which DistilBERT and MiniLM share; needs the package ``tokenizers``.

    Args:
        vocabulary: BERT's ``vocab.txt``, one piece a line; or the pieces themselves.
        longest: tokens of a text, start and end included.

    Raises:
        PoseloomError: the package is not there.
        FileError: the file cannot be read or lacks the special pieces.
    """

    def __init__(self, vocabulary: str | Path | Sequence[str], *, longest: int = LONGEST_PIECES):
        self.longest = longest
        self._tokenizer = _wordpiece(vocabulary)
        self._start, self._end = (self._tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]"))
        self._unknown = self._tokenizer.token_to_id("[UNK]")

    @property
    def words(self) -> int:
        return self._tokenizer.get_vocab_size()

    @property
    def pieces(self) -> list[str]:
        """The word pieces in the order of their ids."""
        by_piece = self._tokenizer.get_vocab()
        return sorted(by_piece, key=by_piece.__getitem__)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Token ids; what the vocabulary lacks becomes ``[UNK]`` and is told in the result."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        unknown = tuple(
            tuple(text[slice(*one.offsets[place])] for place, token in enumerate(one.ids) if token == self._unknown)
            for text, one in zip(texts, encoded, strict=True)
        )
        return _batch([one.ids for one in encoded], unknown, self.longest, start=self._start, end=self._end)

    def decode(self, tokens: Int[Tensor, "length"]) -> str:
        """Pieces joined as BERT's tokeniser does, sentences with a capital, no spaces in common compounds."""
        text = self._tokenizer.decode(tokens.tolist(), skip_special_tokens=True)
        for spaced in _SPACED:
            text = text.replace(spaced, spaced.strip())
        text = capitalised(text)
        for compound in _compounds():
            text = text.replace(compound, compound.replace(" ", ""))
        return text

    def side_flip(self) -> SideFlip:
        """The exchange of left and right on this tokeniser's ids."""
        return SideFlip(lambda word: self._tokenizer.encode(word, add_special_tokens=False).ids, pad=0)


def capitalised(text: str) -> str:
    """Stripped, the first letter of each piece between ". " in upper case."""
    pieces = text.strip().split(". ")
    return ". ".join(piece[:1].upper() + piece[1:] for piece in pieces)


def _batch(
    rows: Sequence[Sequence[int]],
    unknown: tuple[tuple[str, ...], ...],
    longest: int,
    *,
    start: int = START,
    end: int = END,
) -> TokenBatch:
    room = longest - 2
    cut = tuple(max(0, len(row) - room) for row in rows)
    framed = [[start, *row[:room], end] for row in rows]
    width = max(map(len, framed), default=0)
    tokens = torch.full((len(framed), width), PAD, dtype=torch.long)
    for place, row in enumerate(framed):
        tokens[place, : len(row)] = torch.tensor(row)
    return TokenBatch(tokens, torch.tensor([len(row) for row in framed], dtype=torch.long), unknown, cut)


@cache
def _compounds() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("wordpiece_compounds.json").read_text("utf-8")
    return tuple(json.loads(text))


def read_pieces(path: str | Path) -> list[str]:
    """BERT's ``vocab.txt``: word pieces in the order of their ids.

    Raises:
        FileError: it cannot be read.
    """
    return read_text(path, maximum_bytes=_MAXIMUM_FILE_BYTES).splitlines()


def _wordpiece(source: str | Path | Sequence[str]) -> Any:
    try:
        from tokenizers import Tokenizer as Pieces
        from tokenizers import decoders, models, normalizers, pre_tokenizers
    except ImportError:
        raise PoseloomError(
            "WordPiece needs the package tokenizers, which is not installed; pip install 'poseloom[text]'"
        ) from None
    lines = read_pieces(source) if isinstance(source, str | Path) else source
    ids = {piece: place for place, piece in enumerate(lines)}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    lacking = [piece for piece in special if piece not in ids]
    if lacking:
        where = source if isinstance(source, str | Path) else "word pieces"
        raise FileError(where, f"lacks {lacking[0]}", remedy="expected the vocab.txt of an uncased BERT")
    pieces = Pieces(models.WordPiece(ids, unk_token="[UNK]"))
    pieces.add_special_tokens(special)
    pieces.normalizer = normalizers.BertNormalizer(lowercase=True)
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces.decoder = decoders.WordPiece(cleanup=False)
    return pieces
