"""``poseloom generate "TEXT"``: poses that a text tells of."""

from __future__ import annotations

import argparse

from poseloom.cli import learned, options, printing

_DRAWN = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help='"a person kneeling on the left knee with both arms raised"')
    learned.add_sampling_options(parser, count=4, drawn=_DRAWN)
    learned.add_model(parser, "generation")
    options.add_device(parser)
    parser.add_argument("--anyway", action="store_true", help="draw people even where nothing of TEXT is understood")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    learned.check_picture(arguments.render)
    learned.check_targets(arguments.out, arguments.render)
    made = api.generate(
        arguments.text,
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
        under = made.facts.in_words() if made.facts.stated else []
        labels = [f"pose {place}" for place in range(1, len(made.poses) + 1)]
        learned.draw(made.poses, arguments.render, under, labels, learned.title_of(arguments.text))
    if arguments.json:
        printing.print_json(made, out=arguments.out, render=arguments.render)
        return
    learned.print_poses(made, arguments.seed)
    hint = "--render poses.png draws them, --out poses.npz keeps them"
    printing.print_files(arguments.out, arguments.render, otherwise=hint)
