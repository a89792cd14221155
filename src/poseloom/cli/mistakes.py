"""What is typed wrong: one line with the nearest word, option or command line that would have been right."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from poseloom.base.errors import PoseloomError, closest, shortened

USER_MISTAKE = 2
SEVERAL = "several"
"""Attribute of a command's arguments that names its positional which takes several files."""
_SENTENCES = ("text", "instruction")
"""Positionals that are words of the user's, so that several words need quotes."""


class Parser(argparse.ArgumentParser):
    """Reports a mistake in one line, with the nearest word that would have been right."""

    def error(self, message: str) -> NoReturn:
        invalid = re.match(r"argument (.*?): invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL)
        if invalid:
            message = self._unknown_choice(*invalid.groups())
        for action in self._actions:  # argparse calls what may follow required
            if action.nargs == argparse.REMAINDER:
                message = message.replace(f", {action.metavar}", "")
        fail(f"{self.prog}: {message}; see '{self.prog} --help'", USER_MISTAKE)

    def _unknown_choice(self, argument: str, word: str, choices: str) -> str:
        known = re.findall(r"[\w-]+", choices)
        if argument not in ("COMMAND", "ACTION"):
            return f"unknown choice {word!r}{closest(word, known)} (of {', '.join(known)})"
        if Path(word).is_file():
            return f"{word!r} is a file; name a command before it, such as '{self.prog} describe {shlex.quote(word)}'"
        listed = f" (of {', '.join(known)})"
        return f"unknown command {word!r}{closest(word, known) or listed}"


def leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers of commands that have none below them, the parser itself where it has none."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        return [parser]
    return [leaf for action in below for command in action.choices.values() for leaf in leaves(command)]


def place_words(parser: argparse.ArgumentParser, parsed: argparse.Namespace, rest: list[str]) -> None:
    """What argparse left over: more files for a command that takes several; else a mistake is told.

    argparse gives a positional only the words up to the next option.
    """
    if not rest:
        return
    command = _chosen(parser, parsed)
    unknown = [word for word in rest if word.startswith("-") and word != "-"]
    if unknown:
        options = [option for action in command._actions for option in action.option_strings]
        near = closest(unknown[0].split("=")[0], options)
        fail(f"{command.prog}: unknown option {unknown[0]}{near}; see '{command.prog} --help'", USER_MISTAKE)
    several = getattr(parsed, SEVERAL, None)
    if several is not None:
        getattr(parsed, several).extend(rest)
        return
    fail(f"{command.prog}: {_too_many(command, parsed, rest)}", USER_MISTAKE)


def _too_many(command: argparse.ArgumentParser, parsed: argparse.Namespace, rest: list[str]) -> str:
    positionals = [action for action in command._actions if not action.option_strings]
    if positionals and positionals[-1].dest in _SENTENCES:
        before = [str(getattr(parsed, action.dest)) for action in positionals[:-1]]
        first = getattr(parsed, positionals[-1].dest)
        sentence = " ".join([*([first] if first else []), *rest])
        right = " ".join([command.prog, *map(shlex.quote, before), f'"{sentence}"'])
        return f"the words need quotes; did you mean {shortened(right, 200)}"
    return f"one word too many: {shortened(' '.join(rest), 100)!r}; see '{command.prog} --help'"


def need_quotes(prog: str, files: list[str], sentence: str) -> None:
    """Tell of words behind files that were meant as one sentence: neither there nor named as files are; or of none.

    Raises:
        PoseloomError: with the command line that would have been right.
    """
    if Path(sentence).is_file():
        raise PoseloomError(f'{shlex.quote(sentence)} is a file; what to change comes last, as in "raise the left arm"')
    for place, word in enumerate(files):
        if place and word != "-" and not Path(word).suffix and not Path(word).exists():
            meant = " ".join([*files[place:], sentence])
            right = " ".join([prog, *map(shlex.quote, files[:place]), f'"{meant}"'])
            raise PoseloomError(f"the words need quotes; did you mean {shortened(right, 200)}")


def _chosen(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> argparse.ArgumentParser:
    """The parser of the command that was typed."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return _chosen(action.choices[getattr(parsed, action.dest)], parsed)
    return parser


def report(line: str, status: int) -> int:
    """Print one line on stderr and return the status."""
    print(" ".join(line.split()), file=sys.stderr)
    return status


def fail(line: str, status: int) -> NoReturn:
    """Print one line on stderr and leave."""
    sys.exit(report(line, status))
