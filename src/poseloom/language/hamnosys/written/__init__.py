"""Signs as they stand in files and on command lines: symbols, names, TeX, SiGML, tables, SignWriting."""

from poseloom.language.hamnosys.written.read import FILES, read_signs, signs_in, signs_of
from poseloom.language.hamnosys.written.sigml import read_sigml, write_sigml
from poseloom.language.hamnosys.written.sign_text import NonManual, SignText

__all__ = ["FILES", "NonManual", "SignText", "read_sigml", "read_signs", "signs_in", "signs_of", "write_sigml"]
