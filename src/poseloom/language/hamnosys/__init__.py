"""HamNoSys 4: the notation's symbols, its grammar, and what a string says in English."""

from poseloom.language.hamnosys.check import CheckedSign, check_file, check_texts
from poseloom.language.hamnosys.errors import HamNoSysError, Remark
from poseloom.language.hamnosys.gloss import explain
from poseloom.language.hamnosys.parse import parse
from poseloom.language.hamnosys.symbols import Symbol, SymbolKind, from_names, notation, symbols, to_names
from poseloom.language.hamnosys.tokens import Token, tokenise

__all__ = [
    "CheckedSign",
    "HamNoSysError",
    "Remark",
    "Symbol",
    "SymbolKind",
    "Token",
    "check_file",
    "check_texts",
    "explain",
    "from_names",
    "notation",
    "parse",
    "symbols",
    "to_names",
    "tokenise",
]
