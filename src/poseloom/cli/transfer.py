"""``poseloom transfer PHOTO --to WORDS|POSE|PHOTO``: the same person in another pose."""

from __future__ import annotations

import argparse
from pathlib import Path

from poseloom.cli import learned, options, printing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="photo in which the whole person is seen, or most of it")
    parser.add_argument(
        "--to", required=True, metavar="POSE", help='"a person raising both arms", another photo, or a motion file'
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the picture: .png .jpg .webp")
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="generator (default: the fitted body carries what the photo shows)"
    )
    parser.add_argument(
        "--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="where the person is, pixels"
    )
    parser.add_argument(
        "--facing", choices=("photo", "pose"), default="photo", help="look where the person looks, or as the pose does"
    )
    parser.add_argument("--beside", action="store_true", help="photo and result side by side")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the pose for words (default: 0)")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.base.files import refuse_source

    learned.check_picture(arguments.out)
    learned.check_targets(arguments.out)
    refuse_source(arguments.out, Path(arguments.photo), Path(arguments.to))
    made = api.transfer(
        arguments.photo,
        arguments.to,
        model=arguments.model,
        box=arguments.box,
        seed=arguments.seed,
        keep_heading=arguments.facing == "photo",
    )
    printing.tell(made.notes)
    from poseloom.images.files import save_picture

    save_picture(made.beside() if arguments.beside else made.picture, arguments.out)
    if arguments.json:
        printing.print_json(made, out=arguments.out)
        return
    x, y, width, height = (round(side) for side in made.box.tolist())
    print(f"person of {width} x {height} pixels at {x}, {y}, made by {made.way}")
    printing.print_files(arguments.out)
