"""``poseloom render FILE --out PICTURE|GIF|MP4|GLB``; of several files one sheet, or a folder of pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import inputs, messages, options, printing
from poseloom.cli.inputs import STANDARD
from poseloom.cli.sequences import is_sequence, write_sequence

if TYPE_CHECKING:
    from PIL.Image import Image

    from poseloom.cli.inputs import Input
    from poseloom.pose import Clip
    from poseloom.render import Style, View
    from poseloom.results import Drawn

PICTURES = (".png", ".jpg", ".jpeg")
ANIMATIONS = (".gif", ".mp4", ".webp")
GLB = ".glb"
STYLES = ("studio", "sides", "clay")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser, "files", several=True)
    pictures = f"picture ({' '.join(PICTURES)}; f_%%04d.png: one a frame)"
    parser.add_argument(
        "--out",
        metavar="FILE|DIR",
        help=f"{pictures}, animation ({' '.join(ANIMATIONS)}) or body ({GLB}); a folder for several files, with --to",
    )
    parser.add_argument("--to", metavar="FORMAT", help="png, gif, mp4, glb, ...: what goes into a folder, or to -")
    options.add_frames(parser, default="all frames of an animation, the first for a picture")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="side of a picture (default: 512)")
    parser.add_argument("--style", choices=STYLES, default="studio", help="sides: the left sleeve and leg are orange")
    parser.add_argument("--azimuth", type=float, metavar="DEGREES", help="0 from the front, 90 from the person's left")
    parser.add_argument("--elevation", type=float, metavar="DEGREES", help="height of the camera above the horizontal")
    parser.add_argument("--no-text", action="store_true", help="no descriptions under the pictures of a sheet")
    options.add_seed(parser)
    options.add_force(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    out = arguments.out = _target(arguments)
    if inputs.is_folder(out):
        return _into_folder(arguments, Path(out))
    suffix = _checked_suffix(out, arguments.to)
    from poseloom.base.files import refuse_source, writable_target

    files = [one.file for one in inputs.inputs(arguments.files)]
    refuse_source(out, *files, force=arguments.force)
    if out != STANDARD:
        writable_target(out)
    if not inputs.is_one(arguments.files):
        return _sheet_of_files(arguments, Path(out), suffix)
    with inputs.to_file(out, suffix) as path:
        made = _drawn(files[0], path, arguments)
    if out == STANDARD:
        messages.detail(f"standard output: {made.what}")
    else:
        _show(made, arguments)
    return 0


def _target(arguments: argparse.Namespace) -> str:
    """What is drawn: --out, or the last of the files where it is named as a picture is.

    Raises:
        PoseloomError: nothing is named.
    """
    if arguments.out is not None:
        return str(arguments.out)
    last = arguments.files[-1]
    is_picture = Path(last).suffix.lower() in (*PICTURES, *ANIMATIONS)
    if len(arguments.files) > 1 and is_picture and not Path(last).exists():  # a photo may be an input
        return str(arguments.files.pop())
    example = f"{Path(last).stem or 'drawn'}.png"
    raise PoseloomError(f"render {last}: name what to draw, behind the file or with --out, as in --out {example}")


def _checked_suffix(out: str, format: str | None) -> str:
    """Of what is drawn: that of the file, else what --to says."""
    suffix = f".{format.lower().lstrip('.')}" if format else Path(out).suffix.lower()
    known = (*PICTURES, *ANIMATIONS, GLB)
    if suffix not in known:
        hint = closest(suffix, known) if suffix else ""
        problem = f"cannot draw {suffix}" if suffix else "cannot draw without a suffix"
        way = "" if suffix else "; or name the kind with --to"
        raise FileError(out, problem, remedy=f"expected {', '.join(known)}{hint}{way}")
    if format and out != STANDARD and Path(out).suffix.lower() != suffix:
        raise FileError(out, f"does not end in {suffix}, which --to asks for", remedy="leave --to out, or the suffix")
    return suffix


def _into_folder(arguments: argparse.Namespace, folder: Path) -> int:
    if arguments.to is None:
        raise FileError(folder, "is a folder", remedy="say what goes into it, as in --to gif")
    suffix = _checked_suffix(STANDARD, arguments.to)
    places = inputs.targets(inputs.inputs(arguments.files), folder, suffix)

    def draw(one: Input) -> Drawn:
        from poseloom.base.files import refuse_source

        refuse_source(places[one.file], one.file, force=arguments.force)
        return _drawn(one.file, places[one.file], arguments)

    done = inputs.each(arguments.files, draw, lambda one, made: None if arguments.json else _show(made, arguments))
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _show(made: Drawn, arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.what}", flush=True)


def _drawn(file: str, out: Path, arguments: argparse.Namespace) -> Drawn:
    from poseloom.results import Drawn

    clip = options.read_motion(arguments, file)
    suffix = out.suffix.lower()
    write = _write_glb if suffix == GLB else _write_animation if suffix in ANIMATIONS else _write_pictures
    if suffix in PICTURES and is_sequence(out):
        write = _write_sequence
    frames, what = write(file, clip, out, arguments)
    return Drawn(out, what, frames)


def _sheet_of_files(arguments: argparse.Namespace, out: Path, suffix: str) -> int:
    """The chosen frames of every file on one sheet."""
    if suffix not in PICTURES or "%" in out.name:
        raise FileError(
            out, "several files go on one sheet, or into a folder", remedy="name a .png, or as in --to gif --out drawn/"
        )
    from poseloom.render import contact_sheet, save_picture
    from poseloom.results import Drawn

    done = inputs.each(arguments.files, lambda one: _pictures(one.file, arguments))
    if done.made:
        pictures = [picture for _, made in done.made for picture in made.pictures]
        texts = [text for _, made in done.made for text in made.texts]
        labels = [f"{one.place.name}, {label}" for one, made in done.made for label in made.labels]
        with inputs.to_file(out, suffix) as path:
            save_picture(contact_sheet(pictures, texts, labels=labels), path)
        frames = tuple(frame for _, made in done.made for frame in made.frames)
        made = Drawn(out, f"sheet of {len(frames)} frames of {len(done.made)} files", frames)
        if str(out) != STANDARD:
            failed = {"failed": [vars(failure) for failure in done.failed]}
            printing.print_json(made, failed) if arguments.json else _show(made, arguments)
    return done.status()


def _write_glb(file: str, clip: Clip, out: Path, arguments: argparse.Namespace) -> tuple[tuple[int, ...], str]:
    from poseloom import api

    if arguments.frame is not None:
        frame = options.checked_frame(file, clip, arguments.frame)
        api.save(clip.pose[frame], out)
        return (frame,), f"mesh of frame {frame}"
    frames, thinned = _thinned(file, clip, arguments)
    api.save(thinned, out)
    return frames, f"skinned body, {len(thinned)} frames"


def _write_animation(file: str, clip: Clip, out: Path, arguments: argparse.Namespace) -> tuple[tuple[int, ...], str]:
    from poseloom.render import animate

    if arguments.frame is not None:
        raise PoseloomError("--frame draws a single picture; name a .png for it, or leave --frame out")
    frames, thinned = _thinned(file, clip, arguments)
    view = _view(arguments, shared=True)
    animate(thinned, out, arguments.size, style=_style(arguments), view=view)
    return frames, f"animation of {thinned.seconds:.1f} s"


@dataclass(frozen=True)
class _Pictures:
    """Pictures of a clip, and what stands under each."""

    pictures: list[Image]
    texts: Sequence[str]
    labels: list[str]
    frames: list[int]
    title: str


def _pictures(file: str, arguments: argparse.Namespace) -> _Pictures:
    return _pictures_of(file, options.read_motion(arguments, file), arguments)


def _pictures_of(file: str, clip: Clip, arguments: argparse.Namespace) -> _Pictures:
    from poseloom import api
    from poseloom.base.progress import tracked
    from poseloom.render import to_pil
    from poseloom.render.pictures import render_each

    frames = options.frames_of(arguments, file, clip, len(clip))
    poses = api.select(clip, frames).pose
    drawn = render_each(poses, arguments.size, view=_view(arguments), style=_style(arguments))
    pictures = [to_pil(picture) for picture in tracked(drawn, len(frames), "drawing", "pictures")]
    texts = [] if arguments.no_text else list(api.describe(poses, seed=arguments.seed))
    labels = [f"frame {frame}, {frame / clip.fps:.2f} s" for frame in frames]
    return _Pictures(pictures, texts, labels, frames, clip.name)


def _write_pictures(file: str, clip: Clip, out: Path, arguments: argparse.Namespace) -> tuple[tuple[int, ...], str]:
    from poseloom.render import contact_sheet, save_picture

    made = _pictures_of(file, clip, arguments)
    frames = tuple(made.frames)
    if len(frames) == 1:
        save_picture(made.pictures[0], out)
        return frames, f"picture of frame {frames[0]}"
    save_picture(contact_sheet(made.pictures, made.texts, labels=made.labels, title=made.title), out)
    return frames, f"sheet of {len(frames)} frames"


def _write_sequence(file: str, clip: Clip, out: Path, arguments: argparse.Namespace) -> tuple[tuple[int, ...], str]:
    frames = options.frames_of(arguments, file, clip, 1)
    view = _view(arguments, shared=True)
    what = write_sequence(clip, frames, out, arguments.size, view=view, style=_style(arguments))
    return tuple(frames), what


def _thinned(file: str, clip: Clip, arguments: argparse.Namespace) -> tuple[tuple[int, ...], Clip]:
    """The frames that are asked for, and the clip of them, which takes as long where they are every N-th."""
    from poseloom import api

    frames = options.frames_of(arguments, file, clip, 1)
    clip = clip[:: arguments.every] if arguments.every is not None else api.select(clip, frames)
    return tuple(frames), clip


def _view(arguments: argparse.Namespace, shared: bool = False) -> View | None:
    from poseloom.render import View

    if arguments.azimuth is None and arguments.elevation is None:
        return None
    return View(arguments.azimuth, arguments.elevation, shared=shared)


def _style(arguments: argparse.Namespace) -> Style:
    from poseloom.render import CLAY, SIDES, STUDIO

    return {"studio": STUDIO, "sides": SIDES, "clay": CLAY}[arguments.style]
