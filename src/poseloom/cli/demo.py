"""``poseloom demo [FILE]``: the tour as one HTML page."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.cli import options

PAGE = "index.html"
MOTION_FILES = ("motion.glb", "motion.bvh", "motion.npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="a motion file (default: an embedded exercise)")
    parser.add_argument("--out", type=Path, default=Path("poseloom-demo"), metavar="DIR", help="folder to write")
    options.add_format(parser)
    options.add_seed(parser)


def run(arguments: argparse.Namespace) -> None:
    print("poseloom demo: loading", flush=True)
    from poseloom import api
    from poseloom.base.files import atomic_write
    from poseloom.demo import embedded_clip, page, take_tour
    from poseloom.demo.stopwatch import Timing

    start = time.process_time()
    clip = options.read_motion(arguments, arguments.file) if arguments.file else embedded_clip()
    loading = Timing("read the motion", time.process_time() - start, f"{len(clip):,} frames")
    folder = _folder(arguments.out)
    print(
        f"poseloom demo: {clip.name}: {len(clip)} frames; drawing, describing, generating, searching, signing",
        flush=True,
    )
    tour = take_tour(clip, arguments.seed)
    tour.timings.insert(0, loading)
    for name in MOTION_FILES:
        api.save(clip, folder / name)
    with atomic_write(folder / PAGE) as temporary:
        temporary.write_text(page(tour, clip.name, MOTION_FILES), encoding="utf-8")
    for still in tour.stills[:2]:
        print(f"  {still.seconds:.2f} s: {still.text}")
    print(f"poseloom demo: open {folder / PAGE}")


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(path, f"cannot be made into a folder: {error.strerror}", remedy="name another --out") from None
    return path
