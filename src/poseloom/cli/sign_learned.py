"""``poseloom sign --learned`` and ``--repair``: signs by a model that has learned, and clips mended by it."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import printing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseloom.formats.pose_file import PoseSequence
    from poseloom.results import Explained, SignedKeypoints
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
    learned.add_argument("--model", dest="learned", metavar="NAME|PATH", help="the same, with another model's name")
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


def run(arguments: argparse.Namespace, texts: list[str], notes: tuple[str, ...] = ()) -> None:
    """Sign each text from the last frame of the one before, or repair a clip.

    Args:
        arguments: of the command.
        texts: HamNoSys.
        notes: what of the signs was not read.

    Raises:
        PoseloomError: texts, files or options that cannot be used.
    """
    _check(arguments)
    told = _explained(arguments, texts)
    told = replace(told, notes=notes + told.notes)
    (_repair if arguments.repair is not None else _sign)(arguments, texts, told)


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


def _sign(arguments: argparse.Namespace, texts: list[str], told: Explained) -> None:
    if arguments.out is None:
        _print_explained(told, texts, arguments)
        return
    start = None if arguments.start is None else read_seen(arguments.start)
    signer = _signer(arguments)
    with _about(arguments.start):
        made = signer.sign_all(texts, start=start, steps=arguments.steps)
    _finish(told, made, arguments)


def _explained(arguments: argparse.Namespace, texts: list[str]) -> Explained:
    """What all strings say, one a line; the notes of each."""
    from poseloom import api
    from poseloom.results import Explained

    each = [api.explain(text, strict=arguments.strict) for text in texts]
    notes = tuple(note for one in each for note in one.notes)
    return Explained(" ".join(texts), "\n".join(one.says for one in each), notes=notes)


def _repair(arguments: argparse.Namespace, texts: list[str], told: Explained) -> None:
    clip = read_seen(arguments.repair)
    signer = _signer(arguments)
    with _about(arguments.repair):
        made = signer.repair(clip, " ".join(texts), steps=arguments.steps)
    _finish(told, made, arguments)


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


def _finish(told: Explained, made: SignedKeypoints, arguments: argparse.Namespace) -> None:
    """Write the keypoints, and print what became of them."""
    from poseloom.results import Repaired

    _write(made.keypoints, arguments)
    notes = told.notes + made.notes
    if arguments.json:
        model = arguments.learned or MODEL
        printing.print_json({"hamnosys": [], "says": told.says}, made, notes=notes, model=model, out=arguments.out)
        return
    print_remarks(replace(told, notes=notes))
    if arguments.explain and told.says:
        print(told.says)
    filled = f", {made.filled:,} keypoints filled in" if isinstance(made, Repaired) else ""
    frames, fps = len(made.keypoints), made.keypoints.fps
    print(f"{arguments.out}: {frames} frames, {frames / fps:.1f} s{filled}")


def _write(made: PoseSequence, arguments: argparse.Namespace) -> None:
    if arguments.out.suffix.lower() == POSE_FILE:
        from poseloom.formats.pose_file import write_pose_file

        write_pose_file(made, arguments.out)
    else:
        from poseloom.render import animate_keypoints

        animate_keypoints(made, arguments.out, arguments.size)


def _print_explained(told: Explained, texts: list[str], arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json(told, hamnosys=texts)
        return
    print_remarks(told)
    print(told.says)
    print("--out sign.pose keeps the keypoints; .gif .webp .mp4 draw them")


def print_remarks(told: Explained) -> None:
    """Print the slips in a notation that were passed over."""
    for note in told.notes:
        print(f"remark: {note}")
