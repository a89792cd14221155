"""``poseloom describe FILE``: what the pose is, in words."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from poseloom.cli import inputs, options, printing

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.results import Described


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "files", several=True)
    options.add_frames(parser, default="one frame a second")
    options.add_seed(parser)
    options.add_wording(
        parser,
        styles="paragraph, short, list or coach, which speaks to the reader (default: paragraph)",
        versions="in the manner of PoseScript instead: complete, A to F, N2, ...",
    )
    parser.add_argument("--names", action="store_true", help="begin with the named pose, where somebody is in one")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    alone = inputs.is_one(arguments.files)

    def show(one: Input, made: tuple[Described, bool]) -> None:
        if not arguments.json:
            printing.print_texts(made[0], several=made[1], file="" if alone else one.file)

    done = inputs.each(arguments.files, lambda one: _described(one.file, arguments), show)
    if arguments.json:
        texts = inputs.Done([(one, made[0]) for one, made in done.made], done.failed)
        printing.print_json(texts.made[0][1]) if alone else printing.print_several(texts)
    return done.status()


def _described(file: str, arguments: argparse.Namespace) -> tuple[Described, bool]:
    """What the frames of a file are, and whether it has several."""
    from poseloom import api

    clip = options.read_motion(arguments, file)
    frames = options.frames_of(arguments, file, clip, options.one_a_second(clip))
    chosen, style, version = api.select(clip, frames), arguments.style, arguments.version
    described = api.describe(chosen, arguments.seed, style=style, version=version, names=arguments.names)
    printing.tell(described.notes)
    return described.at(frames, clip.fps), len(clip) > 1
