"""``poseloom edit FILE "INSTRUCTION"``: a pose changed by an instruction."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from poseloom.cli import learned, options

if TYPE_CHECKING:
    from poseloom.pose import Pose

_DRAWN = 32
_TITLE = 80
"""Characters of the instruction above a sheet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    parser.add_argument("instruction", metavar="INSTRUCTION", help='"raise the left arm and bend the right knee"')
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="frame of the pose (default: 0)")
    learned.add_draws(parser, count=1, drawn=_DRAWN)
    learned.add_model(parser, "editing")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    learned.check_picture(arguments.render)
    learned.check_targets(arguments.out, arguments.render)
    clip = options.read_motion(arguments, arguments.file)
    pose = clip.pose[options.checked_frame(arguments.file, clip, arguments.frame)]
    with learned.told() as notes:
        poses = api.edit(
            pose,
            arguments.instruction,
            arguments.n,
            arguments.seed,
            verify=arguments.verify,
            model=arguments.model,
        )
    facts = _facts(arguments.instruction, pose, poses)
    if arguments.out is not None:
        api.save(poses, arguments.out)
    if arguments.render is not None:
        _draw(arguments, pose, poses, facts)
    if arguments.json:
        found = {"file": arguments.file, "frame": arguments.frame, "instruction": arguments.instruction}
        rows = [{**fact, "rotations": rows} for fact, rows in zip(facts, learned.rounded(poses), strict=True)]
        told = {"seed": arguments.seed, "verify": arguments.verify, "notes": notes, "poses": rows}
        print(json.dumps({**found, **told}))
        return
    _print(arguments, poses, facts)


def _facts(instruction: str, pose: Pose, poses: Pose) -> list[dict[str, Any]]:
    """For each changed pose how many statements of the instruction can be judged, and how many of them hold."""
    from poseloom.language.claims.checking import check_instructions
    from poseloom.nn.text.reading import first_words
    from poseloom.pose import stack

    told = first_words(instruction)
    before = stack([pose.body()] * len(poses))
    checked = check_instructions([told] * len(poses), before, poses.body())
    judged = [[holds for holds in one.holds if holds is not None] for one in checked]
    return [{"facts_read": len(holds), "facts_true": sum(holds)} for holds in judged]


def _under(fact: dict[str, Any]) -> str:
    return f"{fact['facts_true']} of {fact['facts_read']} facts hold" if fact["facts_read"] else ""


def _draw(arguments: argparse.Namespace, pose: Pose, poses: Pose, facts: list[dict[str, Any]]) -> None:
    from poseloom.pose import concatenate

    if arguments.render.suffix.lower() == learned.BODY:
        learned.draw(poses, arguments.render, [], [], "")
        return
    both = concatenate([pose.reshape(1), poses])
    labels = ["before", *(f"after {place}" for place in range(1, len(poses) + 1))]
    learned.draw(both, arguments.render, ["", *map(_under, facts)], labels, arguments.instruction[:_TITLE])


def _print(arguments: argparse.Namespace, poses: Pose, facts: list[dict[str, Any]]) -> None:
    from poseloom import api

    for place, text in enumerate(api.describe(poses, arguments.seed, style="short")):
        under = _under(facts[place])
        print(f"pose {place + 1}: {f'({under}) ' if under else ''}{text}")
    for path in (arguments.out, arguments.render):
        if path is not None:
            print(path)
    if arguments.out is None and arguments.render is None:
        print("--render change.png draws it beside the original, --out changed.npz keeps it")
