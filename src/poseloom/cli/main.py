"""The command line: one module a command, heavy imports only once a command runs.

argparse, because the start-up of ``poseloom --help`` counts: 0.05 s of CPU against 0.22 s for jsonargparse, whose
strength, recipes in files, none of these commands needs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

from poseloom import __version__
from poseloom.base.errors import PoseloomError
from poseloom.base.extras import missing_package
from poseloom.base.progress import listening
from poseloom.cli import messages
from poseloom.cli.mistakes import USER_MISTAKE, Parser, leaves, place_words, report
from poseloom.cli.options import with_axis_values
from poseloom.cli.progress import listener_for

COMMANDS = {
    "demo": "the tour: pictures, descriptions and differences of a motion in one HTML page",
    "describe": "say in words what the pose of a file is",
    "instruct": "say how to get from one pose to another",
    "check": "judge an exercise by sentences, repetition by repetition",
    "recover": "the bodies of people in a photo, a video or a folder of photos",
    "generate": "poses from words",
    "edit": "change a pose by an instruction",
    "caption": "say in words what the pose of a file is, by a learned model",
    "sign": "sign a HamNoSys string, or check a file of them",
    "transfer": "the person of a photo in another pose",
    "embed": "photos, poses and words, in any mixture, as vectors of one space",
    "keypoints": "find the people in a picture or video: points of body, hands and face",
    "render": "draw a file as picture, contact sheet, GIF, MP4 or GLB",
    "convert": "read one motion format, write another",
    "sample": "write a sample motion of our own, to try the other commands with",
    "angles": "the anatomical angles of every frame as a table",
    "poses": "the named stances and what people call poses, in words and pictures",
    "studio": "pose a body by hand in the browser, and watch the words follow",
    "serve": "every task over HTTP, for programs and pages",
    "mcp": "tools for assistants, on the Model Context Protocol",
    "data": "build, describe, pair, inspect and export tables of poses",
    "index": "make a table of poses searchable",
    "search": "find poses by words, or poses like one",
    "train": "train a model as a recipe says, or go on where training stopped",
    "evaluate": "measure a model by its task's protocol",
    "models": "list, show, import and export learned models",
    "completion": "print the completion script of a shell",
    "doctor": "check that this installation works, and what it can do",
}
OUR_FAULT = 1
INTERRUPTED = 130
DEBUG_VARIABLE = "POSELOOM_DEBUG"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit status: 0, 2 for a user's mistake, 1 for a fault of ours."""
    given = _asked_in_words(with_axis_values(sys.argv[1:] if arguments is None else arguments))
    try:
        parser = build_parser(given)
        parsed, rest = parser.parse_known_args(given)
        place_words(parser, parsed, rest)
        return run_command(parsed)
    except PoseloomError as mistake:
        return report(f"poseloom: {mistake}", USER_MISTAKE)
    except KeyboardInterrupt:
        return report("poseloom: stopped", INTERRUPTED)
    except BrokenPipeError:
        # the reader of our output (head, less) has gone; nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as fault:
        missing = missing_package(fault) if isinstance(fault, ModuleNotFoundError) else None
        if missing:
            return report(f"poseloom: {missing}", USER_MISTAKE)
        if os.environ.get(DEBUG_VARIABLE):
            raise
        text = " ".join(f"{type(fault).__name__}: {fault}".split())
        return report(f"poseloom: a fault of poseloom: {text}; {DEBUG_VARIABLE}=1 shows where", OUR_FAULT)


def _asked_in_words(given: list[str]) -> list[str]:
    """``help``, ``help COMMAND`` and ``version`` as the options that they stand for."""
    if given[:1] == ["help"]:
        return [*given[1:], "--help"]
    return ["--version"] if given == ["version"] else given


def run_command(parsed: argparse.Namespace) -> int:
    """Run the command that was typed, with progress and what ``-v`` and ``-q`` ask for."""
    messages.set_loudness(parsed)
    began, computed = time.monotonic(), time.process_time()
    listener = listener_for(getattr(parsed, "json", False))
    try:
        with listening(listener), _on_device(getattr(parsed, "device", None)):
            status = import_module(f"poseloom.cli.{parsed.command}").run(parsed) or 0
    finally:
        if listener is not None:
            listener.close()
    seconds = time.monotonic() - began, time.process_time() - computed
    messages.detail("{:.1f} s, {:.1f} s of CPU".format(*seconds))
    return status


def _on_device(name: str | None) -> AbstractContextManager[object]:
    """Where models are opened: as --device says."""
    if name is None:
        return nullcontext()
    from poseloom.training.devices import on_device

    return on_device(name)


def build_parser(given: list[str]) -> Parser:
    """The parser of all commands; only the options of the command that was asked for are built."""
    parser = Parser(
        prog="poseloom",
        description="Human pose across language, 3D bodies, images and sign.",
        epilog="'poseloom COMMAND --help' shows a command's options.",
    )
    parser.add_argument("--version", action="version", version=f"poseloom {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    wanted = next((word for word in given if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == wanted:
            import_module(f"poseloom.cli.{name}").add_arguments(command)
            for leaf in leaves(command):
                messages.add_arguments(leaf)
    return parser
