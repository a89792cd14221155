"""Options that several commands share, and what they do."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.pose import Clip


def add_input(parser: argparse.ArgumentParser, name: str = "file") -> None:
    """The motion or pose file and the option that says what it is."""
    parser.add_argument(
        name,
        metavar=name.upper(),
        help="photo or video of a person, BVH, AMC (with ASF), AMASS / SMPL-X / mocap npz, poseloom's npz or JSON",
    )
    add_format(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help="input format where the suffix misleads")


def add_frames(parser: argparse.ArgumentParser, default: str) -> None:
    """Which frames: one, or every N-th."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--frame", type=int, metavar="N", help="this frame alone, counted from 0")
    which.add_argument("--every", type=int, metavar="N", help=f"every N-th frame (default: {default})")


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed chooses other words")


def add_wording(parser: argparse.ArgumentParser, styles: str, versions: str) -> None:
    """How the text is written: styles of ours, versions of the published pipelines."""
    parser.add_argument("--style", metavar="STYLE", help=styles)
    parser.add_argument("--version", metavar="VERSION", help=versions)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON on stdout and nothing else")


def chosen_frames(file: str, clip: Clip, frame: int | None, every: int | None, step: int) -> list[int]:
    """Frames that `--frame` or `--every` name; every `step`-th where neither is given.

    Raises:
        PoseloomError: the frame is not in the clip that `file` holds, or the step is not positive.
    """
    if frame is not None:
        return [checked_frame(file, clip, frame)]
    if every is not None and every < 1:
        raise PoseloomError(f"--every {every}: expected 1 or more")
    return list(range(0, len(clip), every or step))


def checked_frame(file: str, clip: Clip, frame: int) -> int:
    """The frame, if the clip that `file` holds has it.

    Raises:
        PoseloomError: it has not.
    """
    if not 0 <= frame < len(clip):
        problem = f"is out of range; the clip has {len(clip)} frames, name one from 0 to {len(clip) - 1}"
        raise PoseloomError(f"{file}: frame {frame} {problem}")
    return frame


def one_a_second(clip: Clip) -> int:
    """The step that takes one frame a second."""
    return max(1, round(clip.fps))
