"""``poseloom edit FILE "INSTRUCTION"``: a pose changed by an instruction."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from poseloom.cli import learned, options, printing

if TYPE_CHECKING:
    from poseloom.pose import Pose
    from poseloom.results import Edited

_DRAWN = 32
_TITLE = 80
"""Characters of the instruction above a sheet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    parser.add_argument("instruction", metavar="INSTRUCTION", help='"raise the left arm and bend the right knee"')
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="frame of the pose (default: 0)")
    learned.add_sampling_options(parser, count=1, drawn=_DRAWN)
    learned.add_model(parser, "editing")
    parser.add_argument(
        "--anyway", action="store_true", help="change the pose even where nothing of INSTRUCTION is understood"
    )
    options.add_force(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.base.files import refuse_source

    for path in (arguments.out, arguments.render):
        refuse_source(path, arguments.file, arguments.joint_map, force=arguments.force)
    learned.check_picture(arguments.render)
    learned.check_targets(arguments.out, arguments.render)
    clip = options.read_motion(arguments, arguments.file)
    pose = clip.pose[options.checked_frame(arguments.file, clip, arguments.frame)]
    made = api.edit(
        pose,
        arguments.instruction,
        arguments.n,
        arguments.seed,
        verify=arguments.verify,
        model=arguments.model,
        anyway=arguments.anyway,
    )
    printing.tell((*([made.reading()] if made.reading() else []), *made.notes))
    if arguments.out is not None:
        api.save(made.poses, arguments.out)
    if arguments.render is not None:
        _draw(made, pose, arguments)
    if arguments.json:
        where = {"file": arguments.file, "frame": arguments.frame}
        printing.print_json(where, made, out=arguments.out, render=arguments.render)
        return
    learned.print_poses(made, arguments.seed)
    hint = "--render change.png draws it beside the original, --out changed.npz keeps it"
    printing.print_files(arguments.out, arguments.render, otherwise=hint)


def _draw(made: Edited, pose: Pose, arguments: argparse.Namespace) -> None:
    from poseloom.pose import concatenate

    if arguments.render.suffix.lower() == learned.BODY:
        learned.draw(made.poses, arguments.render, [], [], "")
        return
    both = concatenate([pose.reshape(1), made.poses])
    labels = ["before", *(f"after {place}" for place in range(1, len(made.poses) + 1))]
    learned.draw(both, arguments.render, ["", *made.facts.in_words()], labels, arguments.instruction[:_TITLE])
