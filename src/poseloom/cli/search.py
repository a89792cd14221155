"""``poseloom search "TEXT" --index DIR``: rows that meet a question; ``--like FILE``, ``--image PHOTO``: like one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import inputs, options, printing
from poseloom.cli import learned as learned_options

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.pose import Pose
    from poseloom.results import Found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="?", help='what to look for: "left hand above the head"')
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--index", metavar="DIR", help="folder made by 'poseloom index build'")
    where.add_argument("--table", metavar="DIR", help="a table; its index is built beside it when it is needed")
    parser.add_argument("-k", type=int, default=10, metavar="N", help="most results (default: 10)")
    parser.add_argument(
        "--where", action="append", default=[], metavar="NAME=VALUE", help="only rows with this metadata; repeatable"
    )
    parser.add_argument("--near", action="store_true", help="where no row meets the question, show the nearest ones")
    learned = "model of an index of learned vectors (default: the shipped retrieval)"
    parser.add_argument("--model", metavar="NAME|PATH", help=learned)
    options.add_alias(parser, "--embedding", "model")
    parser.add_argument(
        "--statements", action="store_true", help="answer TEXT by its statements where the index has learned vectors"
    )
    like = "poses like the one in this file, instead of TEXT; of several files or a folder, for each"
    parser.add_argument("--like", metavar="FILE", nargs="+", help=like)
    parser.add_argument("--frame", type=int, metavar="N", help="with --like: which frame, counted from 0 (default: 0)")
    parser.add_argument("--mirrored", action="store_true", help="with --like: mirrored poses count as well")
    drawn = "show what is found: the pictures of an index of one space, else the poses (.png .jpg .jpeg .webp .glb)"
    parser.add_argument("--render", type=Path, metavar="FILE", help=drawn)
    options.add_alias(parser, "--sheet", "render", type=Path)
    holder = "with --render and --index: the table that has the poses, which are drawn; repeatable"
    parser.add_argument("--poses", metavar="DIR", action="append", default=[], help=holder)
    mixed = parser.add_argument_group(
        "in an index of one space",
        "TEXT, a photo and a pose are asked with together; TEXT beside one of the others changes what it shows",
    )
    mixed.add_argument("--image", type=Path, metavar="PHOTO", help="a person like the one in this picture")
    mixed.add_argument("--pose", metavar="FILE", help="motion or pose file, of which --frame counts")
    mixed.add_argument("--text", dest="words", metavar="WORDS", help="the same as TEXT")
    box = "where the person is in PHOTO, pixels (default: the largest person)"
    blend = "let TEXT and the photo or the pose make one vector, which lies between them"
    mixed.add_argument("--blend", action="store_true", help=blend)
    mixed.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help=box)
    options.add_format(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    index = arguments.index or _index_of(arguments.table)
    if arguments.like is None or inputs.is_one(arguments.like):
        query = arguments.text if arguments.like is None else _pose(arguments, arguments.like[0])
        found = _found(query, index, arguments)
        _draw(found, arguments)
        _show(found, arguments)
        return 0

    def show(one: Input, found: Found) -> None:
        if not arguments.json:
            print(f"{one.file}:")
            _show(found, arguments)

    done = inputs.each(arguments.like, lambda one: _found(_pose(arguments, one.file), index, arguments), show)
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _found(query: str | Pose | None, index: str | Path, arguments: argparse.Namespace) -> Found:
    from poseloom import api

    return api.find(
        query,
        index,
        arguments.k,
        image=arguments.image,
        pose=None if arguments.pose is None else _pose(arguments, arguments.pose),
        box=arguments.box,
        where=arguments.where,
        near=arguments.near,
        mirrored=arguments.mirrored,
        statements=arguments.statements,
        model=arguments.model,
        blend=arguments.blend,
    )


def _show(found: Found, arguments: argparse.Namespace) -> None:
    printing.tell(found.remarks())
    if not found and not arguments.near:
        printing.tell(["--near shows the rows that come nearest"])
    drawn = arguments.render if found else None
    if arguments.json:
        printing.print_json(found, sheet=drawn)
        return
    for place, hit in enumerate(found, start=1):
        mirrored = ", mirrored" if hit.mirrored else ""
        print(f"{place:2}. {hit.score:.3f}{mirrored}  {hit.id}" + (f"\n    {hit.text}" if hit.text else ""))
    printing.print_files(drawn)


def _draw(found: Found, arguments: argparse.Namespace) -> None:
    """A sheet of what was found, as pictures or as poses; none where nothing was."""
    if arguments.render is None:
        return
    if not found:
        printing.tell([f"nothing was found, so {arguments.render} is not written"])
    elif _as_pictures(arguments):
        from poseloom.api.space import save_found_sheet

        save_found_sheet(found, arguments.render, arguments.image, arguments.box, arguments.text or "")
    else:
        _draw_poses(found, arguments)


def _draw_poses(found: Found, arguments: argparse.Namespace) -> None:
    from poseloom.data.table import Table
    from poseloom.pose.types import concatenate
    from poseloom.search.tables import places_in

    folders = arguments.poses or [arguments.table]
    places = places_in([Table.open(one) for one in folders], [hit.id for hit in found])
    for hit, place in zip(found, places, strict=True):
        if place is None:
            remedy = "name the tables that the index was built of, each with --poses DIR"
            raise PoseloomError(f"{hit.id}: is in none of: {', '.join(folders)}; {remedy}")
    poses = [table.poses([row]) for table, row in filter(None, places)]
    texts, labels = [hit.text for hit in found], [f"{hit.score:.2f} {hit.id}" for hit in found]
    title = learned_options.title_of(_asked_with(arguments))
    if arguments.render.suffix.lower() == learned_options.BODY:
        learned_options.draw(concatenate(poses), arguments.render, texts, labels, title)
    else:
        learned_options.draw_all(poses, arguments.render, texts, labels, title)


def _asked_with(arguments: argparse.Namespace) -> str:
    """All that a question is made of, in a line."""
    files = [*(arguments.like or ()), *filter(None, (arguments.image, arguments.pose))]
    return ", ".join([*filter(None, [arguments.text]), *(Path(one).name for one in files)])


def _as_pictures(arguments: argparse.Namespace) -> bool:
    """Whether what is found is shown by its pictures: rows of one space, unless their poses are asked for."""
    if arguments.poses or arguments.index is None or arguments.render.suffix.lower() == learned_options.BODY:
        return False
    from poseloom.checkpoints.space_index import is_of_space
    from poseloom.search import Index

    return is_of_space(Index(arguments.index))


def _check(arguments: argparse.Namespace) -> None:
    if arguments.words is not None:
        if arguments.text is not None:
            raise PoseloomError("TEXT and --text are the same; give one of them")
        arguments.text = arguments.words
    mixed = arguments.image is not None or arguments.pose is not None
    if arguments.like is not None and (arguments.text is not None or mixed):
        raise PoseloomError("search needs either TEXT or --like FILE; --pose FILE goes with TEXT and --image")
    if arguments.text is None and arguments.like is None and not mixed:
        raise PoseloomError("search needs either TEXT or --like FILE; an index of one space takes --image, --pose too")
    if arguments.like is None and arguments.pose is None:
        for option in ("frame", "mirrored", "source_format", "joint_map", "up", "unit", "fps"):
            if getattr(arguments, option) not in (None, False):
                name = {"source_format": "from", "joint_map": "joint-map"}.get(option, option)
                raise PoseloomError(f"--{name} goes with --like FILE, not with TEXT")
    if arguments.box is not None and arguments.image is None:
        raise PoseloomError("--box goes with --image PHOTO")
    if arguments.blend and not (mixed and arguments.text is not None):
        raise PoseloomError("--blend goes with TEXT beside --image PHOTO or --pose FILE")
    _check_drawing(arguments)


def _check_drawing(arguments: argparse.Namespace) -> None:
    """Refuse a sheet that cannot be written or drawn before anything is looked for."""
    if arguments.render is None:
        if arguments.poses:
            raise PoseloomError("--poses goes with --render FILE")
        return
    learned_options.check_picture(arguments.render)
    learned_options.check_targets(arguments.render)
    if arguments.like is not None and not inputs.is_one(arguments.like):
        raise PoseloomError("--render draws what one question finds: give one file to --like")
    if not (arguments.poses or arguments.table or _as_pictures(arguments)):
        raise PoseloomError("--render draws poses, which an index does not hold: name its table with --poses DIR")


def _index_of(table: str) -> Path:
    from poseloom.cli.index import progress
    from poseloom.search import index_beside

    folder, built = index_beside(table, progress)
    if built is not None:
        printing.tell(built.notes)
    return folder


def _pose(arguments: argparse.Namespace, file: str) -> Pose:
    from poseloom import api

    clip = options.read_motion(arguments, file)
    frame = options.checked_frame(file, clip, arguments.frame or 0)
    return api.select(clip, [frame]).pose
