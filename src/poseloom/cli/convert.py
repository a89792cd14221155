"""``poseloom convert IN OUT``: any reader to any writer, with what is done to the clip on the way.

Several files and folders go into a folder: ``poseloom convert clips/ --to bvh --out converted/``.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import inputs, messages, options, printing
from poseloom.cli.inputs import STANDARD

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.pose import Clip
    from poseloom.results import Converted

_DRAWN = (".png", ".jpg", ".jpeg", ".gif", ".mp4", ".webp")
_TRIM = re.compile(r"(\d*\.?\d*f?):(\d*\.?\d*f?)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "The last FILE is what is written, unless --out names it."
    # here --fps is what the result shall have
    options.add_input(parser, "files", rate="--source-fps", several=True)
    outputs = "what to write: .bvh .npz .json .pose .glb, or a folder; else the last FILE is it"
    parser.add_argument("--out", metavar="FILE|DIR", help=outputs)
    target = "output format where no suffix tells it, as for a folder or -: bvh, amass, json, ..."
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help=target)
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
    parser.add_argument("--onto", type=Path, metavar="FILE", help=onto)
    table = "JSON {our joint: its bone} for a character of other names"
    parser.add_argument("--character-map", type=Path, metavar="FILE", help=table)


def run(arguments: argparse.Namespace) -> int:
    sources, out = _places(arguments)
    if arguments.onto is None and arguments.character_map is not None:
        raise PoseloomError("--character-map belongs to a character; name it with --onto")
    if not inputs.is_folder(out):
        if len(sources) > 1 or not inputs.is_one(sources):
            raise FileError(out, "several files go into a folder", remedy="name one, as in --to bvh --out converted/")
        made = _converted(sources[0], out, arguments)
        _show(made, arguments, to_stdout=out == STANDARD)
        return 0
    return _into_folder(sources, Path(out), arguments)


def _places(arguments: argparse.Namespace) -> tuple[list[str], str]:
    """What is read, and where to."""
    if arguments.out is not None:
        return arguments.files, arguments.out
    if len(arguments.files) < 2:
        raise PoseloomError(f"convert {arguments.files[0]}: name what to write, behind the file or with --out")
    return arguments.files[:-1], arguments.files[-1]


def _into_folder(sources: list[str], folder: Path, arguments: argparse.Namespace) -> int:
    suffix = ".glb" if arguments.onto is not None else _suffix(folder, arguments.target_format)
    places = inputs.targets(inputs.inputs(sources), folder, suffix)

    def show(one: Input, made: Converted) -> None:
        if not arguments.json:
            _show(made, arguments)

    done = inputs.each(sources, lambda one: _converted(one.file, str(places[one.file]), arguments), show)
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _suffix(out: str | Path, format: str | None) -> str:
    """Of what is written where no name tells it."""
    from poseloom.formats.registry import formats

    if format is None:
        what = "standard output has no suffix" if str(out) == STANDARD else f"{out}: is a folder"
        raise PoseloomError(f"{what}; name the format of what is written, as in --to bvh")
    known = [row.name for row in formats() if row.write] + ["glb"]
    if format.lower() not in known:
        near = closest(format.lower(), known)
        raise PoseloomError(f"--to {format}: unknown format; formats that can be written: {', '.join(known)}{near}")
    return inputs.suffix_of(format)


def _converted(source: str, out: str, arguments: argparse.Namespace) -> Converted:
    """Write one file."""
    from poseloom import api
    from poseloom.base.files import refuse_source
    from poseloom.results import Converted

    if Path(out).suffix.lower() in _DRAWN:
        remedy = f"'poseloom render {source} --out {out}' draws it"
        raise FileError(out, "is a picture or a film, which a motion is not converted to", remedy=remedy)
    refuse_source(out, source, arguments.joint_map, arguments.character_map, force=arguments.force)
    if arguments.onto is not None:
        _check_onto(arguments, out)
    suffix = "" if out != STANDARD else ".glb" if arguments.onto else _suffix(out, arguments.target_format)
    clip = apply_changes(_read(arguments, source), arguments)
    with inputs.to_file(out, suffix) as path:
        if arguments.onto is not None:
            return _write_onto(clip, path, arguments)
        api.save(clip, path, arguments.target_format)
    return Converted(Path(out), len(clip), clip.fps, clip.pose.joints)


def _show(made: Converted, arguments: argparse.Namespace, to_stdout: bool = False) -> None:
    if to_stdout:
        messages.detail(f"standard output: {_line(made)}")
    elif arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {_line(made)}")


def _line(made: Converted) -> str:
    line = f"{made.frames} frames, {made.fps:g} frames a second"
    if made.skeleton is None:
        return f"{line}, {made.joints} joints"
    without = f"; it has no bone for {', '.join(made.still)}" if made.still else ""
    return f"{line}, on a {made.skeleton} skeleton, {made.joints} bones driven{without}"


def apply_changes(clip: Clip, arguments: argparse.Namespace) -> Clip:
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


def _read(arguments: argparse.Namespace, source: str) -> Clip:
    if arguments.animation is None:
        return options.read_motion(arguments, source)
    from poseloom.formats.reading_options import ReadingOptions

    said = ReadingOptions(arguments.joint_map, arguments.up, arguments.unit, arguments.fps)
    given = {name: getattr(said, name) for name in said.given}
    suffix = Path(source).suffix.lower()
    if arguments.source_format == "fbx" or suffix == ".fbx":
        from poseloom.formats.fbx import read_fbx

        return read_fbx(source, animation=arguments.animation, **given)
    if arguments.source_format == "gltf" or suffix in (".glb", ".gltf", ".vrm", ".vrma"):
        from poseloom.formats.gltf_read import read_gltf

        return read_gltf(source, animation=arguments.animation, **given)
    raise PoseloomError(f"--animation {arguments.animation}: only glTF and FBX files have several; leave it out")


def _check_onto(arguments: argparse.Namespace, out: str) -> None:
    from poseloom.base.files import writable_target
    from poseloom.formats.gltf_character import check_character

    check_character(arguments.onto)
    if out == STANDARD:
        return
    if Path(out).suffix.lower() != ".glb":
        raise FileError(out, "a character is written as GLB", remedy="name a file that ends in .glb")
    if writable_target(out) == arguments.onto.resolve():
        raise FileError(out, "is the character itself", remedy="name another file")


def _write_onto(clip: Clip, out: Path, arguments: argparse.Namespace) -> Converted:
    from poseloom.formats.gltf_character import write_onto
    from poseloom.results import Converted

    report = write_onto(clip, arguments.onto, out, arguments.character_map)
    for remark in report.remarks:
        messages.remark(f"{arguments.onto}: {remark}")
    still = tuple(name for name in report.still if not name.rstrip("123").endswith(_FINGER_ENDS))
    return Converted(out, len(clip), clip.fps, len(report.driven), report.skeleton, still, notes=tuple(report.remarks))


_FINGER_ENDS = ("index", "middle", "pinky", "ring", "thumb")
