"""The options of all sources, one line each: what the command line offers, and of which type each is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "folder"
"""The option that names the folder of the downloaded files: ``--from`` on the command line."""


@dataclass(frozen=True)
class Option:
    """What a user may say about a source.

    Args:
        name: keyword of the sources' classes.
        of: makes the value from a word; `bool` for an option without a value.
        metavar: what stands for the value in the help.
        help: in a line, begun with the sources that it belongs to unless those are many.
    """

    name: str
    of: Callable[[str], Any]
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        """As it is written on the command line."""
        return "--from" if self.name == FOLDER else f"--{self.name.replace('_', '-')}"

    @property
    def shown(self) -> str:
        """With what stands for its value where that is a folder, which nobody would guess."""
        return f"{self.flag} {self.metavar}" if self.of is Path else self.flag


OPTIONS = (
    Option(FOLDER, Path, "FOLDER", "folder of the downloaded files"),
    Option("amass", Path, "FOLDER", "babel, posescript, posefix: folder of AMASS"),
    Option("babel", Path, "FOLDER", "posescript: folder of BABEL, whose labels are added"),
    Option("texts", str, "KINDS", "posescript, posefix: some of human,automatic,paraphrase (default: all)"),
    Option("rows", int, "N", "procedural: how many poses (default: 20000)"),
    Option("seed", int, "S", "procedural: another seed draws other poses"),
    Option("named", float, "SHARE", "procedural: of the poses that are named ones, varied (default: 0)"),
    Option("every", int, "N", "recordings, h36m, mpi-inf-3dhp: every N-th frame"),
    Option("fps", float, "F", "recordings: F poses a second (default: 10)"),
    Option("limit", int, "N", "recordings: at most N poses of a file; photos: N people of a photo"),
    Option("hands", bool, "", "recordings: keep the fingers, 52 joints"),
    Option("body", Path, "FILE", "bedlam: SMPL-X's file (default: smplx/SMPLX_NEUTRAL.npz in the folder)"),
    Option("train", int, "N", "bedlam-script, bedlam-fix: people chosen for training (default: 50000)"),
    Option("val", int, "N", "bedlam-script, bedlam-fix: people chosen for validation (default: 10000)"),
    Option("overlap", float, "SHARE", "bedlam-...: of a person's box that others may cover (default: 0.3)"),
    Option("joints", int, "N", "bedlam-..., coco, mpii: body joints in the picture, at least (default: 16, 12, 0)"),
    Option("pixels", int, "N", "bedlam-...: longest side of the scaled box, more than (default: 224)"),
    Option("scale", float, "F", "bedlam-...: of the box (default: 1.1)"),
    Option("seconds", float, "S", "bedlam-fix: between two poses of a recording, less than (default: 0.5)"),
    Option("neighbours", int, "N", "bedlam-fix: first poses looked at for a second one (default: 100)"),
    Option("least_similarity", float, "C", "bedlam-fix: cosine of two poses, more than (default: 0.7)"),
    Option("most_similarity", float, "C", "bedlam-fix: cosine of two poses, less than (default: 0.9)"),
    Option("within", int, "N", "bedlam-fix: posecodes that differ in a recording, more than (default: 15)"),
    Option("across", int, "N", "bedlam-fix: posecodes that differ otherwise, more than (default: 20)"),
    Option("convention", str, "NAME", "spin: keypoints of files that have others than SPIN's 24, such as h36m_mmpose"),
    Option("strict", bool, "", "stop at the first file or id that cannot be used"),
)
BY_NAME = {option.name: option for option in OPTIONS}
