"""What ``poseloom sign`` signs: arguments and files in any writing, sentences of glosses, words spelt by fingers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.language.hamnosys import SignText

FILES = (".sigml", ".xml", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".ham", ".hns", ".tex", ".fsw")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that say how the arguments are to be read."""
    sources = parser.add_argument_group("files, glosses and words")
    sources.add_argument("--column", metavar="NAME", help="column or field of the notation, by name or number")
    sources.add_argument(
        "--lexicon", type=Path, metavar="FILE", help="file of signs with glosses; the arguments are glosses then"
    )
    sources.add_argument("--spell", action="append", default=[], metavar="WORD", help="spell a word by fingers")
    sources.add_argument("--alphabet", metavar="NAME", help="of --spell, and of fs:WORD among glosses: asl, bsl, dgs")


def signs(arguments: argparse.Namespace) -> list[SignText]:
    """All signs that the arguments name, in order; words that are spelt last.

    Raises:
        PoseloomError: a string, file, gloss or word that cannot be read.
    """
    from poseloom.language.hamnosys import spelt
    from poseloom.language.hamnosys.written import signs_of

    if arguments.alphabet and not (arguments.spell or arguments.lexicon):
        raise PoseloomError("--alphabet belongs to --spell and --lexicon; name what to spell, as in --spell ANNA")
    given = (*arguments.hamnosys, *arguments.then)
    if arguments.lexicon is not None:
        found = _sentence(" ".join(given), arguments) if given else []
    else:
        found = [one for text in given for one in signs_of(text, arguments.column)]
    found += [one for word in arguments.spell for one in spelt(word, arguments.alphabet)]
    for one in found:
        one.hamnosys  # noqa: B018  names that no symbol has are told before anything is computed
    return found


def _sentence(text: str, arguments: argparse.Namespace) -> list[SignText]:
    from poseloom.language.hamnosys import Lexicon

    return Lexicon.read(arguments.lexicon, arguments.column).sentence(text, arguments.alphabet)


def notes(signs: list[SignText]) -> tuple[str, ...]:
    """What of the signs was not read."""
    return tuple(note for one in signs for note in one.notes)
