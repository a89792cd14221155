"""What the commands of learned models share: which model, poses kept, drawn and told."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, closest

if TYPE_CHECKING:
    from poseloom.pose import Pose
    from poseloom.results import Edited, Generated

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
BODY = ".glb"
_TITLE = 300
"""Most characters of a title."""
_PIXELS = 384
"""Side of a picture on a sheet."""


def add_model(parser: argparse.ArgumentParser, default: str, more: str = "") -> None:
    told = f"another model (default: {default}){'; ' if more else ''}{more}"
    parser.add_argument("--model", metavar="NAME|PATH", default=default, help=told)


def add_sampling_options(parser: argparse.ArgumentParser, count: int, drawn: int) -> None:
    """How many poses, which ones, whether they are checked, and where they go."""
    parser.add_argument("-n", type=int, default=count, metavar="N", help=f"number of poses (default: {count})")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed gives other poses (default: 0)")
    parser.add_argument(
        "--verify", action="store_true", help=f"draw {drawn} for each pose, check them, and keep the best"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the poses: npz, JSON, BVH, ...")
    add_render(parser)


def add_render(parser: argparse.ArgumentParser) -> None:
    known = " ".join((*PICTURES, BODY))
    parser.add_argument("--render", type=Path, metavar="FILE", help=f"draw the poses ({known})")


def check_targets(*paths: Path | None) -> None:
    """Refuse places that cannot be written before any work is done.

    Raises:
        FileError: the folder does not exist, or may not be written.
    """
    from poseloom.base.files import writable_target

    for path in paths:
        if path is not None:
            writable_target(path)


def check_photo(file: str) -> None:
    """Refuse what is no picture, where a model looks at photos alone.

    Raises:
        FileError: it is another file.
    """
    from poseloom.images.kinds import PICTURES as READ

    if Path(file).suffix.lower() not in READ:
        remedy = f"expected {', '.join(READ[:4])}; other files are read without a model of one space"
        raise FileError(file, "is no photo", remedy=remedy)


def check_sheet(path: Path) -> None:
    """Refuse a picture of an unknown kind, or a place that cannot be written.

    Raises:
        FileError: with the known ones.
    """
    if path.suffix.lower() not in PICTURES:
        raise FileError(
            path, f"cannot draw {path.suffix or 'without a suffix'}", remedy=f"expected {', '.join(PICTURES)}"
        )
    check_targets(path)


def check_picture(path: Path | None) -> None:
    """Refuse pictures of an unknown kind.

    Raises:
        FileError: with the known ones.
    """
    known = (*PICTURES, BODY)
    if path is not None and path.suffix.lower() not in known:
        hint = closest(path.suffix.lower(), known) if path.suffix else ""
        problem = f"cannot draw {path.suffix or 'without a suffix'}"
        raise FileError(path, problem, remedy=f"expected {', '.join(known)}{hint}")


def draw(poses: Pose, path: Path, texts: Sequence[str], labels: Sequence[str], title: str) -> None:
    """A sheet of the poses, or their bodies as GLB.

    Raises:
        PoseloomError: the file cannot be written.
    """
    from poseloom import api

    if path.suffix.lower() == BODY:
        api.save(poses[0] if len(poses) == 1 else poses, path)
        return
    draw_all([poses], path, texts, labels, title)


def draw_all(parts: Sequence[Pose], path: Path, texts: Sequence[str], labels: Sequence[str], title: str = "") -> None:
    """A sheet of the poses of several files, which may have other joints.

    Raises:
        PoseloomError: the file cannot be written.
    """
    from poseloom.render import contact_sheet, render, save_picture

    pictures = [picture for poses in parts for picture in render(poses, _PIXELS)]
    save_picture(contact_sheet(pictures, texts, labels=labels, title=title), path)


def title_of(text: str) -> str:
    """Words of a user as the title of a sheet, which wraps it: all of them, unless they are a page."""
    return textwrap.shorten(text, _TITLE, placeholder=" ...")


def print_poses(made: Generated | Edited, seed: int) -> None:
    """Print each pose in a few words, with how many facts hold."""
    from poseloom import api

    told = zip(api.describe(made.poses, seed, style="short"), made.facts.in_words(), strict=True)
    for place, (text, facts) in enumerate(told, start=1):
        print(f"pose {place}: {f'({facts}) ' if facts else ''}{text}")
