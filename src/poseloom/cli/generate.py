"""``poseloom generate "TEXT"``: poses that a text tells of."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from poseloom.cli import learned, options

if TYPE_CHECKING:
    from poseloom.pose import Pose

_DRAWN = 32
_TITLE = 80
"""Characters of the text above a sheet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help='"a person kneeling on the left knee with both arms raised"')
    learned.add_draws(parser, count=4, drawn=_DRAWN)
    learned.add_model(parser, "generation")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    learned.check_picture(arguments.render)
    learned.check_targets(arguments.out, arguments.render)
    with learned.told() as notes:
        poses = api.generate(
            arguments.text, arguments.n, arguments.seed, verify=arguments.verify, model=arguments.model
        )
    facts = _facts(arguments.text, poses)
    if arguments.out is not None:
        api.save(poses, arguments.out)
    if arguments.render is not None:
        learned.draw(poses, arguments.render, _under(facts), _labels(poses), arguments.text[:_TITLE])
    if arguments.json:
        found = {"text": arguments.text, "seed": arguments.seed, "verify": arguments.verify, "notes": notes}
        rows = [{**fact, "rotations": rows} for fact, rows in zip(facts, learned.rounded(poses), strict=True)]
        print(json.dumps({**found, "poses": rows}))
        return
    _print(arguments, poses, facts)


def _facts(text: str, poses: Pose) -> list[dict[str, int]]:
    """For each pose how many facts were read in the text, and how many are true of it."""
    from poseloom.tasks.generation.predict import agreement

    found = agreement(text, poses)
    return [{"facts_read": int(found.read[0]), "facts_true": int(true)} for true in found.true[0]]


def _under(facts: list[dict[str, int]]) -> list[str]:
    if not facts[0]["facts_read"]:
        return []
    return [f"{fact['facts_true']} of {fact['facts_read']} facts hold" for fact in facts]


def _labels(poses: Pose) -> list[str]:
    return [f"pose {place}" for place in range(1, len(poses) + 1)]


def _print(arguments: argparse.Namespace, poses: Pose, facts: list[dict[str, Any]]) -> None:
    from poseloom import api

    under = _under(facts)
    for place, text in enumerate(api.describe(poses, arguments.seed, style="short")):
        print(f"pose {place + 1}: {f'({under[place]}) ' if under else ''}{text}")
    for path in (arguments.out, arguments.render):
        if path is not None:
            print(path)
    if arguments.out is None and arguments.render is None:
        print("--render poses.png draws them, --out poses.npz keeps them")
