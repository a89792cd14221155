"""``poseloom sample walk.bvh``: a motion of our own as a file, to try the other commands with."""

from __future__ import annotations

import argparse
from pathlib import Path

FORMATS = ".bvh, .npz, .json or .glb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=f"what to write: walk, squats or exercise, with {FORMATS}")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.base.errors import FileError
    from poseloom.demo.samples import sample_clip

    path = Path(arguments.file)
    clip = sample_clip(path.stem)
    if path.exists() and not arguments.force:
        raise FileError(path, "is there already", remedy="name another place, or --force replaces it")
    api.save(clip, path)
    print(f"{path}: {len(clip)} frames, {clip.fps:g} frames a second")
