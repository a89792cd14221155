"""``poseloom caption FILE``: what a learned model says of poses; ``describe`` does it by rules."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.cli import inputs, learned, options, printing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poseloom.cli.inputs import Input
    from poseloom.pose import Pose
    from poseloom.results import Captioned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "files", several=True)
    options.add_frames(parser, default="one frame a second")
    add_wording(parser)
    options.add_unchecked(parser)
    learned.add_model(parser, "captioning", "embedding_bodies says it of the body that one space sees in a photo")
    learned.add_render(parser)
    options.add_force(parser)
    options.add_json(parser)


def add_wording(parser: argparse.ArgumentParser) -> None:
    """How a model chooses its words."""
    parser.add_argument("--beams", type=int, default=1, metavar="N", help="follow N texts side by side (default: 1)")
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="draw words among the K most probable ones")
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P", help="draw words of this probability together")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="of drawn words (default: 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of drawn words (default: 0)")


def run(arguments: argparse.Namespace) -> int:
    from poseloom.base.files import refuse_source

    refuse_source(arguments.render, *arguments.files, force=arguments.force)
    learned.check_picture(arguments.render)
    learned.check_targets(arguments.render)
    alone = inputs.is_one(arguments.files)
    if arguments.render is not None and not alone and arguments.render.suffix.lower() == learned.BODY:
        raise PoseloomError("--render: a .glb holds the bodies of one file; name a .png, or one file")

    def show(one: Input, made: _Made) -> None:
        if not arguments.json:
            printing.print_texts(made.captioned, several=made.several, file="" if alone else one.file)

    done = inputs.each(arguments.files, lambda one: _captioned(one.file, arguments), show)
    if arguments.render is not None and done.made:
        _draw(done.made, arguments.render)
    if not arguments.json:
        printing.print_files(arguments.render)
    elif alone:
        printing.print_json(done.made[0][1].captioned, render=arguments.render)
    else:
        texts = inputs.Done([(one, made.captioned) for one, made in done.made], done.failed)
        printing.print_several(texts, render=arguments.render)
    return done.status()


@dataclass(frozen=True)
class _Made:
    """What the model says of frames of a file."""

    captioned: Captioned
    poses: Pose
    frames: list[int]
    name: str
    several: bool
    """Whether the file has several frames."""


def _draw(made: Sequence[tuple[Input, _Made]], picture: Path) -> None:
    """The frames of all files on one sheet, or the bodies of one."""
    if len(made) == 1:
        ((_, only),) = made
        labels = [f"frame {frame}" for frame in only.frames]
        learned.draw(only.poses, picture, only.captioned, labels, only.name)
        return
    labels = [f"{one.place.name}, frame {frame}" for one, own in made for frame in own.frames]
    texts = [text for _, own in made for text in own.captioned]
    learned.draw_all([own.poses for _, own in made], picture, texts, labels)


def _captioned(file: str, arguments: argparse.Namespace) -> _Made:
    """What the model says of the frames of a file."""
    from poseloom import api
    from poseloom.api.space import is_space_model

    if is_space_model(arguments.model):
        return _seen(file, arguments)
    clip = options.read_motion(arguments, file)
    frames = options.frames_of(arguments, file, clip, options.one_a_second(clip))
    poses = api.select(clip, frames).pose
    captioned = api.caption(api.select(clip, frames), **_wording(arguments), model=arguments.model)
    captioned = captioned.at(frames, clip.fps)
    printing.tell(captioned.notes)
    return _Made(captioned, poses, frames, clip.name, len(clip) > 1)


def _seen(file: str, arguments: argparse.Namespace) -> _Made:
    """What the captioning model says of the body that a model of one space sees in a photo."""
    from pathlib import Path

    from poseloom import api

    learned.check_photo(file)
    seen = api.estimate(image=file, model=arguments.model)
    captioned = api.caption(seen.poses, **_wording(arguments))
    printing.tell((*seen.notes, *captioned.notes))
    return _Made(captioned, seen.poses, [0], Path(file).stem, several=False)


def _wording(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(arguments, name) for name in ("beams", "top_k", "top_p", "temperature", "seed")}
    return given | {"checked": not arguments.unchecked}
