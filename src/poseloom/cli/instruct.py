"""``poseloom instruct``: how to get from one pose to another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.pose import Clip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE_A", help="file of the pose to start from")
    parser.add_argument("target", metavar="FILE_B", nargs="?", help="file of the pose to reach (default: FILE_A)")
    parser.add_argument("--frames", type=int, nargs=2, metavar=("A", "B"), help="frames of the two poses")
    options.add_format(parser)
    options.add_seed(parser)
    options.add_wording(
        parser,
        styles="paragraph (the default), short or list",
        versions="by paircodes in the manner of PoseFix: full, pfA to pfC, embroider, ...",
    )
    parser.add_argument(
        "--model", metavar="NAME|PATH", nargs="?", const="instruction", help="let a learned model say it, not the rules"
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    if arguments.target is None and arguments.frames is None:
        raise PoseloomError("instruct needs two poses; name a second file, or two frames with --frames A B")
    frames = arguments.frames or [0, 0]
    files = [arguments.file, arguments.target or arguments.file]
    start, end = (_pose(arguments, file, frame) for file, frame in zip(files, frames, strict=True))
    wording = {"style": arguments.style, "version": arguments.version}
    told = api.instruct(start, end, arguments.seed, **wording, model=arguments.model)
    printing.tell(told.notes)
    if arguments.json:
        places = {"file_a": files[0], "frame_a": frames[0], "file_b": files[1], "frame_b": frames[1]}
        printing.print_json(places, told)
    else:
        print(told[0])


def _pose(arguments: argparse.Namespace, file: str, frame: int) -> Clip:
    from poseloom import api

    clip = options.read_motion(arguments, file)
    return api.select(clip, [options.checked_frame(file, clip, frame)])
