"""What the registry knows of a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseloom.formats.npz_files import NpzArchive
    from poseloom.pose.joint_tracks import JointTracks
    from poseloom.pose.types import Clip

Reader = Callable[..., "Clip | JointTracks"]
Writer = Callable[["Clip", Path], None]
Recogniser = Callable[["NpzArchive"], bool]


@dataclass(frozen=True)
class Format:
    """A way to store a motion.

    Args:
        name: what a user calls it: ``--from`` and ``--to``.
        title: what it is, for lists.
        suffixes: with the dot, lower case. Where several formats share one, `recognise` decides on reading, and the
            first that can write is written.
        read: file, and the options where it takes any, to a clip or to points; None if it is only written.
        write: clip to file; None if it is only read.
        recognise: does this archive hold the format; None where the suffix alone tells.
        takes: options of `ReadingOptions` that the reader takes itself; the others are applied to its clip.
        takes_whole: the reader takes the `ReadingOptions` as they are, not each option by name.
        up: axis of the file's world that the reader takes for up, where it does not take that option.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Reader | None = None
    write: Writer | None = None
    recognise: Recogniser | None = None
    takes: tuple[str, ...] = ()
    takes_whole: bool = False
    up: str = "y"
