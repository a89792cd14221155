"""``poseloom render FILE --out PICTURE|GIF|MP4|GLB``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import options
from poseloom.cli.sequences import is_sequence, write_sequence

if TYPE_CHECKING:
    from poseloom.pose import Clip
    from poseloom.render import Style, View

PICTURES = (".png", ".jpg", ".jpeg")
ANIMATIONS = (".gif", ".mp4", ".webp")
GLB = ".glb"
STYLES = ("studio", "sides", "clay")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    pictures = f"picture ({' '.join(PICTURES)}; f_%%04d.png: one a frame)"
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PATH",
        help=f"{pictures}, animation ({' '.join(ANIMATIONS)}) or body ({GLB})",
    )
    options.add_frames(parser, default="all frames of an animation, the first for a picture")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="side of a picture (default: 512)")
    parser.add_argument("--style", choices=STYLES, default="studio", help="sides: the left sleeve and leg are orange")
    parser.add_argument("--azimuth", type=float, metavar="DEGREES", help="0 from the front, 90 from the person's left")
    parser.add_argument("--elevation", type=float, metavar="DEGREES", help="height of the camera above the horizontal")
    parser.add_argument("--no-text", action="store_true", help="no descriptions under the pictures of a sheet")
    options.add_seed(parser)
    options.add_force(parser)


def run(arguments: argparse.Namespace) -> None:
    suffix = arguments.out.suffix.lower()
    known = (*PICTURES, *ANIMATIONS, GLB)
    if suffix not in known:
        hint = closest(suffix, known) if suffix else ""
        raise FileError(arguments.out, f"cannot draw {suffix or 'without a suffix'}", remedy=", ".join(known) + hint)
    from poseloom.base.files import refuse_source, writable_target

    refuse_source(arguments.out, arguments.file, force=arguments.force)
    writable_target(arguments.out)
    clip = options.read_motion(arguments, arguments.file)
    write = _write_glb if suffix == GLB else _write_animation if suffix in ANIMATIONS else _write_pictures
    if suffix in PICTURES and is_sequence(arguments.out):
        write = _write_sequence
    print(f"{arguments.out}: {write(clip, arguments)}")


def _write_glb(clip: Clip, arguments: argparse.Namespace) -> str:
    from poseloom import api

    if arguments.frame is not None:
        frame = options.checked_frame(arguments.file, clip, arguments.frame)
        api.save(clip.pose[frame], arguments.out)
        return f"mesh of frame {arguments.frame}"
    thinned = _thinned(clip, arguments)
    api.save(thinned, arguments.out)
    return f"skinned body, {len(thinned)} frames"


def _write_animation(clip: Clip, arguments: argparse.Namespace) -> str:
    from poseloom.render import animate

    if arguments.frame is not None:
        raise PoseloomError("--frame draws a single picture; name a .png for it, or leave --frame out")
    thinned = _thinned(clip, arguments)
    view = _view(arguments, shared=True)
    animate(thinned, arguments.out, arguments.size, style=_style(arguments), view=view)
    return f"animation of {thinned.seconds:.1f} s"


def _write_pictures(clip: Clip, arguments: argparse.Namespace) -> str:
    from poseloom import api
    from poseloom.render import contact_sheet, render, save_picture

    frames = options.chosen_frames(arguments.file, clip, arguments.frame, arguments.every, len(clip))
    poses = api.select(clip, frames).pose
    pictures = render(poses, arguments.size, view=_view(arguments), style=_style(arguments))
    if len(frames) == 1:
        save_picture(pictures[0], arguments.out)
        return f"picture of frame {frames[0]}"
    texts = [] if arguments.no_text else api.describe(poses, seed=arguments.seed)
    labels = [f"frame {frame}, {frame / clip.fps:.2f} s" for frame in frames]
    save_picture(contact_sheet(pictures, texts, labels=labels, title=clip.name), arguments.out)
    return f"sheet of {len(frames)} frames"


def _write_sequence(clip: Clip, arguments: argparse.Namespace) -> str:
    frames = options.chosen_frames(arguments.file, clip, arguments.frame, arguments.every, 1)
    view = _view(arguments, shared=True)
    return write_sequence(clip, frames, arguments.out, arguments.size, view=view, style=_style(arguments))


def _thinned(clip: Clip, arguments: argparse.Namespace) -> Clip:
    if arguments.every is None:
        return clip
    options.chosen_frames(arguments.file, clip, None, arguments.every, 1)
    return clip[:: arguments.every]


def _view(arguments: argparse.Namespace, shared: bool = False) -> View | None:
    from poseloom.render import View

    if arguments.azimuth is None and arguments.elevation is None:
        return None
    return View(arguments.azimuth, arguments.elevation, shared=shared)


def _style(arguments: argparse.Namespace) -> Style:
    from poseloom.render import CLAY, SIDES, STUDIO

    return {"studio": STUDIO, "sides": SIDES, "clay": CLAY}[arguments.style]
