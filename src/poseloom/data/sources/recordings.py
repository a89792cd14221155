"""What sources of recordings share: which frames are taken, how files are shared out among shards, what is told."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError, PoseloomError

POSES_A_SECOND = 10.0
"""Taken where nothing else is asked for: mocap of 120 frames a second hardly changes from one to the next."""
_UNIT_FILES = 64


@dataclass(frozen=True)
class FrameChoice:
    """Which frames of a recording become rows.

    Args:
        every: every N-th frame.
        fps: that many a second, `POSES_A_SECOND` where neither is given; not together with `every`.
        limit: at most that many of a recording, evenly spread over it.

    Raises:
        PoseloomError: a number is out of range, or both `every` and `fps` are given.
    """

    every: int | None = None
    fps: float | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.every is not None and self.fps is not None:
            raise PoseloomError("every and fps: expected one of them, got both")
        for option in ("every", "fps", "limit"):
            value = getattr(self, option)
            if value is not None and not 0 < value < float("inf"):
                raise PoseloomError(f"{option}: expected a positive number, got {value}")

    def options(self) -> dict[str, Any]:
        """What is chosen, as JSON."""
        fps = self.fps if self.every or self.fps else POSES_A_SECOND
        return {"every": self.every, "fps": fps, "limit": self.limit}

    def frames(self, count: int, rate: float) -> list[int]:
        """Frame numbers of a recording of `count` frames at `rate` a second."""
        if self.every is not None:
            frames = list(range(0, count, self.every))
        else:
            step = max(rate / (self.fps or POSES_A_SECOND), 1.0)
            frames = [round(place * step) for place in range(int((count - 1) / step) + 1)]
        if self.limit is not None and len(frames) > self.limit:
            frames = [frames[place * len(frames) // self.limit] for place in range(self.limit)]
        return frames


class Lean:
    """A data class that is pickled without what it has cached: builds pickle their source with every unit."""

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]


def existing_folder(folder: Path, remedy: str) -> Path:
    """A folder that is there.

    Raises:
        FileError: it is missing or no folder; `remedy` is what to do.
    """
    if not folder.is_dir():
        raise FileError(folder, "is not a folder" if folder.exists() else "does not exist", remedy=remedy)
    return folder


def files_below(folder: Path) -> list[str]:
    """Every file in a folder and its subfolders, as sorted relative paths; links to folders are followed once."""
    seen: set[str] = set()
    found = []
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        relative = Path(place).relative_to(folder)
        found += [(relative / name).as_posix() for name in names]
    return sorted(found)


def shared_out(sizes: Mapping[str, int], most: int) -> Iterator[list[str]]:
    """Files in groups, in their order, for the shards: at most 64 of them, and `most` bytes unless one has more."""
    group: list[str] = []
    size = 0
    for name, own in sizes.items():
        if group and (len(group) == _UNIT_FILES or size + own > most):
            yield group
            group, size = [], 0
        group.append(name)
        size += own
    if group:
        yield group


def sizes_of(folder: Path, names: Collection[str]) -> dict[str, int]:
    """Bytes of files in a folder, by name."""
    return {name: (folder / name).stat().st_size for name in names}


def error_line(name: str, error: PoseloomError) -> str:
    """An error's line with the path in the folder of the data set instead of the whole one."""
    if isinstance(error, FileError):
        return str(FileError(name, error.problem, field=error.field))
    return f"{name}: {error}"


def some(values: Sequence[Any], most: int = 3) -> str:
    """The first few of many, as words."""
    shown = ", ".join(map(str, values[:most]))
    return f"{shown}, ..." if len(values) > most else shown
