"""``poseloom keypoints FILE|FOLDER|VIDEO|-``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import inputs, options, printing

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseloom.results import Keypoints

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".mpo")
_EVERY = 0.5
"""Seconds between two lines of progress."""
_BOX = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE|FOLDER|VIDEO|-", help="picture, folder of pictures, or video; - for standard input"
    )
    parser.add_argument(
        "--box",
        type=float,
        nargs=_BOX,
        action="append",
        metavar=("X", "Y", "W", "H"),
        help="a person is here, pixels; once for each person, of a video in its first frame",
    )
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="boxes in a JSON file: [[x, y, w, h], ...]")
    parser.add_argument("--people", type=int, metavar="N", help="at most N people, the larger ones (default: all)")
    parser.add_argument("--fps", type=float, metavar="N", help="frames a second of a video that are looked at")
    parser.add_argument("--no-hands", action="store_true", help="the body alone")
    parser.add_argument("--face", action="store_true", help="468 points of each face as well")
    parser.add_argument("--no-smoothing", action="store_true", help="points of a video as each frame gives them")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE|DIR",
        help=".npz (everything), .pose, .json (COCO), .csv; of a folder, a folder",
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="of the output: npz, pose, coco, openpose, openpose18, mediapipe, csv (default: as the suffix says)",
    )
    parser.add_argument("--overlay", type=Path, metavar="FILE|DIR", help="draw them over the picture or video")
    options.add_device(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom.base.files import writable_target
    from poseloom.tasks.keypoints.files import chosen_format

    if arguments.file != inputs.STANDARD and Path(arguments.file).is_dir():
        _run_folder(arguments)
        return
    if arguments.out is not None and not (arguments.out.is_dir() and arguments.format):
        chosen_format(arguments.out, arguments.format)
        writable_target(arguments.out)
    if arguments.overlay is not None:
        writable_target(arguments.overlay)
    with inputs.seen(arguments.file) as source:
        _run_one(source, arguments)


def _run_one(source: str | bytes, arguments: argparse.Namespace) -> None:
    found = _found(source, arguments)
    _written(source, found, arguments.out, arguments.overlay, arguments)
    if arguments.json:
        printing.print_json(found, out=arguments.out, overlay=arguments.overlay)
        return
    printing.tell(found.notes)
    print(_told(found))
    printing.print_files(arguments.out, arguments.overlay)


def _run_folder(arguments: argparse.Namespace) -> None:
    """Each picture and video of a folder; those whose output is there already are passed over."""
    from poseloom.images.video import VIDEOS
    from poseloom.tasks.keypoints.files import FORMATS
    from poseloom.tasks.keypoints.predict import NobodyFoundError

    folder = Path(arguments.file)
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in (*PICTURES, *VIDEOS))
    if not files:
        raise FileError(folder, "holds no pictures or videos", remedy=f"known are {', '.join(PICTURES[:4])}, .mp4, ...")
    if arguments.box or arguments.boxes:
        raise PoseloomError("boxes belong to one picture; leave them out for a folder")
    name = arguments.format or "npz"
    if name not in FORMATS:
        raise PoseloomError(f"--format {name}: unknown; known: {', '.join(FORMATS)}")
    for wanted in (arguments.out, arguments.overlay):
        if wanted is not None:
            _make_folder(wanted)
    rows: list[dict[str, Any]] = []
    for file in files:
        out = arguments.out / f"{file.name}{FORMATS[name].suffix}" if arguments.out else None
        drawn = _overlay_of(file, arguments.overlay, VIDEOS) if arguments.overlay else None
        if (out or drawn) and all(path.exists() for path in (out, drawn) if path):
            rows.append({"file": file.name, "skipped": "its output is there"})
            continue
        try:
            found = _found(str(file), arguments)
        except NobodyFoundError as nobody:
            rows.append({"file": file.name, "people": 0, "problem": str(nobody)})
            continue
        except PoseloomError as problem:
            rows.append({"file": file.name, "problem": str(problem)})
            continue
        _written(str(file), found, out, drawn, arguments)
        rows.append(
            {"file": file.name, "people": len(found.people), "frames": found.frames, "notes": list(found.notes)}
        )
        if not arguments.json:
            print(f"{file.name}: {_told(found)}")
    _report_folder(rows, arguments)


def _report_folder(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json({"folder": arguments.file, "files": rows, "notes": []}, out=arguments.out)
        return
    for row in rows:
        if "problem" in row or "skipped" in row:
            printing.tell([f"{row['file']}: {row.get('problem') or row['skipped']}"])
    if all("problem" in row for row in rows):
        raise PoseloomError(f"{arguments.file}: nobody is found in any of {len(rows)} files")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(path, f"cannot be made: {error.strerror}", remedy="name a folder") from None


def _overlay_of(file: Path, folder: Path, videos: tuple[str, ...]) -> Path:
    suffix = ".mp4" if file.suffix.lower() in videos else ".jpg"
    return folder / f"{file.name}{suffix}"


def _found(source: Any, arguments: argparse.Namespace) -> Keypoints:
    from poseloom import api

    boxes = _boxes(arguments)
    with_progress = frames_progress("looked at") if isinstance(source, str) else None
    return api.keypoints(
        source,
        boxes=boxes,
        people=arguments.people,
        fps=arguments.fps,
        hands=not arguments.no_hands,
        face=arguments.face,
        smooth=not arguments.no_smoothing,
        progress=with_progress,
    )


def _boxes(arguments: argparse.Namespace) -> list[list[float]] | None:
    if arguments.boxes is None:
        return arguments.box
    if arguments.box:
        raise PoseloomError("--box and --boxes: give one of them")
    import json

    from poseloom.base.files import read_text

    text = read_text(arguments.boxes, maximum_bytes=1 << 20)
    try:
        boxes: Any = json.loads(text)
        boxes = boxes.get("boxes", boxes.get("bbox")) if isinstance(boxes, dict) else boxes
        boxes = [boxes] if boxes and not isinstance(boxes[0], list) else boxes
        return [[float(value) for value in box] for box in boxes]
    except (ValueError, TypeError, KeyError, IndexError):
        raise FileError(arguments.boxes, "holds no boxes", remedy="expected [[x, y, w, h], ...]") from None


def _written(
    source: Any, found: Keypoints, out: Path | None, drawn: Path | None, arguments: argparse.Namespace
) -> None:
    if out is not None:
        from poseloom.tasks.keypoints.files import save_keypoints

        save_keypoints(found, out, arguments.format)
    if drawn is not None:
        from poseloom.tasks.keypoints.overlay import draw_keypoints_over

        draw_keypoints_over(source, found, drawn, frames_progress("drawn"))


def _told(found: Keypoints) -> str:
    """How many people there are, and what of them is seen."""
    people = len(found.people)
    who = f"{people} {'person' if people == 1 else 'people'}"
    if found.fps is not None:
        return f"{who} in {found.frames} frames ({found.frames / found.fps:.1f} s at {found.fps:g} frames a second)"
    seen = ", ".join(f"{int(count)} of 33" for count in found.seen.sum(1).tolist()[:8])
    return f"{who}; points seen: {seen}{', ...' if people > 8 else ''}"


def frames_progress(what: str) -> Callable[[int, int | None], None] | None:
    """A line on stderr that is written over: how many frames are done, and about how long the others take.

    None where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        return None
    start = last = time.monotonic()

    def tell(done: int, expected: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _EVERY and done != expected:
            return
        last = now
        left = "" if expected is None else f" of about {expected}, {_left(now - start, done, expected)}"
        end = "\n" if done == expected else ""
        print(f"\r{what}: {done} frames{left}   ", end=end, file=sys.stderr, flush=True)

    return tell


def _left(passed: float, done: int, expected: int) -> str:
    seconds = passed / done * max(expected - done, 0)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s left" if minutes else f"{rest} s left"
