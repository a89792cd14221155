"""Options that several commands share, and what they do."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.cli import inputs, messages
from poseloom.cli.mistakes import SEVERAL

if TYPE_CHECKING:
    from poseloom.pose import Clip

_READ = "photo or video of a person, BVH, AMC, glTF / GLB, FBX, .pose, AMASS npz, outputs of models (pkl, pt, npy), ..."
_LONGEST_NOTE = 200
"""Characters of a reader's note that are shown."""
_MOTION = ("joint_map", "up", "unit", "fps", "person")


def add_input(
    parser: argparse.ArgumentParser, name: str = "file", rate: str = "--fps", *, several: bool = False
) -> None:
    """The motion or pose file and the options that say what it is.

    Args:
        parser: the command's.
        name: what the argument that takes the file is called.
        rate: the option that says its frames a second.
        several: whether several files and folders may be named; the argument is a list of them then.
    """
    if several:
        parser.add_argument(name, metavar="FILE", nargs="+", help=f"files, folders of them, or -: {_READ}")
        parser.set_defaults(**{SEVERAL: name})
    else:
        parser.add_argument(name, metavar="FILE", help=_READ)
    add_format(parser, rate)


def add_alias(parser: argparse.ArgumentParser, alias: str, of: str, **kind: Any) -> None:
    """An older name of an option, which goes on to work and is not shown.

    Args:
        parser: the command's.
        alias: the older name.
        of: where its value goes: the attribute of the arguments.
        kind: what else the option has: ``type``, ``action``.
    """
    parser.add_argument(alias, dest=of, help=argparse.SUPPRESS, default=argparse.SUPPRESS, **kind)


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
    if rate != "--source-fps":  # the name where --fps is what the result shall have
        add_alias(parser, "--source-fps", "fps", type=float)
    parser.add_argument("--person", metavar="NAME", help="which of several people: a name in the file, or a number")
    add_device(parser)
    parser.set_defaults(rate_option=rate)


def read_motion(arguments: argparse.Namespace, file: str) -> Clip:
    """Read a file as the motion options say; what the reader had to guess is told on stderr, once.

    Raises:
        PoseloomError: as `poseloom.load`.
    """
    from poseloom import api
    from poseloom.formats.reading_options import REMARKS

    said = {name: value for name in _MOTION if (value := getattr(arguments, name, None)) is not None}
    with inputs.as_file(arguments, file, arguments.source_format) as path:
        clip = api.load(path, arguments.source_format, **said)
    shown = inputs.STANDARD_INPUT if file == inputs.STANDARD else file
    told: set[str] = vars(arguments).setdefault("_told", set())
    for remark in clip.notes.get(REMARKS, ()):
        line = f"{shown}: {remark.replace('--fps', arguments.rate_option)}"
        if line not in told:
            messages.remark(line)
        told.add(line)
    tell_details(shown, clip)
    return clip


def tell_details(file: str, clip: Clip) -> None:
    """With ``-v``: what was read, and what else the reader noted."""
    from poseloom.formats.reading_options import REMARKS

    messages.detail(f"{file}: {len(clip)} frames, {clip.fps:g} frames a second, {clip.pose.joints} joints")
    for name, value in clip.notes.items():
        if name != REMARKS:
            messages.detail(f"{file}: {name}: {str(value)[:_LONGEST_NOTE]}")


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
    """Which frames: one, some, or every N-th."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--frame", type=int, metavar="N", help="this frame alone, counted from 0")
    some = "these frames; A:B is A up to B without B"
    which.add_argument("--frames", type=frame_span, nargs="+", metavar="N", help=some)
    which.add_argument("--every", type=int, metavar="N", help=f"every N-th frame (default: {default})")


def frame_span(text: str) -> range:
    """``7`` or ``10:20`` as a range.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    start, colon, stop = text.partition(":")
    try:
        span = range(int(start), int(stop)) if colon else range(int(start), int(start) + 1)
    except ValueError:
        span = range(0)
    if not span or span.start < 0:
        problem = f"{text!r}: expected numbers of frames, such as 0 10 20:30, before another option or behind FILE"
        raise argparse.ArgumentTypeError(problem)
    return span


def add_force(parser: argparse.ArgumentParser, replaces: str = "replace the file that is read") -> None:
    """Whether a file may be written over that is refused otherwise; `replaces` says which, in the help."""
    parser.add_argument("--force", action="store_true", help=replaces)


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed chooses other words")


def add_wording(parser: argparse.ArgumentParser, styles: str, versions: str) -> None:
    """How the text is written: styles of ours, versions of the published pipelines."""
    parser.add_argument("--style", metavar="NAME", help=styles)
    parser.add_argument("--version", metavar="NAME", help=versions)


def add_device(parser: argparse.ArgumentParser) -> None:
    """Where networks compute; `cli.main` has the command run with it."""
    known = "cpu (the default), cuda, cuda:N, mps, or auto: cuda where there is one"
    parser.add_argument("--device", metavar="DEVICE", help=f"where networks compute: {known}")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON on stdout and nothing else")


def chosen_frames(
    file: str, clip: Clip, frame: int | None, every: int | None, step: int, frames: list[range] | None = None
) -> list[int]:
    """Frames that `--frame`, `--frames` or `--every` name; every `step`-th where none is given.

    Raises:
        PoseloomError: the frame is not in the clip that `file` holds, or the step is not positive.
    """
    if frame is not None:
        return [checked_frame(file, clip, frame)]
    if frames is not None:
        for span in frames:
            checked_frame(file, clip, span[-1])
        return [one for span in frames for one in span]
    if every is not None and every < 1:
        raise PoseloomError(f"--every {every}: expected 1 or more")
    return list(range(0, len(clip), every or step))


def frames_of(arguments: argparse.Namespace, file: str, clip: Clip, step: int) -> list[int]:
    """The frames that the options of `add_frames` name; every `step`-th where none is given.

    Raises:
        PoseloomError: as for `chosen_frames`.
    """
    return chosen_frames(file, clip, arguments.frame, arguments.every, step, arguments.frames)


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


def add_unchecked(parser: argparse.ArgumentParser) -> None:
    """What a small model says, untouched."""
    unchecked = "give what the model says, with sentences that cannot be read or that the pose denies"
    parser.add_argument("--unchecked", action="store_true", help=unchecked)
