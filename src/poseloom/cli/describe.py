"""``poseloom describe FILE``: what the pose is, in words."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import inputs, options, printing

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.results import Described, MotionDescribed


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
    parser.add_argument(
        "--motion", action="store_true", help="tell the whole clip in a paragraph: phases, repetitions, steps, times"
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.motion:
        return _motions(arguments)
    alone = inputs.is_one(arguments.files)

    def show(one: Input, made: tuple[Described, bool]) -> None:
        if not arguments.json:
            printing.print_texts(made[0], several=made[1], file="" if alone else one.file)

    done = inputs.each(arguments.files, lambda one: _described(one.file, arguments), show)
    if arguments.json:
        texts = inputs.Done([(one, made[0]) for one, made in done.made], done.failed)
        printing.print_json(texts.made[0][1]) if alone else printing.print_several(texts)
    return done.status()


def _motions(arguments: argparse.Namespace) -> int:
    """Clips as a whole.

    Raises:
        PoseloomError: frames or a manner of writing are asked for as well.
    """
    given = (arguments.frame, arguments.frames, arguments.every, arguments.style, arguments.version)
    if any(one is not None for one in given):
        raise PoseloomError("--motion tells the whole clip in one manner; leave out frames, --style and --version")
    alone = inputs.is_one(arguments.files)

    def show(one: Input, told: MotionDescribed) -> None:
        if not arguments.json:
            print(f"{'' if alone else f'{one.file}: '}{told.text}", flush=not alone)

    done = inputs.each(arguments.files, lambda one: _told(one.file, arguments), show)
    if arguments.json:
        printing.print_json(done.made[0][1]) if alone else printing.print_several(done)
    return done.status()


def _told(file: str, arguments: argparse.Namespace) -> MotionDescribed:
    from poseloom import api

    told = api.describe_motion(options.read_motion(arguments, file))
    printing.tell(told.notes)
    return told


def _described(file: str, arguments: argparse.Namespace) -> tuple[Described, bool]:
    """What the frames of a file are, and whether it has several."""
    from poseloom import api

    clip = options.read_motion(arguments, file)
    frames = options.frames_of(arguments, file, clip, options.one_a_second(clip))
    chosen, style, version = api.select(clip, frames), arguments.style, arguments.version
    described = api.describe(chosen, arguments.seed, style=style, version=version, names=arguments.names)
    printing.tell(described.notes)
    return described.at(frames, clip.fps), len(clip) > 1
