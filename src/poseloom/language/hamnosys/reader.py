"""A place in the tokens of a string: looking ahead, taking, complaining."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import NoReturn

from poseloom.language.hamnosys.errors import HamNoSysError, Remark
from poseloom.language.hamnosys.symbols import SymbolKind
from poseloom.language.hamnosys.tokens import Token

_BRACKETS = {
    SymbolKind.SEQUENCE_BEGIN: SymbolKind.SEQUENCE_END,
    SymbolKind.GROUP_BEGIN: SymbolKind.GROUP_END,
    SymbolKind.FUSION_BEGIN: SymbolKind.FUSION_END,
}
_CLOSING = set(_BRACKETS.values())
DEEPEST = 40
"""Brackets within brackets; real entries have up to four."""


class Reader:
    """Tokens with matched brackets, and how far they are read.

    A bracket without its counterpart is dropped with a remark.

    Raises:
        HamNoSysError: brackets that cross or are nested too deeply.
    """

    def __init__(self, tokens: Collection[Token]):
        self.remarks: list[Remark] = []
        self._last = max(token.position for token in tokens)
        self.tokens = self._balanced(list(tokens))
        self.index = 0

    def _balanced(self, tokens: list[Token]) -> list[Token]:
        open_ones: list[Token] = []
        lonely: set[int] = set()
        for token in tokens:
            if token.kind in _BRACKETS:
                open_ones.append(token)
                if len(open_ones) > DEEPEST:
                    raise HamNoSysError(token.position, str(token), f"brackets nested at most {DEEPEST} deep")
            elif token.kind in _CLOSING:
                if not open_ones:
                    lonely.add(token.position)
                elif token.kind is _BRACKETS[open_ones[-1].kind]:
                    open_ones.pop()
                else:
                    wanted = _BRACKETS[open_ones[-1].kind].words
                    raise HamNoSysError(token.position, str(token), f"{wanted}, opened at {open_ones[-1].position}")
        lonely |= {token.position for token in open_ones}
        for token in tokens:
            if token.position in lonely:
                other = "never closed" if token.kind in _BRACKETS else "closes nothing"
                self.remarks.append(Remark(token.position, f"{token} {other}; passed over"))
        return [token for token in tokens if token.position not in lonely]

    @cached_property
    def _partner(self) -> dict[int, int]:
        stack: list[int] = []
        found = {}
        for index, token in enumerate(self.tokens):
            if token.kind in _BRACKETS:
                stack.append(index)
            elif token.kind in _CLOSING:
                found[stack.pop()] = index
        return found

    # -- looking ----------------------------------------------------------------------------------------------------

    def kind(self, ahead: int = 0) -> SymbolKind:
        """Of the next token, or of one further on; END after the last."""
        index = self.index + ahead
        return self.tokens[index].kind if index < len(self.tokens) else SymbolKind.END

    def at(self, *kinds: SymbolKind) -> bool:
        """Whether the next token is of one of these kinds."""
        return self.kind() in kinds

    def inside(self) -> set[SymbolKind]:
        """Kinds of all tokens inside the bracket that comes next."""
        return {token.kind for token in self.tokens[self.index + 1 : self._partner[self.index]]}

    def has_plus(self) -> bool:
        """Whether the bracket that comes next has a plus of its own, not within an inner bracket."""
        end = self._partner[self.index]
        index = self.index + 1
        while index < end:
            kind = self.tokens[index].kind
            if kind is SymbolKind.PLUS:
                return True
            index = self._partner[index] + 1 if kind in _BRACKETS else index + 1
        return False

    def only_until_end(self, kinds: Collection[SymbolKind]) -> bool:
        """Whether nothing but these kinds stands before the end of this part of the sign."""
        index = self.index
        while index < len(self.tokens) and self.tokens[index].kind in kinds:
            index += 1
        return index == len(self.tokens) or self.tokens[index].kind in (SymbolKind.PLUS, SymbolKind.SEPARATOR)

    # -- taking -----------------------------------------------------------------------------------------------------

    def take(self) -> Token:
        """The next token, which must be there."""
        token = self.tokens[self.index]
        self.index += 1
        return token

    def expect(self, kind: SymbolKind, context: str) -> Token:
        """The next token, which must be of this kind.

        Raises:
            HamNoSysError: it is not.
        """
        if not self.at(kind):
            self.fail(f"{kind.words} {context}")
        return self.take()

    def skip(self, what_was_made_of_it: str) -> None:
        """Pass over the next token with a remark."""
        token = self.take()
        self.remarks.append(Remark(token.position, f"{token} {what_was_made_of_it}; passed over"))

    def fail(self, expected: str) -> NoReturn:
        """Point at the next token.

        Raises:
            HamNoSysError: always.
        """
        if self.index < len(self.tokens):
            token = self.tokens[self.index]
            raise HamNoSysError(token.position, str(token), expected)
        raise HamNoSysError(self._last + 1, "the end of the string", expected)
