"""From a string to tokens: symbols with their positions; version marks dropped, the first of alternatives taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from poseloom.language.hamnosys.errors import HamNoSysError
from poseloom.language.hamnosys.symbols import Symbol, SymbolKind, by_character

_SPACE = " "


@dataclass(frozen=True)
class Token:
    """A symbol and where it stands in the string, counted from 1."""

    symbol: Symbol
    position: int

    @property
    def kind(self) -> SymbolKind:
        return self.symbol.kind

    def __str__(self) -> str:
        return f"{self.symbol.name} ({self.kind.words})"


def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of a string.

    White space around the string means nothing; inside it separates signs.

    Args:
        text: characters of the font HamNoSysUnicode 4.0.

    Raises:
        HamNoSysError: no symbols at all, or a character that is none.
    """
    known = by_character()
    start = len(text) - len(text.lstrip())
    tokens = []
    for position, character in enumerate(text.strip(), start + 1):
        symbol = known.get(_SPACE if character.isspace() else character)
        if symbol is None:
            shown = repr(character) if character.isprintable() else "an unknown character"
            raise HamNoSysError(
                position, f"{shown} (U+{ord(character):04X}), outside HamNoSys", "a character from U+E000 to U+E0F1"
            )
        tokens.append(Token(symbol, position))
    if not any(token.kind is not SymbolKind.SEPARATOR for token in tokens):
        raise HamNoSysError(1, "the end of an empty string", "at least a hand configuration or a movement")
    return tuple(_first_alternatives(token for token in tokens if token.kind is not SymbolKind.VERSION))


def _first_alternatives(tokens: Iterable[Token]) -> list[Token]:
    """Of ``{ x | y }`` keep x; alternatives within alternatives count as one."""
    kept: list[Token] = []
    opened: Token | None = None
    skipping = False
    for token in tokens:
        if token.kind is not SymbolKind.ALTERNATIVE:
            if not skipping:
                kept.append(token)
        elif token.symbol.short == "altbegin":
            if opened is not None:
                raise HamNoSysError(token.position, str(token), "an end of the alternatives that are already open")
            opened = token
        elif opened is None:
            raise HamNoSysError(token.position, str(token), "a begin of alternatives before it")
        else:
            skipping = token.symbol.short == "metaalt"
            opened = None if not skipping else opened
    if opened is not None:
        raise HamNoSysError(opened.position, f"{opened}, never closed", "an end of alternatives after it")
    return kept
