"""``poseloom sign "HAMNOSYS" --out clip.gif``: a body that signs; ``--check FILE``: which strings of a file parse.

By rule; what a learned model signs or repairs is in `sign_learned`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import options, sign_learned
from poseloom.cli.sign_learned import ANIMATIONS, POSE_FILE

if TYPE_CHECKING:
    from poseloom.language.hamnosys import Checked
    from poseloom.pose import Clip

_WRITTEN = (POSE_FILE, *ANIMATIONS, ".glb", ".npz", ".bvh", ".json")
_LARGEST = 4096
"""Pixels of a side."""
_KEYPOINTS = ("holistic", "openpose")
_SHOWN_FAILURES = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "hamnosys",
        nargs="*",
        metavar="HAMNOSYS",
        help='signs, as symbols of the HamNoSys font or as names: "flathand extfingerl palml chest touch"',
    )
    parser.add_argument(
        "--then",
        action="append",
        default=[],
        metavar="HAMNOSYS",
        help="a sign that follows; a learned model begins it with the last frame of the one before",
    )
    parser.add_argument("--out", type=Path, metavar="PATH", help=".pose .gif .webp .mp4 .glb .npz .json .bvh")
    parser.add_argument("--explain", action="store_true", help="say in English what the notation says")
    parser.add_argument("--check", type=Path, metavar="FILE", help="parse every string of a JSON or text file")
    parser.add_argument("--strict", action="store_true", help="slips that are passed over count as mistakes")
    parser.add_argument("--keypoints", choices=_KEYPOINTS, help=f"points of a .pose file (default: {_KEYPOINTS[0]})")
    parser.add_argument("--size", type=int, default=384, metavar="PIXELS", help="side of an animation (default: 384)")
    sign_learned.add_arguments(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    if arguments.check is not None:
        _check(arguments)
        return
    learned = sign_learned.is_asked_for(arguments)
    if not arguments.hamnosys and arguments.repair is None:
        raise PoseloomError("sign: nothing to sign; give a HamNoSys string, or --check FILE to check a file of them")
    if arguments.out is not None:
        _check_target(arguments.out, sign_learned.WRITTEN if learned else _WRITTEN)
    _check_size(arguments.size)
    texts = _texts(arguments)
    if learned:
        sign_learned.run(arguments, texts)
    else:
        _sign(arguments, " ".join(texts))


def _texts(arguments: argparse.Namespace) -> list[str]:
    """The string of each argument.

    Raises:
        PoseloomError: one names a symbol that there is not, or says nothing.
    """
    from poseloom.language.hamnosys import notation

    if not all(text.strip() for text in (*arguments.hamnosys, *arguments.then)):
        raise PoseloomError("HamNoSys: an empty string; give the notation of a sign")
    return [notation(text) for text in (*arguments.hamnosys, *arguments.then)]


def _check_size(size: int) -> None:
    if not 1 <= size <= _LARGEST:
        raise PoseloomError(f"--size {size}: expected 1 to {_LARGEST} pixels")


# -- signing -----------------------------------------------------------------------------------------------------------


def _sign(arguments: argparse.Namespace, text: str) -> None:
    from poseloom.language.hamnosys import explain, parse

    signs = parse(text, strict=arguments.strict)
    said = explain(signs)
    clip = None
    if arguments.out is not None:
        clip = _signed(text)
        _write(clip, arguments)
    if arguments.json:
        row: dict[str, object] = {"hamnosys": text, "says": said, "remarks": [str(remark) for remark in signs.remarks]}
        if clip is not None:
            row |= {"out": str(arguments.out), "frames": len(clip), "fps": clip.fps, **clip.notes}
        print(json.dumps(row))
        return
    for remark in signs.remarks:
        print(f"remark: {remark}")
    if arguments.explain or clip is None:
        print(said)
    if clip is not None:
        print(f"{arguments.out}: {len(clip)} frames, {clip.seconds:.1f} s")
    elif not arguments.explain:
        print("--out sign.gif shows it; .pose .webp .mp4 .glb .npz are written too")


def _check_target(path: Path, written: tuple[str, ...]) -> None:
    """Before anything is computed: a kind of file that can be written, at a place that is writable."""
    from poseloom.base.files import writable_target

    suffix = path.suffix.lower()
    if suffix not in written:
        hint = closest(suffix, written) if suffix else ""
        raise FileError(path, f"cannot write {suffix or 'without a suffix'}", remedy=", ".join(written) + hint)
    writable_target(path)


def _signed(text: str) -> Clip:
    from poseloom.signer import sign_clip

    return sign_clip(text, name="sign")


def _write(clip: Clip, arguments: argparse.Namespace) -> None:
    suffix = arguments.out.suffix.lower()
    if suffix in ANIMATIONS:
        from poseloom.signer.pictures import animate_signing

        animate_signing(clip, arguments.out, arguments.size)
    elif suffix == POSE_FILE:
        from poseloom.formats.pose_file import write_pose_file
        from poseloom.formats.pose_file.joints import clip_to_sequence

        write_pose_file(clip_to_sequence(clip, arguments.keypoints or _KEYPOINTS[0]), arguments.out)
    else:
        from poseloom import api

        api.save(clip, arguments.out)


# -- checking ----------------------------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> None:
    from poseloom.language.hamnosys import check_file

    rows = check_file(arguments.check, strict=arguments.strict)
    failures = [row for row in rows if row.error is not None]
    remarks = [row for row in rows if row.remarks]
    share = 1 - len(failures) / len(rows)
    if arguments.json:
        noted = [row.as_json() for row in rows if row.error is not None or row.remarks]
        found = {"file": str(arguments.check), "strings": len(rows), "parse": len(rows) - len(failures)}
        print(json.dumps({**found, "share": round(share, 6), "with_remarks": len(remarks), "noted": noted}))
        return
    _print_rows(failures, remarks)
    print(
        f"{arguments.check}: {len(rows) - len(failures)} of {len(rows)} strings parse ({share:.1%}), "
        f"{len(remarks)} of them with slips that were passed over"
    )


def _print_rows(failures: list[Checked], remarks: list[Checked]) -> None:
    for row in failures[:_SHOWN_FAILURES]:
        print(f"{row.name}: {row.error}")
    if len(failures) > _SHOWN_FAILURES:
        print(f"... and {len(failures) - _SHOWN_FAILURES} more; --json tells all")
    for row in remarks[:_SHOWN_FAILURES]:
        print(f"{row.name}: remark: {'; '.join(str(remark) for remark in row.remarks)}")
