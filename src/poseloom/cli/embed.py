"""``poseloom embed --image PHOTO --pose FILE --text WORDS``: one vector of what is given together, or its body."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import learned, options, printing

if TYPE_CHECKING:
    from poseloom.results import Estimated
    from poseloom.tasks.embedding.encoders.choice import Encoders

_ARRAY = ".npy"
SPACE, BODIES = "embedding", "embedding_bodies"
"""Models that poseloom ships: the space, and what tells bodies of its vectors."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image", type=Path, metavar="PHOTO", help="picture of a person")
    parser.add_argument("--pose", metavar="FILE", help="motion or pose file, of which --frame counts")
    parser.add_argument("--text", metavar="WORDS", help='"like this, but with both arms raised"')
    parser.add_argument("--model", default=SPACE, metavar="NAME|PATH", help=f"model of the space (default: {SPACE})")
    parser.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="where the person is, pixels")
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="frame of the pose file (default: 0)")
    looked = "what is looked for with it (default: what all that is given has in common)"
    parser.add_argument("--target", choices=("image", "pose", "text"), help=looked)
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the vector as a numpy array, .npy")
    body = parser.add_argument_group("the body that is seen in it, which words may put right")
    body.add_argument("--body", type=Path, metavar="FILE", help="keep it: npz, JSON, BVH, GLB, ...")
    body.add_argument("--render", type=Path, metavar="FILE", help=f"draw it ({' '.join(learned.PICTURES)})")
    body.add_argument("--describe", action="store_true", help="say it in words, by rule")
    told = f"model that tells bodies of the space (default: {BODIES})"
    body.add_argument("--bodies", default=BODIES, metavar="NAME|PATH", help=told)
    files = parser.add_argument_group("files of an imported model's frozen encoders")
    files.add_argument("--image-encoder", default="", metavar="FILE", help="smpler_x_b32.pth.tar")
    files.add_argument("--pose-encoder", default="", metavar="FILE", help="the imported posevae checkpoint")
    files.add_argument("--text-encoder", default="", metavar="FILE", help="the imported posetext checkpoint")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    out = arguments.out
    if out is not None and out.suffix != _ARRAY:
        raise FileError(out, f"does not end in {_ARRAY}", remedy=f"name it {out.stem}{_ARRAY}")
    seen = _estimated(arguments)
    space = api.load_model(arguments.model, "embedding")
    encoders = _encoders(space.encoders, arguments)
    made = (space if encoders is None else space.with_encoders(encoders)).embed(**_given(arguments))
    if out is not None:
        import numpy as np

        from poseloom.base.files import atomic_write

        with atomic_write(out) as place, place.open("wb") as file:
            np.save(file, made.vectors.numpy())
    printing.tell(made.notes)
    described = api.describe(seen.poses)[0] if arguments.describe and seen is not None else None
    if arguments.json:
        more = {"description": described, "body": arguments.body, "render": arguments.render}
        printing.print_json(*([seen] if seen is not None else []), made, space=space.name, out=out, **more)
        return
    first = ", ".join(f"{value:.4f}" for value in made.vectors[0, :6].tolist())
    print(f"{made.vectors.shape[1]} numbers of {space.name}: {first}, ...")
    if described is not None:
        print(described)
    otherwise = "--out vector.npy keeps them, --json prints them" if seen is None else ""
    printing.print_files(out, arguments.body, arguments.render, otherwise=otherwise)


def _estimated(arguments: argparse.Namespace) -> Estimated | None:
    """The body that is seen in what is given, kept and drawn as asked; None where nobody asks."""
    from poseloom import api

    if arguments.body is None and arguments.render is None and not arguments.describe:
        return None
    if arguments.render is not None:
        learned.check_sheet(arguments.render)
    learned.check_targets(arguments.body)
    given = _given(arguments)
    if given.pop("target") is not None:
        raise PoseloomError("--target is of the vector; a body is told from what all that is given has in common")
    seen = api.estimate(**given, model=arguments.bodies)
    if arguments.body is not None:
        api.save(seen.poses[0], arguments.body)
    if arguments.render is not None:
        learned.draw_all([seen.poses], arguments.render, [], [], arguments.text or "")
    return seen


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    from poseloom import api

    pose = None
    if arguments.pose is not None:
        clip = api.load(arguments.pose)
        pose = clip.pose[options.checked_frame(arguments.pose, clip, arguments.frame)]
    boxes = None if arguments.box is None else [arguments.box]
    given = {"image": arguments.image, "pose": pose, "text": arguments.text}
    return {**given, "boxes": boxes, "target": arguments.target}


def _encoders(known: Encoders, arguments: argparse.Namespace) -> Encoders | None:
    """The model's encoders with the files that were named; None where none was."""
    from dataclasses import replace

    named = {
        f"{one}_weights": getattr(arguments, f"{one}_encoder")
        for one in ("image", "pose", "text")
        if getattr(arguments, f"{one}_encoder")
    }
    return replace(known, **named) if named else None
