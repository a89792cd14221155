"""``poseloom render FILE --out PICTURE|GIF|MP4|GLB``; of several files one sheet, or a folder of pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import inputs, messages, options, printing, render_control
from poseloom.cli.data_render import size_of
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
    size = "width and height in pixels, or one number for a square (default: 512)"
    parser.add_argument("--size", default="512", metavar="WxH", help=size)
    style = (
        "sides: the left sleeve and leg are orange; openpose to parts: control pictures; pack: a folder of all of them"
    )
    known = (*STYLES, *render_control.STYLES, render_control.PACK)
    parser.add_argument("--style", choices=known, default="studio", metavar="NAME", help=f"{', '.join(known)}; {style}")
    parser.add_argument("--azimuth", type=float, metavar="DEGREES", help="0 from the front, 90 from the person's left")
    parser.add_argument("--elevation", type=float, metavar="DEGREES", help="height of the camera above the horizontal")
    render_control.add_arguments(parser)
    parser.add_argument("--no-text", action="store_true", help="no descriptions under the pictures of a sheet")
    options.add_seed(parser)
    options.add_force(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    out = arguments.out = _target(arguments)
    if render_control.is_control(arguments):
        return _control(arguments, Path(out))
    render_control.refuse_alone(arguments)
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


def _control(arguments: argparse.Namespace, out: Path) -> int:
    """One control picture, or a folder of all."""
    from poseloom.base.files import refuse_source, writable_target

    files = [one.file for one in inputs.inputs(arguments.files)]
    if len(files) != 1:
        raise PoseloomError(f"--style {arguments.style} draws one file, got {len(files)}")
    refuse_source(out, *files, force=arguments.force)
    if arguments.style != render_control.PACK:
        writable_target(out)
    clip = options.read_motion(arguments, files[0])
    _show(render_control.write(files[0], clip, out, arguments, _size(arguments)), arguments)
    return 0


def _size(arguments: argparse.Namespace) -> int | tuple[int, int]:
    width, height = size_of(arguments.size)
    return width if width == height else (height, width)


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
    animate(thinned, out, _size(arguments), style=_style(arguments), view=view)
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
    camera = render_control.camera_given(arguments)
    drawn = render_each(poses, _size(arguments), view=_view(arguments), style=_style(arguments), camera=camera)
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
        if out.suffix.lower() == ".png":
            _keep_pose(clip, frames[0], out)
        if arguments.save_camera is not None:
            _save_camera(clip, frames[0], arguments)
        return frames, f"picture of frame {frames[0]}"
    save_picture(contact_sheet(made.pictures, made.texts, labels=made.labels, title=made.title), out)
    return frames, f"sheet of {len(frames)} frames"


def _keep_pose(clip: Clip, frame: int, out: Path) -> None:
    """Put the pose into its picture, which opens again as a pose."""
    from poseloom.base.files import atomic_write
    from poseloom.formats.pose_in_png import with_pose

    png = with_pose(out.read_bytes(), clip[frame : frame + 1])
    with atomic_write(out) as temporary:
        temporary.write_bytes(png)


def _save_camera(clip: Clip, frame: int, arguments: argparse.Namespace) -> None:
    from poseloom.formats.camera_file import write_camera
    from poseloom.render.control import camera_of

    given = render_control.camera_given(arguments)
    view = _view(arguments)
    write_camera(camera_of(clip.pose[frame], _size(arguments), camera=given, view=view), arguments.save_camera)


def _write_sequence(file: str, clip: Clip, out: Path, arguments: argparse.Namespace) -> tuple[tuple[int, ...], str]:
    frames = options.frames_of(arguments, file, clip, 1)
    view = _view(arguments, shared=True)
    what = write_sequence(clip, frames, out, _size(arguments), view=view, style=_style(arguments))
    return tuple(frames), what


def _thinned(file: str, clip: Clip, arguments: argparse.Namespace) -> tuple[tuple[int, ...], Clip]:
    """The frames that are asked for, and the clip of them, which takes as long where they are every N-th."""
    from poseloom import api

    frames = options.frames_of(arguments, file, clip, 1)
    clip = clip[:: arguments.every] if arguments.every is not None else api.select(clip, frames)
    return tuple(frames), clip


def _view(arguments: argparse.Namespace, shared: bool = False) -> View | None:
    from poseloom.pose.viewpoint import angle_of_lens
    from poseloom.render import View

    if arguments.azimuth is None and arguments.elevation is None and arguments.lens is None:
        return None
    view = View(arguments.azimuth, arguments.elevation, shared=shared)
    if arguments.lens is None:
        return view
    width, height = size_of(arguments.size)
    return replace(view, field_of_view=angle_of_lens(arguments.lens, (height, width)))


def _style(arguments: argparse.Namespace) -> Style:
    from poseloom.render import CLAY, SIDES, STUDIO

    return {"studio": STUDIO, "sides": SIDES, "clay": CLAY}[arguments.style]
