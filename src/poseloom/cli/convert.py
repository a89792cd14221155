"""``poseloom convert IN OUT``: any reader to any writer."""

from __future__ import annotations

import argparse
from pathlib import Path

from poseloom.cli import options, printing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "input")
    parser.add_argument("output", metavar="OUT", help="file to write: .bvh .npz (AMASS with --to amass) .json .glb")
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help="output format where the suffix misleads")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.results import Converted

    clip = api.load(arguments.input, arguments.source_format)
    api.save(clip, arguments.output, arguments.target_format)
    made = Converted(Path(arguments.output), len(clip), clip.fps, clip.pose.joints)
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.frames} frames, {made.fps:g} frames a second, {made.joints} joints")
