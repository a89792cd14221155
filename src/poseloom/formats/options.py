"""What a user may tell a reader about a file that does not tell it itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ReadOptions:
    """Options of every reader; None leaves the choice to the reader.

    Args:
        joint_map: which joint is which: a table of ours to theirs, a JSON file with one, or for points the name of a
            convention of `poseloom.pose.keypoints`.
        up: the axis of the file's world that points up: ``y``, ``z``, ``-y``, ...
        unit: metres a unit, or ``m``, ``cm``, ``mm``, ``inch``.
        fps: frames a second.
        person: which one of several people, by number or name in the file.
    """

    joint_map: Mapping[str, Any] | str | Path | None = None
    up: str | None = None
    unit: float | str | None = None
    fps: float | None = None
    person: int | str | None = None
