"""HamNoSys 4: the notation's symbols, its grammar, and what a string says in English."""

from poseloom.language.hamnosys.check import CheckedSign, check_file, check_texts
from poseloom.language.hamnosys.errors import HamNoSysError, Remark
from poseloom.language.hamnosys.gloss import explain
from poseloom.language.hamnosys.glosses import Lexicon, spelt
from poseloom.language.hamnosys.parse import parse
from poseloom.language.hamnosys.symbols import Symbol, SymbolKind, from_names, notation, symbols, to_names
from poseloom.language.hamnosys.tokens import Token, tokenise
from poseloom.language.hamnosys.written import SignText, read_signs, write_sigml

__all__ = [
    "CheckedSign",
    "HamNoSysError",
    "Lexicon",
    "Remark",
    "SignText",
    "Symbol",
    "SymbolKind",
    "Token",
    "check_file",
    "check_texts",
    "explain",
    "from_names",
    "notation",
    "parse",
    "read_signs",
    "spelt",
    "symbols",
    "to_names",
    "tokenise",
    "write_sigml",
]
