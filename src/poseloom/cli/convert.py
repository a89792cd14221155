"""``poseloom convert IN OUT``: any reader to any writer, with what is done to the clip on the way."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.pose import Clip

_TRIM = re.compile(r"(\d*\.?\d*f?):(\d*\.?\d*f?)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "input", rate="--source-fps")  # here --fps is what the result shall have
    outputs = "file to write: .bvh .npz (AMASS with --to amass) .json .glb"
    parser.add_argument("output", metavar="OUT", help=outputs)
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help="output format where the suffix misleads")
    options.add_json(parser)
    options.add_force(parser)
    parser.add_argument(
        "--animation", metavar="NAME", help="which animation of a glTF or FBX file (default: the first)"
    )
    change = parser.add_argument_group("changes, in this order")
    change.add_argument(
        "--trim", metavar="A:B", help="from A up to B: seconds, or frames as in 30f:90f; either may lack"
    )
    change.add_argument("--mirror", action="store_true", help="exchange left and right")
    change.add_argument("--smooth", type=float, nargs="?", const=0.1, metavar="SECONDS", help="low-pass (default: 0.1)")
    change.add_argument("--fps", type=float, metavar="N", dest="new_fps", help="resample to N frames a second")
    ground = "set the feet on the floor: one shift for the clip, or 'frames' for each by itself"
    change.add_argument("--ground", nargs="?", const="clip", choices=("clip", "frames"), help=ground)
    onto = "write the motion on this rigged character (.glb .gltf .vrm: Mixamo, VRM, Ready Player Me)"
    parser.add_argument("--onto", type=Path, metavar="CHARACTER", help=onto)
    table = "JSON {our joint: its bone} for a character of other names"
    parser.add_argument("--character-map", type=Path, metavar="JSON", help=table)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.base.files import refuse_source
    from poseloom.results import Converted

    read = (arguments.input, arguments.joint_map, arguments.character_map)
    refuse_source(arguments.output, *read, force=arguments.force)
    if arguments.onto is not None:
        _check_onto(arguments)
    elif arguments.character_map is not None:
        raise PoseloomError("--character-map belongs to a character; name it with --onto")
    clip = changed(_read(arguments), arguments)
    if arguments.onto is not None:
        _write_onto(clip, arguments)
        return
    api.save(clip, arguments.output, arguments.target_format)
    made = Converted(Path(arguments.output), len(clip), clip.fps, clip.pose.joints)
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.frames} frames, {made.fps:g} frames a second, {made.joints} joints")


def changed(clip: Clip, arguments: argparse.Namespace) -> Clip:
    """The clip after the changes that the options ask for."""
    from poseloom.pose import clips

    if arguments.trim is not None:
        clip = clips.trimmed(clip, *trim_seconds(arguments.trim, clip.fps))
    if arguments.mirror:
        clip = clips.mirrored(clip)
    if arguments.smooth is not None:
        clip = clips.smoothed(clip, arguments.smooth)
    if arguments.new_fps is not None:
        clip = clips.resampled(clip, arguments.new_fps)
    if arguments.ground is not None:
        clip = clips.grounded(clip, every_frame=arguments.ground == "frames")
    return clip


def trim_seconds(text: str, fps: float) -> tuple[float, float | None]:
    """``1.5:3`` or ``30f:90f`` as seconds; an end that is not given is None.

    Raises:
        PoseloomError: it is not of that form.
    """
    match = _TRIM.fullmatch(text.strip())
    if match is None or any(part in (".", "f", ".f") for part in match.groups()):
        raise PoseloomError(f"--trim {text}: expected A:B in seconds, such as 1.5:3, or in frames, such as 30f:90f")
    start, end = (
        None if not part else float(part.removesuffix("f")) / (fps if part.endswith("f") else 1)
        for part in match.groups()
    )
    return start or 0.0, end


def _read(arguments: argparse.Namespace) -> Clip:
    if arguments.animation is None:
        return options.read_motion(arguments, arguments.input)
    from poseloom.formats.reading_options import ReadingOptions

    said = ReadingOptions(arguments.joint_map, arguments.up, arguments.unit, arguments.fps)
    given = {name: getattr(said, name) for name in said.given}
    suffix = Path(arguments.input).suffix.lower()
    if arguments.source_format == "fbx" or suffix == ".fbx":
        from poseloom.formats.fbx import read_fbx

        return read_fbx(arguments.input, animation=arguments.animation, **given)
    if arguments.source_format == "gltf" or suffix in (".glb", ".gltf", ".vrm", ".vrma"):
        from poseloom.formats.gltf_read import read_gltf

        return read_gltf(arguments.input, animation=arguments.animation, **given)
    raise PoseloomError(f"--animation {arguments.animation}: only glTF and FBX files have several; leave it out")


def _check_onto(arguments: argparse.Namespace) -> None:
    from poseloom.base.files import writable_target
    from poseloom.formats.gltf_character import check_character

    check_character(arguments.onto)
    if Path(arguments.output).suffix.lower() != ".glb":
        raise FileError(arguments.output, "a character is written as GLB", remedy="name a file that ends in .glb")
    if writable_target(arguments.output) == arguments.onto.resolve():
        raise FileError(arguments.output, "is the character itself", remedy="name another file")


def _write_onto(clip: Clip, arguments: argparse.Namespace) -> None:
    from poseloom.formats.gltf_character import write_onto

    report = write_onto(clip, arguments.onto, arguments.output, arguments.character_map)
    for remark in report.remarks:
        print(f"poseloom: {arguments.onto}: {remark}", file=sys.stderr)
    still = [name for name in report.still if not name.rstrip("123").endswith(_FINGER_ENDS)]
    without = f"; it has no bone for {', '.join(still)}" if still else ""
    line = f"{len(clip)} frames, {clip.fps:g} frames a second, on a {report.skeleton} skeleton"
    print(f"{arguments.output}: {line}, {len(report.driven)} bones driven{without}")


_FINGER_ENDS = ("index", "middle", "pinky", "ring", "thumb")
