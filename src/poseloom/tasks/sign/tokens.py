"""HamNoSys strings as token ids: one token a symbol of the font HamNoSysUnicode 4.0, in ascending code-point order.

Two numberings are in use. text-to-pose's first generation and Ham2Pose have PAD 0 and BOS 1 before the symbols (212 in
all); text-to-pose's later tokenizer has UNK 0, PAD 1, BOS 2, EOS 3 (214) and pads batches with 0 all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError

_RANGES = (
    (0x20, 0x21), (0x2C, 0x2C), (0x2E, 0x2E), (0x3F, 0x3F), (0x7B, 0x7D), (0xA0, 0xA0), (0xE000, 0xE00E),
    (0xE010, 0xE014), (0xE020, 0xE031), (0xE038, 0xE054), (0xE058, 0xE05B), (0xE05F, 0xE06A), (0xE070, 0xE07A),
    (0xE07C, 0xE0AA), (0xE0AD, 0xE0BE), (0xE0C0, 0xE0CC), (0xE0D0, 0xE0D6), (0xE0D8, 0xE0DD), (0xE0E0, 0xE0ED),
    (0xE0F0, 0xE0F1),
)  # fmt: skip
"""The font's character map, first and last code point of each run."""

FONT_SYMBOLS = tuple(chr(code) for first, last in _RANGES for code in range(first, last + 1))
"""The 210 characters of the font."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """Texts of a batch as ids, padded at the end.

    Args:
        ids: one for each token.
        positions: 0 to n - 1; 0 in the padding.
        padding: true where there is no token.
    """

    ids: Int[Tensor, "batch length"]
    positions: Int[Tensor, "batch length"]
    padding: Bool[Tensor, "batch length"]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], pad: int = 0, device: torch.device | None = None) -> Tokens:
        """From the ids of each text."""
        lengths = torch.tensor([len(row) for row in rows])
        places = torch.arange(int(lengths.max()))
        padding = places >= lengths[:, None]
        ids = torch.full(padding.shape, pad)
        ids[~padding] = torch.tensor([token for row in rows for token in row], dtype=torch.long)
        positions = places.expand_as(ids).masked_fill(padding, 0)
        return cls(ids.to(device), positions.to(device), padding.to(device))


@dataclass(frozen=True)
class HamNoSysTokenizer:
    """One numbering of the symbols.

    Args:
        pad: id that fills up a batch.
        bos: id that stands before every text.
        first: id of the first symbol; its size is `first` + 210.
        eos: id that ends a text where that is asked for; below 0 where the numbering has none.
    """

    pad: int = 0
    bos: int = 1
    first: int = 2
    eos: int = -1

    def __len__(self) -> int:
        return self.first + len(FONT_SYMBOLS)

    def ids(self, text: str, *, bos: bool = False, eos: bool = False) -> list[int]:
        """Ids of a text without its outer white space; BOS stands first in any case.

        Args:
            text: HamNoSys; empty text is BOS alone.
            bos: put one more BOS before it, as text-to-pose's later tokenizer does when it is asked for one.
            eos: end with EOS.

        Raises:
            PoseloomError: a character that the font has not, with its place; or an EOS that the numbering has not.
        """
        stripped = text.strip()
        unknown = next((place for place, symbol in enumerate(stripped) if symbol not in _INDEX), None)
        if unknown is not None:
            symbol, where = stripped[unknown], unknown + len(text) - len(text.lstrip()) + 1
            raise PoseloomError(
                f"HamNoSys: character {where} is {symbol!r} (U+{ord(symbol):04X}), which is no HamNoSys symbol; "
                "expected characters of the font HamNoSysUnicode (U+E000 to U+E0F1)"
            )
        if eos and self.eos < 0:
            raise PoseloomError("HamNoSys: this numbering has no end mark; leave eos out")
        symbols = [self.first + _INDEX[symbol] for symbol in stripped]
        return [self.bos] * (1 + bos) + symbols + [self.eos] * eos

    def batch(self, texts: Sequence[str], device: torch.device | None = None) -> Tokens:
        """The ids of several texts."""
        return Tokens.of([self.ids(text) for text in texts], self.pad, device)


_INDEX = {symbol: index for index, symbol in enumerate(FONT_SYMBOLS)}

HAM2POSE_TOKENS = HamNoSysTokenizer()
"""PAD 0, BOS 1: text-to-pose's first generation, Ham2Pose, and poseloom's own model."""
GENERIC_TOKENS = HamNoSysTokenizer(pad=0, bos=2, first=4, eos=3)
"""UNK 0, PAD 1, BOS 2, EOS 3: text-to-pose's later tokenizer, which pads with 0."""
