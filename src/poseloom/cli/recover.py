"""``poseloom recover PHOTO|VIDEO|FOLDER|-``: the bodies of the people who are seen."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import inputs, options, printing
from poseloom.cli.keypoints import frames_progress

if TYPE_CHECKING:
    from PIL import Image

    from poseloom.pose import Clip
    from poseloom.results import Recovered

_OVERLAYS = (".png", ".jpg", ".jpeg", ".webp")
_MOVING = (".mp4", ".gif", ".webp")
_SHEET_HEIGHT = 480
"""Pixels of a photo on the sheet of a folder."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="PHOTO", help="photo, video, folder of photos, or - for standard input")
    parser.add_argument(
        "--box",
        type=float,
        nargs=4,
        action="append",
        metavar=("X", "Y", "W", "H"),
        help="where a person is, pixels; repeatable (default: people are looked for)",
    )
    parser.add_argument("--people", type=int, metavar="N", help="how many at most, the larger ones first (default: 1)")
    parser.add_argument("--fps", type=float, metavar="N", help="frames a second of a video that are looked at")
    parser.add_argument("--lens", type=float, metavar="MM", help="focal length on 36 x 24 (default: the file's, or 43)")
    parser.add_argument(
        "--algorithm",
        metavar="NAME",
        help="small: a network sees the pixels (default for photos); lifted: a learned lifter tells depth (default "
        "for videos); keypoints: a fit to keypoints alone; hmr, spin, pare, graphcmr, graphormer, hmr2: of --model",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="NAME|PATH",
        help="network that looks at the pixels, trained or imported (small ships one)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE|DIR",
        help="keep the poses: .npz .bvh .glb .pose .json; a folder for a folder; numbered files for several people",
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        metavar="FILE",
        help="draw the bodies over the photo, side views beside, or over every frame of a video",
    )
    parser.add_argument("--skeleton", action="store_true", help="draw keypoints over the photo instead of bodies")
    options.add_device(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    if arguments.source != inputs.STANDARD and Path(arguments.source).is_dir():
        if arguments.overlay is not None:
            _check_overlay(arguments.overlay, _OVERLAYS)
        _run_folder(arguments)
        return
    with inputs.seen(arguments.source) as source:
        _run_one(source, arguments)


def _run_one(source: str | bytes, arguments: argparse.Namespace) -> None:
    overlay = arguments.overlay
    if overlay is not None:
        _check_overlay(overlay, _MOVING if _is_video(source) else _OVERLAYS)
    found = _recovered(source, arguments)
    printing.tell(found.notes)
    files = _saved(found, arguments.out) if arguments.out is not None else []
    if overlay is not None:
        _draw(found, source, overlay, arguments.skeleton)
        files.append(overlay)
    if arguments.json:
        printing.print_json(found, out=files or None)
        return
    _print(found)
    printing.print_files(*files, otherwise="--out keeps the poses, --overlay draws them")


def _check_overlay(overlay: Path, known: tuple[str, ...]) -> None:
    from poseloom.base.files import writable_target

    if overlay.suffix.lower() not in known:
        raise FileError(overlay, "cannot be drawn", remedy=f"expected one of {', '.join(known)}")
    writable_target(overlay)


def _is_video(source: str | bytes) -> bool:
    from poseloom.images.video import is_video

    return isinstance(source, str) and Path(source).is_file() and is_video(source)


def _recovered(source: str | bytes, arguments: argparse.Namespace) -> Recovered:
    from poseloom import api

    people = len(arguments.box) if arguments.box else arguments.people or 1
    if arguments.people is not None and arguments.people < 1:
        raise PoseloomError(f"--people {arguments.people}: expected 1 or more")
    return api.recover(
        source,
        boxes=arguments.box,
        people=people,
        fps=arguments.fps,
        lens=arguments.lens,
        algorithm=arguments.algorithm,
        model=arguments.model,
        progress=frames_progress("looked at"),
    )


def _print(found: Recovered) -> None:
    for person in found.people:
        rows = found.rows_of(person)
        where = f"{len(rows)} frames" if found.is_video else _box(found.keypoints.boxes[rows[0]].tolist())
        sure, error = float(found.confidence[rows].mean()), 1000 * float(found.error[rows].mean())
        print(f"person {person}: {where}, confidence {sure:.2f}, {error:.0f} mm from the keypoints", end="")
        unseen = [f"{limb.replace('_', ' ')} {why}" for limb, why in found.unseen(person).items()]
        print(f"; not seen: {', '.join(unseen)}" if unseen else "")


def _box(box: list[float]) -> str:
    x, y, width, height = box
    return f"{width:.0f} x {height:.0f} pixels at {x:.0f}, {y:.0f}"


def _saved(found: Recovered, out: Path) -> list[Path]:
    """One file for one person, numbered ones for several."""
    from poseloom import api

    several = len(found.people) > 1
    files = []
    for person in found.people:
        path = out.with_name(f"{out.stem}_{person}{out.suffix}") if several else out
        clip: Clip = found.clip(person)
        api.save(clip if found.is_video or path.suffix.lower() != ".glb" else clip.pose[0], path)
        files.append(path)
    return files


def _draw(found: Recovered, source: str | bytes, path: Path, skeleton: bool) -> None:
    """A picture, or a video of every frame."""
    if found.is_video:
        from poseloom.tasks.mesh_recovery.overlay import draw_over_video

        assert isinstance(source, str)
        draw_over_video(found, source, path, skeleton=skeleton)
        return
    from poseloom.render import save_picture

    save_picture(_drawn(found, source, skeleton), path)


def _drawn(found: Recovered, source: str | bytes, skeleton: bool) -> Image.Image:
    from poseloom.images.read import read_picture
    from poseloom.tasks.mesh_recovery.overlay import drawn_over

    return drawn_over(found, read_picture(source), skeleton=skeleton)


def _run_folder(arguments: argparse.Namespace) -> None:
    """Every picture of a folder; those in which nobody is found are told and passed over."""
    if arguments.box or arguments.json:
        raise PoseloomError("--box and --json belong to a single photo; leave them out for a folder")
    out = arguments.out
    if out is not None and not out.is_dir():
        raise FileError(out, "is no folder", remedy="make it first; poses of a folder are kept as NAME.npz in one")
    cards, labels, texts, count = [], [], [], 0
    for path in _photos(Path(arguments.source)):
        count += 1
        try:
            found = _recovered(str(path), arguments)
        except PoseloomError as error:
            printing.tell([f"{path.name}: {error}"])
            continue
        print(f"{path.name}: ", end="")
        _print(found)
        if out is not None:
            _saved(found, out / f"{path.stem}.npz")
        if arguments.overlay is not None:
            from poseloom import api

            drawn = _drawn(found, str(path), arguments.skeleton)
            cards.append(drawn.resize((round(drawn.width * _SHEET_HEIGHT / drawn.height), _SHEET_HEIGHT)))
            labels.append(path.name)
            texts.append(api.describe(found.clip(), style="short")[0])
    if not count:
        raise FileError(arguments.source, "holds no pictures", remedy="name a folder with JPEG, PNG or WebP files")
    if cards:
        from poseloom.render import contact_sheet, save_picture

        save_picture(contact_sheet(cards, texts, labels=labels), arguments.overlay)
        printing.print_files(arguments.overlay)


def _photos(folder: Path) -> Iterator[Path]:
    from poseloom.images.kinds import PICTURES

    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in PICTURES and path.is_file())
