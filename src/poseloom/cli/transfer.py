"""``poseloom transfer PHOTO --to POSE``: the same person in another pose; of a table, all its pairs by a generator."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Literal

from poseloom.base.errors import PoseloomError
from poseloom.cli import learned, messages, options, printing
from poseloom.cli.data_render import size_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO|TABLE", help="photo of a person, or a table of pictures in pairs")
    parser.add_argument(
        "--to",
        metavar="POSE",
        help='"a person raising both arms", another photo, a motion file; with --model also keypoints',
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE|DIR", help="the picture; a folder for a table")
    parser.add_argument(
        "--model",
        type=Path,
        metavar="NAME|PATH",
        help="generator, such as transfer, the shipped one (default: the fitted body carries what the photo shows)",
    )
    parser.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="where the person is, pixels")
    parser.add_argument(
        "--facing", choices=("photo", "pose"), default="photo", help="look where the person looks, or as the pose does"
    )
    parser.add_argument("--beside", action="store_true", help="photo and result side by side")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of what is drawn at random (default: 0)")
    pairs = parser.add_argument_group("of a table")
    pairs.add_argument("--images", type=Path, metavar="DIR", help="folder of its pictures (default: the table's)")
    pairs.add_argument("--split", default="test", metavar="NAME", help="whose pairs (default: test)")
    pairs.add_argument("--limit", type=int, default=0, metavar="N", help="the first pairs alone")
    pairs.add_argument("--strips", action="store_true", help="source, pose, target and result in each file")
    pairs.add_argument("--grid", type=int, metavar="N", help="one picture with strips of N pairs drawn at random")
    pairs.add_argument("--size", metavar="WxH", help="of the made pictures (default: the generator's own)")
    sizes = "pictures of another size than the generator's are an error, not resized"
    pairs.add_argument("--refuse-other-sizes", action="store_true", help=sizes)
    pairs.add_argument("--features", action="store_true", help="features of PG2's second stage in place of pictures")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    if Path(arguments.photo).is_dir():
        _run_table(arguments)
        return
    if arguments.to is None:
        raise PoseloomError('--to is missing: name the pose, as in --to "a person raising both arms"')
    from poseloom import api
    from poseloom.base.files import refuse_source
    from poseloom.images.files import save_picture

    learned.check_picture(arguments.out)
    learned.check_targets(arguments.out)
    refuse_source(arguments.out, Path(arguments.photo), Path(arguments.to), arguments.model)
    made = api.transfer(
        arguments.photo,
        arguments.to,
        model=arguments.model,
        box=arguments.box,
        seed=arguments.seed,
        keep_heading=arguments.facing == "photo",
    )
    printing.tell(made.notes)
    save_picture(made.beside() if arguments.beside else made.picture, arguments.out)
    if arguments.json:
        printing.print_json(made, out=arguments.out)
        return
    x, y, width, height = (round(side) for side in made.box.tolist())
    print(f"person of {width} x {height} pixels at {x}, {y}, made by {made.way}")
    printing.print_files(arguments.out)


def _run_table(arguments: argparse.Namespace) -> None:
    """Pictures, one grid, or features of the pairs of a table."""
    from poseloom.checkpoints.registry import load_model
    from poseloom.results import PairsMade
    from poseloom.tasks.transfer.all_pairs import grid_of, write_features, write_pictures
    from poseloom.tasks.transfer.pairs import PairData

    if arguments.model is None or arguments.to is not None:
        raise PoseloomError(f"{arguments.photo}: pairs of a table need --model, a generator, and no --to")
    model = load_model(arguments.model, "transfer")
    height, width = model.size if arguments.size is None else model.other_size(size_of(arguments.size)[::-1])
    frame = model.card.extras.get("frame", "resize")
    sizes: Literal["resize", "refuse"] = "refuse" if arguments.refuse_other_sizes else "resize"
    folder = str(arguments.images or "")
    data = PairData(str(arguments.photo), folder, height=height, width=width, frame=frame, other_sizes=sizes)
    if arguments.grid is not None:
        from poseloom.images.files import save_picture

        learned.check_picture(arguments.out)
        picture = grid_of(model.module, data, arguments.split, rows=arguments.grid, seed=arguments.seed)
        save_picture(picture, arguments.out)
        printing.print_files(arguments.out)
        return
    told = _progress if sys.stderr.isatty() and not (arguments.json or messages.is_quiet()) else None
    if arguments.features:
        written = write_features(
            model.module, data, arguments.split, arguments.out, limit=arguments.limit, progress=told
        )
    else:
        written = write_pictures(
            model.module,
            data,
            arguments.split,
            arguments.out,
            limit=arguments.limit,
            strips=arguments.strips,
            progress=told,
        )
    made = PairsMade(written.folder, written.pairs, written.files, written.bytes)
    if arguments.json:
        printing.print_json(made)
        return
    print(f"{made.folder}: {made.pairs:,} pairs, {made.files:,} new files, {made.bytes / 1e6:.1f} MB")


def _progress(done: int, count: int) -> None:
    print(f"\rposeloom: pair {done:,} of {count:,}", end="" if done < count else "\n", file=sys.stderr, flush=True)
