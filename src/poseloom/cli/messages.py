"""What goes to stderr: mistakes always, remarks unless ``-q``, details with ``-v``."""

from __future__ import annotations

import argparse
import sys
from contextvars import ContextVar
from enum import IntEnum


class Loudness(IntEnum):
    """How much a command says."""

    QUIET, NORMAL, VERBOSE = range(3)


_LOUDNESS: ContextVar[Loudness] = ContextVar("loudness", default=Loudness.NORMAL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``-v`` and ``-q``, which all commands have."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("-v", "--verbose", action="store_true", help="say more: notes of the readers, seconds taken")
    how.add_argument("-q", "--quiet", action="store_true", help="say less: no remarks, no progress")


def set_loudness(arguments: argparse.Namespace) -> None:
    """As the options say; of commands without them, the usual one."""
    quiet, verbose = (getattr(arguments, name, False) for name in ("quiet", "verbose"))
    _LOUDNESS.set(Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.NORMAL)


def is_quiet() -> bool:
    """Whether ``-q`` was given."""
    return _LOUDNESS.get() == Loudness.QUIET


def mistake(error: object) -> None:
    """Print what went wrong."""
    _print(error)


def remark(line: str) -> None:
    """Print what the user should know, unless asked to be quiet."""
    if _LOUDNESS.get() > Loudness.QUIET:
        _print(line)


def detail(line: str) -> None:
    """Print what a user wants to know who asked for more."""
    if _LOUDNESS.get() == Loudness.VERBOSE:
        _print(line)


def _print(line: object) -> None:
    print("poseloom:", " ".join(str(line).split()), file=sys.stderr, flush=True)
