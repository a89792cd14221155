"""``poseloom caption FILE``: what a learned model says of poses; ``describe`` does it by rules."""

from __future__ import annotations

import argparse

from poseloom.cli import learned, options, printing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    options.add_frames(parser, default="one frame a second")
    add_wording(parser)
    learned.add_model(parser, "captioning")
    learned.add_render(parser)
    options.add_json(parser)


def add_wording(parser: argparse.ArgumentParser) -> None:
    """How a model chooses its words."""
    parser.add_argument("--beams", type=int, default=1, metavar="N", help="follow N texts side by side (default: 1)")
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="draw words among the K most probable ones")
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P", help="draw words of this probability together")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="of drawn words (default: 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of drawn words (default: 0)")


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    learned.check_picture(arguments.render)
    learned.check_targets(arguments.render)
    clip = api.load(arguments.file, arguments.source_format)
    frames = options.chosen_frames(arguments.file, clip, arguments.frame, arguments.every, options.one_a_second(clip))
    poses = api.select(clip, frames).pose
    captioned = api.caption(
        api.select(clip, frames),
        beams=arguments.beams,
        top_k=arguments.top_k,
        top_p=arguments.top_p,
        temperature=arguments.temperature,
        seed=arguments.seed,
        model=arguments.model,
    )
    captioned = captioned.at(frames, clip.fps)
    printing.tell(captioned.notes)
    if arguments.render is not None:
        learned.draw(poses, arguments.render, captioned, [f"frame {frame}" for frame in frames], clip.name)
    if arguments.json:
        printing.print_json(captioned, render=arguments.render)
        return
    printing.print_texts(captioned, several=len(clip) > 1)
    printing.print_files(arguments.render)
