"""``poseloom demo [FILE ...]``: the tour as one HTML page, one for each file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.cli import inputs, options, printing
from poseloom.cli.mistakes import SEVERAL

if TYPE_CHECKING:
    from poseloom.cli.inputs import Input
    from poseloom.results import Toured

PAGE = "index.html"
MOTION_FILES = ("motion.glb", "motion.bvh", "motion.npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = "motion files and folders of them, each in a folder of its own (default: an embedded exercise)"
    parser.add_argument("files", metavar="FILE", nargs="*", help=what)
    parser.set_defaults(**{SEVERAL: "files"})
    parser.add_argument("--out", type=Path, default=Path("poseloom-demo"), metavar="DIR", help="folder to write")
    options.add_format(parser)
    options.add_seed(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.files:
        _show(_toured(None, arguments.out, arguments), arguments)
        return 0
    if inputs.is_one(arguments.files):
        _show(_toured(arguments.files[0], arguments.out, arguments), arguments)
        return 0
    places = inputs.targets(inputs.inputs(arguments.files), arguments.out, "")

    def show(one: Input, made: Toured) -> None:
        if not arguments.json:
            _show(made, arguments)

    done = inputs.each(arguments.files, lambda one: _toured(one.file, places[one.file], arguments), show)
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _toured(file: str | None, out: Path, arguments: argparse.Namespace) -> Toured:
    """Write the page of a file, and its motion in other formats beside it."""
    say = (lambda _: None) if arguments.json else _say
    say("poseloom demo: loading")
    from poseloom import api
    from poseloom.base.files import atomic_write
    from poseloom.demo import embedded_clip, page, take_tour
    from poseloom.demo.stopwatch import Timing
    from poseloom.results import Toured

    start = time.process_time()
    clip = embedded_clip() if file is None else options.read_motion(arguments, file)
    loading = Timing("read the motion", time.process_time() - start, f"{len(clip):,} frames")
    folder = inputs.make_folder(out)
    say(f"poseloom demo: {clip.name}: {len(clip)} frames; drawing, describing, generating, searching, signing")
    tour = take_tour(clip, arguments.seed)
    tour.timings.insert(0, loading)
    for name in MOTION_FILES:
        api.save(clip, folder / name)
    with atomic_write(folder / PAGE) as temporary:
        temporary.write_text(page(tour, clip.name, MOTION_FILES), encoding="utf-8")
    texts = tuple({"frame": one.frame, "seconds": one.seconds, "text": one.text} for one in tour.stills)
    files = tuple(folder / name for name in MOTION_FILES)
    return Toured(folder / PAGE, files, len(clip), texts)


def _show(made: Toured, arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json(made)
        return
    for still in made.texts[:2]:
        _say(f"  {still['seconds']:.2f} s: {still['text']}")
    _say(f"poseloom demo: open {made.page}")


def _say(line: str) -> None:
    print(line, flush=True)
