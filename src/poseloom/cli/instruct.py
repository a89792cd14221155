"""``poseloom instruct``: how to get from one pose to another, or from one motion to another."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import inputs, options, printing

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.pose import Clip
    from poseloom.results import Instructed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE_A", help="file of the pose or clip to start from, or a folder")
    parser.add_argument(
        "target",
        metavar="FILE_B",
        nargs="?",
        help="the same of the pose or clip to reach (default: FILE_A); files of two folders are paired by name",
    )
    parser.add_argument(
        "--frames",
        type=int,
        nargs=2,
        metavar=("A", "B"),
        help="frames of the two poses; without them two clips are compared in time",
    )
    options.add_format(parser)
    options.add_seed(parser)
    options.add_wording(
        parser,
        styles="paragraph (the default), short or list",
        versions="by paircodes in the manner of PoseFix: full, pfA to pfC, embroider, ...",
    )
    parser.add_argument(
        "--model",
        metavar="NAME|PATH",
        nargs="?",
        const="instruction",
        help="let a learned model say it, not the rules; embedding_bodies sees photos through one space",
    )
    options.add_unchecked(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.target is None and arguments.frames is None:
        raise PoseloomError("instruct needs two poses; name a second file, or two frames with --frames A B")
    first, second = arguments.file, arguments.target or arguments.file
    if inputs.is_one([first]) and inputs.is_one([second]):
        told = _instructed(first, second, arguments)
        if arguments.json:
            printing.print_json(_places(first, second, arguments, told), told)
        else:
            print(_words(told))
        return 0
    return _pairs(first, second, arguments)


def _pairs(first: str, second: str, arguments: argparse.Namespace) -> int:
    """Every file of a folder with the one of its name in another folder, or with a single file."""
    ends = {one.place: one.file for one in inputs.inputs([second])}
    single = second if inputs.is_one([second]) else None

    def instructed(one: Input) -> Instructed:
        end = single or ends.get(one.place)
        if end is None:
            raise FileError(one.file, f"has no counterpart in {second}", remedy="pairs have the same name")
        return _instructed(one.file, end, arguments)

    def show(one: Input, told: Instructed) -> None:
        if not arguments.json:
            print(f"{one.file}: {_words(told, between=' ')}", flush=True)

    done = inputs.each([first], instructed, show)
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _frames(arguments: argparse.Namespace) -> tuple[int, int]:
    start, end = arguments.frames or (0, 0)
    return start, end


def _words(told: Instructed, between: str = "\n") -> str:
    return between.join(told)


def _places(first: str, second: str, arguments: argparse.Namespace, told: Instructed) -> dict[str, str | int]:
    from poseloom.results import Coached

    if isinstance(told, Coached):
        return {"file_a": first, "file_b": second}
    start, end = _frames(arguments)
    return {"file_a": first, "frame_a": start, "file_b": second, "frame_b": end}


def _instructed(first: str, second: str, arguments: argparse.Namespace) -> Instructed:
    from poseloom import api
    from poseloom.api.space import is_space_model

    if is_space_model(arguments.model):
        return _between(first, second, arguments)
    clips = _clips(first, second, arguments)
    wording = {"style": arguments.style, "version": arguments.version}
    one_pose = arguments.frames is not None or arguments.model is not None or any(wording.values())
    if not one_pose and min(map(len, clips)) > 1:
        told: Instructed = api.instruct(clips[0], clips[1])
        printing.tell(told.notes)
        return told
    places = zip((first, second), clips, _frames(arguments), strict=True)
    start, end = (api.select(clip, [options.checked_frame(file, clip, frame)]) for file, clip, frame in places)
    told = api.instruct(start, end, arguments.seed, **wording, model=arguments.model, checked=not arguments.unchecked)
    printing.tell(told.notes)
    return told


def _clips(first: str, second: str, arguments: argparse.Namespace) -> list[Clip]:
    """Both motions; of two files of one name, as pairs in folders are, each is called by its path."""
    clips = [options.read_motion(arguments, file) for file in (first, second)]
    if first != second and clips[0].name == clips[1].name:
        return [replace(clip, name=file) for clip, file in zip(clips, (first, second), strict=True)]
    return clips


def _between(first: str, second: str, arguments: argparse.Namespace) -> Instructed:
    """Between two photos, two poses, or one of each, through one space."""
    from poseloom import api
    from poseloom.images.kinds import shows_people

    if arguments.version is not None:
        raise PoseloomError("--version is of the rules for poses; leave it out, or leave --model out")
    given: list[dict[str, Any]] = []
    for file, frame in zip((first, second), _frames(arguments), strict=True):
        if shows_people(file):
            given.append({"image": file})
            continue
        clip = options.read_motion(arguments, file)
        given.append({"pose": clip.pose[options.checked_frame(file, clip, frame)]})
    start, end = given
    told = api.instruct_between(start, end, arguments.model, arguments.seed, style=arguments.style)
    printing.tell(told.notes)
    return told
