"""``poseloom convert IN OUT``: any reader to any writer."""

from __future__ import annotations

import argparse

from poseloom.cli import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "input")
    parser.add_argument("output", metavar="OUT", help="file to write: .bvh .npz (AMASS with --to amass) .json .glb")
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help="output format where the suffix misleads")


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    clip = options.read_motion(arguments, arguments.input)
    api.save(clip, arguments.output, arguments.target_format)
    print(f"{arguments.output}: {len(clip)} frames, {clip.fps:g} frames a second, {clip.pose.joints} joints")
