"""``poseloom sign --learned`` and ``--repair``: signs by a model that has learned, and clips mended by it."""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseloom.formats.pose_file import PoseSequence
    from poseloom.language.hamnosys.tree import Signs
    from poseloom.tasks.sign.predict import LearnedSigner

MODEL = "sign"
ANIMATIONS = (".gif", ".webp", ".mp4")
POSE_FILE = ".pose"
WRITTEN = (POSE_FILE, *ANIMATIONS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the learned signer."""
    learned = parser.add_argument_group("learned signing")
    learned.add_argument(
        "--learned",
        nargs="?",
        const=MODEL,
        metavar="NAME|PATH",
        help=f"let a learned model sign, which gives keypoints: .pose and animations (default: {MODEL})",
    )
    learned.add_argument("--steps", type=int, metavar="N", help="refinements, 1 to 1000 (default: 10)")
    learned.add_argument(
        "--start", type=Path, metavar="FILE", help=".pose file whose first frame with a signer is the first pose"
    )
    learned.add_argument(
        "--repair", type=Path, metavar="FILE", help="fill in missing frames and keypoints of a .pose file"
    )


def is_asked_for(arguments: argparse.Namespace) -> bool:
    """Whether a model is to sign or to repair.

    Raises:
        PoseloomError: options that belong to a model, and none is asked for.
    """
    if arguments.learned is not None or arguments.repair is not None:
        return True
    for name in ("steps", "start"):
        if getattr(arguments, name) is not None:
            raise PoseloomError(f"--{name} belongs to the learned signer; add --learned, or leave --{name} out")
    return False


def run(arguments: argparse.Namespace, texts: list[str]) -> None:
    """Sign each text from the last frame of the one before, or repair a clip.

    Raises:
        PoseloomError: texts, files or options that cannot be used.
    """
    _check(arguments)
    (_repair if arguments.repair is not None else _sign)(arguments, texts)


def _check(arguments: argparse.Namespace) -> None:
    """Before anything is computed."""
    if arguments.keypoints is not None:
        raise PoseloomError(
            "--keypoints belongs to the signer by rule; a model gives the keypoints that it has learned"
        )
    if arguments.steps is not None:
        from poseloom.tasks.sign.models.parts import check_steps

        check_steps(arguments.steps)
    if arguments.repair is not None:
        for name, given in (("start", arguments.start), ("then", arguments.then)):
            if given:
                raise PoseloomError(f"--repair and --{name} do not go together; a repair goes on with nothing")
        if arguments.out is None:
            raise PoseloomError("--repair needs --out FILE, a .pose file or an animation")


# -- signing -----------------------------------------------------------------------------------------------------------


def _sign(arguments: argparse.Namespace, texts: list[str]) -> None:
    signs = [_parsed(text, arguments) for text in texts]
    row = _told(arguments, texts, signs)
    if arguments.out is not None:
        start = None if arguments.start is None else read_seen(arguments.start)
        signer = _signer(arguments)
        with _about(arguments.start):
            made = signer.sign_all(texts, start=start, steps=arguments.steps)
        row |= _written(made, signer, arguments)
    _print(row, arguments)


def _parsed(text: str, arguments: argparse.Namespace) -> Signs:
    from poseloom.language.hamnosys import parse

    return parse(text, strict=arguments.strict)


def _told(arguments: argparse.Namespace, texts: list[str], signs: list[Signs]) -> dict[str, Any]:
    from poseloom.language.hamnosys import explain

    said = "\n".join(explain(one) for one in signs)
    return {"hamnosys": texts, "says": said, "remarks": [str(one) for sign in signs for one in sign.remarks]}


# -- repair ------------------------------------------------------------------------------------------------------------


def _repair(arguments: argparse.Namespace, texts: list[str]) -> None:
    signs = [_parsed(text, arguments) for text in texts]
    row = _told(arguments, texts, signs)
    clip = read_seen(arguments.repair)
    signer = _signer(arguments)
    with _about(arguments.repair):
        made = signer.repair(clip, " ".join(texts), steps=arguments.steps)
    row |= _written(made, signer, arguments) | {"filled": _filled(clip, made, signer)}
    _print(row, arguments)


def _filled(clip: PoseSequence, made: PoseSequence, signer: LearnedSigner) -> int:
    """Keypoints, counted in every frame, that are there now and were not before."""
    before = signer.layout.select(clip).missing[:, 0]
    return int((before & ~made.missing[:, 0]).sum())


# -- files and words ---------------------------------------------------------------------------------------------------


def read_seen(path: Path) -> PoseSequence:
    """A ``.pose`` file in which somebody is seen.

    Raises:
        FileError: it is none, it is damaged, or all its keypoints are missing.
    """
    from poseloom.formats.pose_file import read_pose_file

    sequence = read_pose_file(path)
    if sequence.missing.all():
        raise FileError(path, "shows nobody: all keypoints are missing in every frame", remedy="choose another clip")
    return sequence


@contextmanager
def _about(path: Path | None) -> Iterator[None]:
    """Mistakes in what a file holds are told with its name."""
    try:
        yield
    except FileError:
        raise
    except PoseloomError as error:
        if path is None or str(error).startswith("HamNoSys"):
            raise
        raise FileError(path, str(error)) from None


def _signer(arguments: argparse.Namespace) -> LearnedSigner:
    from poseloom.checkpoints.registry import load_model

    return load_model(arguments.learned or MODEL, MODEL)


def _written(made: PoseSequence, signer: LearnedSigner, arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.out.suffix.lower() == POSE_FILE:
        from poseloom.formats.pose_file import write_pose_file

        write_pose_file(made, arguments.out)
    else:
        from poseloom.render import animate_keypoints

        animate_keypoints(made, arguments.out, arguments.size)
    steps = signer.model.default_steps if arguments.steps is None else arguments.steps
    told = {"model": arguments.learned or MODEL, "steps": steps}
    return {**told, "out": str(arguments.out), "frames": len(made), "fps": made.fps}


def _print(row: dict[str, Any], arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(row))
        return
    for remark in row["remarks"]:
        print(f"remark: {remark}")
    if (arguments.explain or "out" not in row) and row["says"]:
        print(row["says"])
    if "out" not in row:
        print("--out sign.pose keeps the keypoints; .gif .webp .mp4 draw them")
        return
    filled = f", {row['filled']:,} keypoints filled in" if "filled" in row else ""
    print(f"{row['out']}: {row['frames']} frames, {row['frames'] / row['fps']:.1f} s{filled}")
