"""``poseloom sample walk.bvh``: a motion of our own as a file, to try the other commands with."""

from __future__ import annotations

import argparse
from pathlib import Path

from poseloom.cli import options, printing
from poseloom.cli.inputs import is_folder

FORMATS = ".bvh, .npz, .json or .glb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=f"what to write: walk, squats or exercise, with {FORMATS}")
    parser.add_argument("--out", type=Path, metavar="FILE", help="under another name, or in another folder")
    options.add_force(parser, "replace a file that is there")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.base.errors import FileError
    from poseloom.demo.samples import sample_clip
    from poseloom.results import Converted

    path = Path(arguments.file)
    clip = sample_clip(path.stem)
    if arguments.out is not None:
        path = arguments.out / path.name if is_folder(arguments.out) else arguments.out
    if path.exists() and not arguments.force:
        raise FileError(path, "is there already", remedy="name another place, or --force replaces it")
    api.save(clip, path)
    made = Converted(path, len(clip), clip.fps, clip.pose.joints)
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{path}: {made.frames} frames, {made.fps:g} frames a second")
