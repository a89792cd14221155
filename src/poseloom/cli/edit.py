"""``poseloom edit FILE ... "INSTRUCTION"``: a pose of each file changed by an instruction."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError
from poseloom.cli import inputs, learned, options, printing
from poseloom.cli.mistakes import need_quotes

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.pose import Pose
    from poseloom.results import Edited

_DRAWN = 32
_POSES, _PICTURE = ".npz", ".png"
"""Of what is written for each of several files."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Of several files each gets a NAME.npz in the folder --out, and a NAME.png in the folder --render."
    options.add_input(parser, "files", several=True)
    parser.add_argument("instruction", metavar="INSTRUCTION", help='"raise the left arm and bend the right knee"')
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="frame of the pose (default: 0)")
    learned.add_sampling_options(parser, count=1, drawn=_DRAWN)
    learned.add_model(parser, "editing")
    parser.add_argument(
        "--anyway", action="store_true", help="change the pose even where nothing of INSTRUCTION is understood"
    )
    options.add_force(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    need_quotes("poseloom edit", arguments.files, arguments.instruction)
    alone = inputs.is_one(arguments.files)
    places = _alone(arguments) if alone else _in_folders(arguments)

    def show(one: Input, made: Edited) -> None:
        if arguments.json:
            return
        if not alone:
            print(f"{one.file}:")
        learned.print_poses(made, arguments.seed)
        hint = "--render change.png draws it beside the original, --out changed.npz keeps it" if alone else ""
        printing.print_files(*places[one.file], otherwise=hint)

    done = inputs.each(arguments.files, lambda one: _edited(one.file, *places[one.file], arguments), show)
    if arguments.json and alone:
        where = {"file": arguments.files[0], "frame": arguments.frame}
        printing.print_json(where, done.made[0][1], out=arguments.out, render=arguments.render)
    elif arguments.json:
        printing.print_several(done)
    return done.status()


Places = dict[str, tuple[Path | None, Path | None]]
"""By the file: where its poses and its picture go."""


def _alone(arguments: argparse.Namespace) -> Places:
    learned.check_picture(arguments.render)
    learned.check_targets(arguments.out, arguments.render)
    return {arguments.files[0]: (arguments.out, arguments.render)}


def _in_folders(arguments: argparse.Namespace) -> Places:
    """One place below the folders for each of several files; the folders are made.

    Raises:
        FileError: a file is named where a folder is needed, or two files would go to one place.
    """
    found = inputs.inputs(arguments.files)
    kept: list[dict[str, Path]] = []
    for option, suffix in (("out", _POSES), ("render", _PICTURE)):
        folder = getattr(arguments, option)
        if folder is not None and folder.suffix and not folder.is_dir():
            raise FileError(folder, "several files go into a folder", remedy=f"name one, as in --{option} changed/")
        kept.append({} if folder is None else inputs.targets(found, folder, suffix))
    return {one.file: (kept[0].get(one.file), kept[1].get(one.file)) for one in found}


def _edited(file: str, out: Path | None, picture: Path | None, arguments: argparse.Namespace) -> Edited:
    """Change the pose of one file, keep and draw it."""
    from poseloom import api
    from poseloom.base.files import refuse_source

    for path in (out, picture):
        refuse_source(path, file, arguments.joint_map, force=arguments.force)
    clip = options.read_motion(arguments, file)
    pose = clip.pose[options.checked_frame(file, clip, arguments.frame)]
    settings = {"verify": arguments.verify, "model": arguments.model, "anyway": arguments.anyway}
    made = api.edit(pose, arguments.instruction, arguments.n, arguments.seed, **settings)
    printing.tell((*([made.reading()] if made.reading() else []), *made.notes))
    if out is not None:
        api.save(made.poses, out)
    if picture is not None:
        _draw(made, pose, picture, arguments.instruction)
    return made


def _draw(made: Edited, pose: Pose, picture: Path, instruction: str) -> None:
    from poseloom.pose import concatenate

    if picture.suffix.lower() == learned.BODY:
        learned.draw(made.poses, picture, [], [], "")
        return
    both = concatenate([pose.reshape(1), made.poses])
    labels = ["before", *(f"after {place}" for place in range(1, len(made.poses) + 1))]
    learned.draw(both, picture, ["", *made.facts.in_words()], labels, learned.title_of(instruction))
