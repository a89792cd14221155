"""``poseloom sign "HAMNOSYS" --out clip.gif``: a body that signs; ``--check FILE``: which strings of a file parse.

By rule; what a learned model signs or repairs is in `sign_learned`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import options, printing, sign_compare, sign_learned, sign_sources
from poseloom.cli.sign_learned import ANIMATIONS, POSE_FILE, print_remarks

if TYPE_CHECKING:
    from poseloom.language.hamnosys import CheckedSign, SignText
    from poseloom.pose import Clip
    from poseloom.results import Explained

_SIGML = ".sigml"
_WRITTEN = (POSE_FILE, *ANIMATIONS, ".glb", ".npz", ".bvh", ".json", _SIGML)
_LARGEST = 4096
"""Pixels of a side."""
_KEYPOINTS = ("holistic", "holistic-face", "openpose")
_SHOWN_FAILURES = 100
_OF_THE_RULE = {"speed": 1.0, "space": 1.0, "hold": 0.24, "left_handed": False, "azimuth": None}
"""Options that a learned model does not know, and what they are when nobody gives them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "hamnosys",
        nargs="*",
        metavar="HAMNOSYS|FILE",
        help='signs, as symbols of the HamNoSys font, as names ("flathand extfingerl palml chest touch"), SiGML or '
        f"FSW; or a file of them: {' '.join(sign_sources.FILES)}",
    )
    parser.add_argument(
        "--then",
        action="append",
        default=[],
        metavar="HAMNOSYS",
        help="a sign that follows; a learned model begins it with the last frame of the one before",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help=".pose .gif .webp .mp4 .glb .npz .json .bvh .sigml")
    parser.add_argument("--explain", action="store_true", help="say in English what the notation says")
    parser.add_argument("--check", type=Path, metavar="FILE", help="parse every string of a JSON or text file")
    parser.add_argument("--strict", action="store_true", help="slips that are passed over count as mistakes")
    sign_sources.add_arguments(parser)
    sign_compare.add_arguments(parser)
    parser.add_argument("--keypoints", choices=_KEYPOINTS, help=f"points of a .pose file (default: {_KEYPOINTS[0]})")
    parser.add_argument("--size", type=int, default=384, metavar="PIXELS", help="side of an animation (default: 384)")
    _add_style(parser)
    sign_learned.add_arguments(parser)
    options.add_device(parser)
    options.add_force(parser)
    options.add_json(parser)


def _add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speed", type=float, default=1.0, help="of signing by rule; 2 is twice as fast (default: 1)")
    parser.add_argument("--space", type=float, default=1.0, help="size of movements, 0.4 to 1.6 (default: 1)")
    parser.add_argument(
        "--hold", type=float, default=0.24, metavar="SECONDS", help="of a posture without movement (default: 0.24)"
    )
    parser.add_argument("--left-handed", action="store_true", help="the left hand is the dominant one")
    parser.add_argument(
        "--azimuth",
        type=float,
        metavar="DEGREES",
        help="camera of an animation: 0 from the front, 90 from the signer's left (default: a little from the right)",
    )


def run(arguments: argparse.Namespace) -> None:
    from poseloom.base.files import refuse_source

    if arguments.compare is not None:
        sign_compare.run(arguments)
        return
    if arguments.check is not None:
        _check(arguments)
        return
    learned = sign_learned.is_asked_for(arguments)
    if learned:
        _refuse_style(arguments)
    elif arguments.azimuth is not None and not -360 <= arguments.azimuth <= 360:
        raise PoseloomError(f"--azimuth {arguments.azimuth:g}: expected -360 to 360 degrees")
    if not (arguments.hamnosys or arguments.spell) and arguments.repair is None:
        raise PoseloomError("sign: nothing to sign; give a HamNoSys string, or --check FILE to check a file of them")
    if arguments.out is not None:
        refuse_source(arguments.out, arguments.repair, arguments.start, force=arguments.force)
        _check_target(arguments.out, sign_learned.WRITTEN if learned else _WRITTEN)
    _check_size(arguments.size)
    signs = sign_sources.signs(arguments)
    if learned:
        sign_learned.run(arguments, [one.hamnosys for one in signs], notes=sign_sources.notes(signs))
    elif arguments.out is not None and arguments.out.suffix.lower() == _SIGML:
        _write_sigml(signs, arguments)
    else:
        _sign(arguments, signs)


def _refuse_style(arguments: argparse.Namespace) -> None:
    for name, usual in _OF_THE_RULE.items():
        if getattr(arguments, name) != usual:
            option = name.replace("_", "-")
            raise PoseloomError(f"--{option} belongs to the signer by rule; leave it out, or leave out --learned")


def _write_sigml(signs: list[SignText], arguments: argparse.Namespace) -> None:
    from poseloom import api
    from poseloom.language.hamnosys import write_sigml

    told = api.explain(signs, strict=arguments.strict)
    write_sigml(signs, arguments.out)
    if arguments.json:
        printing.print_json(told, out=arguments.out)
        return
    print_remarks(told)
    print(f"{arguments.out}: {len(signs)} signs")


def _check_size(size: int) -> None:
    if not 1 <= size <= _LARGEST:
        raise PoseloomError(f"--size {size}: expected 1 to {_LARGEST} pixels")


# -- signing -----------------------------------------------------------------------------------------------------------


def _sign(arguments: argparse.Namespace, signs: list[SignText]) -> None:
    from poseloom import api
    from poseloom.signer import SigningStyle

    if arguments.out is None:
        told = api.explain(signs, strict=arguments.strict)
        _print_explained(told, arguments)
        return
    style = SigningStyle(arguments.speed, arguments.space, arguments.hold, arguments.left_handed)
    signed = api.sign(signs, "sign", strict=arguments.strict, style=style)
    _write(signed.clip, arguments)
    if arguments.json:
        printing.print_json(signed, out=arguments.out)
        return
    print_remarks(signed)
    if arguments.explain:
        print(signed.says)
    print(f"{arguments.out}: {len(signed.clip)} frames, {signed.clip.seconds:.1f} s")


def _print_explained(told: Explained, arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json(told)
        return
    print_remarks(told)
    print(told.says)
    if not arguments.explain:
        print("--out sign.gif shows it; .pose .webp .mp4 .glb .npz are written too")


def _check_target(path: Path, written: tuple[str, ...]) -> None:
    """Before anything is computed: a kind of file that can be written, at a place that is writable."""
    from poseloom.base.files import writable_target

    suffix = path.suffix.lower()
    if suffix not in written:
        hint = closest(suffix, written) if suffix else ""
        raise FileError(path, f"cannot write {suffix or 'without a suffix'}", remedy=", ".join(written) + hint)
    writable_target(path)


def _write(clip: Clip, arguments: argparse.Namespace) -> None:
    suffix = arguments.out.suffix.lower()
    if suffix in ANIMATIONS:
        from poseloom.signer.pictures import AZIMUTH, animate_signing

        azimuth = AZIMUTH if arguments.azimuth is None else arguments.azimuth
        animate_signing(clip, arguments.out, arguments.size, azimuth)
    elif suffix == POSE_FILE:
        from poseloom.formats.pose_file import write_pose_file
        from poseloom.formats.pose_file.joints import clip_to_sequence

        family, _, face = (arguments.keypoints or _KEYPOINTS[0]).partition("-")
        write_pose_file(clip_to_sequence(clip, family, face=bool(face)), arguments.out)
    else:
        from poseloom import api

        api.save(clip, arguments.out)


# -- checking ----------------------------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> None:
    from poseloom.language.hamnosys import check_file
    from poseloom.results import CheckedStrings

    rows = check_file(arguments.check, strict=arguments.strict, column=arguments.column)
    checked = CheckedStrings(arguments.check, tuple(rows))
    if arguments.json:
        printing.print_json(checked)
        return
    strings, failures = len(checked.rows), checked.failures
    _print_rows(failures, checked.with_remarks)
    print(
        f"{arguments.check}: {strings - len(failures)} of {strings} strings parse ({checked.share:.1%}), "
        f"{len(checked.with_remarks)} of them with slips that were passed over"
    )


def _print_rows(failures: list[CheckedSign], remarks: list[CheckedSign]) -> None:
    for row in failures[:_SHOWN_FAILURES]:
        print(f"{row.name}: {row.error}")
    if len(failures) > _SHOWN_FAILURES:
        print(f"... and {len(failures) - _SHOWN_FAILURES} more; --json tells all")
    for row in remarks[:_SHOWN_FAILURES]:
        print(f"{row.name}: remark: {'; '.join(str(remark) for remark in row.remarks)}")
