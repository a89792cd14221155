"""SignWriting in FSW strings as tokens and ids, and the tokenizer that takes HamNoSys and SignWriting.

A sign is an optional box ``[BLMR]ddd x ddd`` and symbols ``S[123]hh[0-5]h ddd x ddd`` (Formal SignWriting, ASCII);
signs are separated by spaces. What text-to-pose does is repeated here; its detokenizer joins a box letter other than M
to the sign before it, which `detokenize` does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys.signwriting.fsw import CENTRE, Sign, Symbol, parse_sign
from poseloom.tasks.sign.tokens import GENERIC_TOKENS

_SPECIAL = 4
"""UNK, PAD, BOS, EOS stand before the symbols."""
_BOXES = "BLMR"
_FIRST_BASE, _LAST_BASE = 0x100, 0x38B
_FIRST_PLACE, _LAST_PLACE = 250, 749
_VOCABULARY = (
    *_BOXES,
    *(f"S{base:x}" for base in range(_FIRST_BASE, _LAST_BASE + 1)),
    *(f"r{row:x}" for row in range(16)),
    *(f"c{column}" for column in range(6)),
    *(f"p{place}" for place in range(_FIRST_PLACE, _LAST_PLACE + 1)),
)
_INDEX = {token: index for index, token in enumerate(_VOCABULARY)}
SIGNWRITING_SIZE = _SPECIAL + len(_VOCABULARY)
COMBINED_SIZE = len(GENERIC_TOKENS) + len(_VOCABULARY)


def signwriting_tokens(text: str) -> list[str]:
    """Tokens of FSW signs that single spaces separate."""
    return [token for sign in text.strip().split(" ") for token in parse_sign(sign).tokens()]


def signwriting_ids(text: str, first: int = _SPECIAL) -> list[int]:
    """Ids of FSW signs, symbols numbered from `first`.

    Raises:
        PoseloomError: a place outside 250 to 749, or a base that does not exist.
    """
    tokens = signwriting_tokens(text)
    unknown = next((token for token in tokens if token not in _INDEX), None)
    if unknown is not None:
        expected = f"places {_FIRST_PLACE} to {_LAST_PLACE} and bases S{_FIRST_BASE:x} to S{_LAST_BASE:x}"
        raise PoseloomError(f"SignWriting: {unknown.removeprefix('p')} has no token; expected {expected}")
    return [first + _INDEX[token] for token in tokens]


def detokenize(tokens: Sequence[str]) -> str:
    """FSW of tokens, one space before each box; a lone column or row is completed with 0."""
    text, before, waits = "", "", False
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        kind, value = token[0], token[1:]
        if kind == "p":  # places come in pairs
            text += f"x{value}" if waits else value
            waits = not waits
        elif kind == "c":
            text += value + "0" * (after[:1] != "r")
        elif kind == "r":
            text += "0" * (before[:1] != "c") + value
        else:
            text += (" " if kind in _BOXES and text else "") + token
        before = token
    return text


def signwriting_text(ids: Sequence[int], first: int = _SPECIAL) -> str:
    """FSW of ids; special tokens are left out.

    Raises:
        PoseloomError: an id that no symbol has.
    """
    if any(index >= first + len(_VOCABULARY) for index in ids):
        raise PoseloomError(f"SignWriting: ids go up to {first + len(_VOCABULARY) - 1}, got {max(ids)}")
    return detokenize([_VOCABULARY[index - first] for index in ids if index >= first])


def combined_ids(text: str, *, bos: bool = False, eos: bool = False) -> list[int]:
    """Ids of the tokenizer for both notations: pure ASCII, the empty text too, is SignWriting, the rest HamNoSys.

    Args:
        text: in either notation.
        bos: put BOS first (HamNoSys has one already).
        eos: end with EOS.
    """
    if not text.strip().isascii():
        return GENERIC_TOKENS.ids(text, bos=bos, eos=eos)
    ids = signwriting_ids(text, len(GENERIC_TOKENS))
    return [GENERIC_TOKENS.bos] * bos + ids + [GENERIC_TOKENS.eos] * eos


def join_signs(*signs: str, spacing: int = 0) -> str:
    """Several FSW signs as one, stacked downwards and centred again.

    Args:
        signs: FSW.
        spacing: units between two signs.
    """
    offset, symbols = 0, []
    for sign in map(parse_sign, signs):
        if not sign.symbols:
            continue
        top = min(one.y for one in sign.symbols)
        offset += spacing
        symbols += [(one, one.y + offset - top) for one in sign.symbols]
        offset += sign.y - top
    shift = CENTRE - max((y for _, y in symbols), default=0) // 2
    placed = tuple(Symbol(one.base, one.column, one.row, one.x, y + shift) for one, y in symbols)
    return str(Sign(symbols=placed))
