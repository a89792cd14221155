"""Options that several commands share, and what they do."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.pose import Clip

_READ = "BVH, AMC, glTF / GLB / VRM, FBX, .pose, AMASS / SMPL-X npz, outputs of models (pkl, pt, npy), JSON, ..."
_MOTION = ("joint_map", "up", "unit", "fps", "person")


def add_input(parser: argparse.ArgumentParser, name: str = "file", rate: str = "--fps") -> None:
    """The motion or pose file and the options that say what it is; `rate` names the one for its frames a second."""
    parser.add_argument(
        name,
        metavar=name.upper(),
        help=_READ,
    )
    add_format(parser, rate)


def add_format(parser: argparse.ArgumentParser, rate: str = "--fps") -> None:
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help="input format where the suffix misleads")
    add_motion_options(parser, rate)


def add_motion_options(parser: argparse.ArgumentParser, rate: str = "--fps") -> None:
    """What a user may say about a motion file: joints, axes, unit, frame rate."""
    parser.add_argument("--joint-map", metavar="FILE", help="JSON table of our joints and the file's")
    parser.add_argument("--up", metavar="AXIS", help="the file's axis that points up: y, z, -y, x, ...")
    parser.add_argument("--unit", metavar="UNIT", help="length unit of BVH and AMC: m, cm, mm, inch, or metres a unit")
    frames = "frames a second of the file, where it tells it wrongly"
    parser.add_argument(rate, dest="fps", type=float, metavar="N", help=frames)
    parser.add_argument("--person", metavar="NAME", help="which of several people: a name in the file, or a number")
    parser.set_defaults(rate_option=rate)


def read_motion(arguments: argparse.Namespace, file: str) -> Clip:
    """Read a file as the motion options say; what the reader had to guess is told on stderr, once.

    Raises:
        PoseloomError: as `poseloom.load`.
    """
    from poseloom import api
    from poseloom.formats.reading_options import REMARKS

    said = {name: value for name in _MOTION if (value := getattr(arguments, name, None)) is not None}
    clip = api.load(file, arguments.source_format, **said)
    told: set[str] = vars(arguments).setdefault("_told", set())
    for remark in clip.notes.get(REMARKS, ()):
        line = f"poseloom: {file}: {remark.replace('--fps', arguments.rate_option)}"
        if line not in told:
            print(" ".join(line.split()), file=sys.stderr)
        told.add(line)
    return clip


def with_axis_values(given: list[str]) -> list[str]:
    """``--up -y`` as ``--up=-y``: argparse takes a lone ``-y`` for an option."""
    joined: list[str] = []
    for word in given:
        if joined and joined[-1] == "--up" and word.lower() in ("-x", "-y", "-z"):
            joined[-1] = f"--up={word}"
        else:
            joined.append(word)
    return joined


def add_frames(parser: argparse.ArgumentParser, default: str) -> None:
    """Which frames: one, or every N-th."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--frame", type=int, metavar="N", help="this frame alone, counted from 0")
    which.add_argument("--every", type=int, metavar="N", help=f"every N-th frame (default: {default})")


def add_force(parser: argparse.ArgumentParser) -> None:
    """Whether the file that is read may be written over."""
    parser.add_argument("--force", action="store_true", help="replace the file that is read, where OUT names it")


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
