"""``poseloom describe FILE``: what the pose is, in words."""

from __future__ import annotations

import argparse

from poseloom.cli import options, printing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    options.add_frames(parser, default="one frame a second")
    options.add_seed(parser)
    options.add_wording(
        parser,
        styles="paragraph, short, list or coach, which speaks to the reader (default: paragraph)",
        versions="captions in the manner of PoseScript: complete, A to F, N2, ...",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    clip = api.load(arguments.file, arguments.source_format)
    frames = options.chosen_frames(arguments.file, clip, arguments.frame, arguments.every, options.one_a_second(clip))
    described = api.describe(api.select(clip, frames), arguments.seed, style=arguments.style, version=arguments.version)
    printing.tell(described.notes)
    described = described.at(frames, clip.fps)
    if arguments.json:
        printing.print_json(described)
    else:
        printing.print_texts(described, several=len(clip) > 1)
