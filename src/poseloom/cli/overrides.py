"""Recipes on the command line: an address, options of the command, and ``--section.key VALUE`` for everything else."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from poseloom.base.errors import PoseloomError, closest
from poseloom.cli import messages

REST = "rest"
KEYS = "keys"
"""Whether help was asked for behind a recipe: then its keys are wanted."""
_PLAIN_KEYS = (
    *("task", "name", "seed", "data", "init", "loss", "augment", "backbone", "body"),
    *("space", "inputs", "mixtures", "partials", "pieces", "longest"),
)
"""Keys of recipes that stand in no section, or name one: no options that somebody wrote wrongly."""
Add = Callable[[argparse.ArgumentParser], None]


def add_recipe(parser: argparse.ArgumentParser, name: str, what: str, add_options: Add) -> None:
    """The address, the command's options, and whatever follows the address."""
    add_options(parser)
    parser.add_argument(name, metavar=name.upper(), help=what)
    parser.add_argument(
        REST,
        nargs=argparse.REMAINDER,
        metavar="--section.key VALUE ...",
        help="values that replace those of the recipe, as --stages.train.optimizer.lr 3e-4; RECIPE --help shows all",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Where the model computes: engine.accelerator under the name that other commands have for it."""
    what = "where the model computes: cpu, cuda, mps or auto, as --engine.accelerator (default: the recipe's)"
    parser.add_argument("--device", metavar="DEVICE", help=what)


def parse_rest(arguments: argparse.Namespace, add_options: Add) -> list[tuple[str, str]]:
    """Take the command's options out of what follows the address; the others are keys and values.

    Raises:
        PoseloomError: a key has no value, or a value no key.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False, argument_default=argparse.SUPPRESS)
    add_options(parser)
    messages.add_arguments(parser)
    parser.error = _refuse  # type: ignore[method-assign, assignment]
    parser.add_argument("-h", "--help", dest=KEYS, action="store_true")
    setattr(arguments, KEYS, False)
    _, words = parser.parse_known_args(getattr(arguments, REST), arguments)
    messages.set_loudness(arguments)
    known = [option for action in parser._actions for option in action.option_strings]
    pairs: list[tuple[str, str]] = []
    while words:
        key, given, value = words.pop(0).partition("=")
        near = "" if "." in key or key[2:] in _PLAIN_KEYS else closest(key, known)
        if near:
            raise PoseloomError(f"unknown option {key}{near}")
        if key.startswith("--") and len(key) > 2 and "." not in key and key[2:] not in _PLAIN_KEYS:
            section = f"a value of the recipe is named with its section, as --section.{key[2:]}"
            raise PoseloomError(f"unknown option {key}; {section}; RECIPE --help shows all keys")
        if not key.startswith("--") or len(key) == 2:
            raise PoseloomError(f"{key!r}: expected --section.key before a value; RECIPE --help shows all keys")
        if not given:
            if not words or words[0].startswith("--"):
                raise PoseloomError(f"{key}: a value is missing")
            value = words.pop(0)
        pairs.append((key[2:], value))
    if getattr(arguments, "device", None) is not None:
        pairs.append(("engine.accelerator", arguments.device))
        arguments.device = None  # the engine looks after it
    return pairs


def _refuse(message: str) -> None:
    raise PoseloomError(message)
