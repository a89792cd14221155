"""``poseloom demo [FILE]``: the tour as one HTML page."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from poseloom.cli import inputs, options, printing

PAGE = "index.html"
MOTION_FILES = ("motion.glb", "motion.bvh", "motion.npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="a motion file (default: an embedded exercise)")
    parser.add_argument("--out", type=Path, default=Path("poseloom-demo"), metavar="DIR", help="folder to write")
    options.add_format(parser)
    options.add_seed(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    say = (lambda _: None) if arguments.json else _say
    say("poseloom demo: loading")
    from poseloom import api
    from poseloom.base.files import atomic_write
    from poseloom.demo import embedded_clip, page, take_tour
    from poseloom.demo.stopwatch import Timing
    from poseloom.results import Toured

    start = time.process_time()
    clip = options.read_motion(arguments, arguments.file) if arguments.file else embedded_clip()
    loading = Timing("read the motion", time.process_time() - start, f"{len(clip):,} frames")
    folder = inputs.make_folder(arguments.out)
    say(f"poseloom demo: {clip.name}: {len(clip)} frames; drawing, describing, generating, searching, signing")
    tour = take_tour(clip, arguments.seed)
    tour.timings.insert(0, loading)
    for name in MOTION_FILES:
        api.save(clip, folder / name)
    with atomic_write(folder / PAGE) as temporary:
        temporary.write_text(page(tour, clip.name, MOTION_FILES), encoding="utf-8")
    if arguments.json:
        texts = tuple({"frame": one.frame, "seconds": one.seconds, "text": one.text} for one in tour.stills)
        files = tuple(folder / name for name in MOTION_FILES)
        printing.print_json(Toured(folder / PAGE, files, len(clip), texts))
        return
    for still in tour.stills[:2]:
        say(f"  {still.seconds:.2f} s: {still.text}")
    say(f"poseloom demo: open {folder / PAGE}")


def _say(line: str) -> None:
    print(line, flush=True)
