"""The error of a HamNoSys string: it points at the symbol."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.base.errors import PoseloomError


@dataclass(frozen=True)
class Remark:
    """Something in a string that was passed over, so that the rest could be read.

    Args:
        position: which symbol it is, counted from 1.
        problem: what was found there and what was made of it.
    """

    position: int
    problem: str

    def __str__(self) -> str:
        return f"symbol {self.position}: {self.problem}"


class HamNoSysError(PoseloomError):
    """A string that breaks the notation.

    The message reads ``HamNoSys: symbol POSITION is FOUND; expected EXPECTED``; the parts are kept as attributes.

    Args:
        position: which symbol it is, counted from 1; one more than there are symbols where the string ends too
            early.
        found: what stands there.
        expected: what may stand there.
    """

    def __init__(self, position: int, found: str, expected: str):
        self.position = position
        self.found = found
        self.expected = expected
        super().__init__(f"HamNoSys: symbol {position} is {found}; expected {expected}")


class UnknownNameError(HamNoSysError):
    """A name that no symbol has, among names of symbols.

    Args:
        position: which name it is, counted from 1.
        word: the name.
        hint: what else the message says.
    """

    def __init__(self, position: int, word: str, hint: str = ""):
        super().__init__(position, repr(word), "the name of a symbol")
        PoseloomError.__init__(self, f"HamNoSys: name {position} is {word!r}, which no symbol has{hint}")
