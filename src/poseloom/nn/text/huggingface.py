"""Any text encoder that the user has for Hugging Face ``transformers``, which is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.nn.text.side_flip import SideFlip
from poseloom.nn.text.tokenizers import LONGEST_PIECES, TokenBatch


class HuggingFaceModel(nn.Module):
    """Hidden states of a model of ``transformers``, as `FrozenTextEncoder` takes them.

    Only files that are on this machine are used, and no code that comes with a model.

    Args:
        name: a folder, or the name of a model that was downloaded before.

    Raises:
        PoseloomError: the package or the model is not there.
    """

    def __init__(self, name: str):
        super().__init__()
        self.name = name
        self.model: nn.Module = _loaded("AutoModel", name)
        self.width = int(self.model.config.hidden_size)

    def forward(
        self, tokens: Int[Tensor, "batch length"], padding: Bool[Tensor, "batch length"]
    ) -> Float[Tensor, "batch length width"]:
        return self.model(input_ids=tokens, attention_mask=(~padding).long()).last_hidden_state


class HuggingFaceTokenizer:
    """The tokeniser that belongs to a `HuggingFaceModel`."""

    def __init__(self, name: str, *, longest: int = LONGEST_PIECES):
        self.longest = longest
        self._tokenizer = _loaded("AutoTokenizer", name)

    @property
    def words(self) -> int:
        return len(self._tokenizer)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        """Token ids with the model's own special tokens, padded on the right."""
        rows = [self._tokenizer(text, truncation=True, max_length=self.longest)["input_ids"] for text in texts]
        whole = [len(self._tokenizer(text)["input_ids"]) for text in texts]
        pad, unknown = self._tokenizer.pad_token_id or 0, self._tokenizer.unk_token_id
        tokens = torch.full((len(rows), max(map(len, rows), default=0)), pad, dtype=torch.long)
        for place, row in enumerate(rows):
            tokens[place, : len(row)] = torch.tensor(row)
        return TokenBatch(
            tokens,
            torch.tensor([len(row) for row in rows], dtype=torch.long),
            tuple(("?",) * (row.count(unknown) if unknown is not None else 0) for row in rows),
            tuple(full - len(row) for full, row in zip(whole, rows, strict=True)),
        )

    def decode(self, tokens: Int[Tensor, "length"]) -> str:
        return self._tokenizer.decode(tokens.tolist(), skip_special_tokens=True)

    def side_flip(self) -> SideFlip:
        """The exchange of left and right on this tokeniser's ids; for tokenisers without signs of word beginnings."""
        return SideFlip(
            lambda word: self._tokenizer(word, add_special_tokens=False)["input_ids"],
            pad=self._tokenizer.pad_token_id or 0,
        )


def _loaded(kind: str, name: str) -> Any:
    try:
        transformers = import_module("transformers")
    except ImportError:
        raise PoseloomError(
            "text encoder huggingface needs the package transformers, which is not installed; pip install transformers"
        ) from None
    try:
        return getattr(transformers, kind).from_pretrained(name, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise PoseloomError(f"text encoder huggingface: {name!r} cannot be loaded: {first}") from None
