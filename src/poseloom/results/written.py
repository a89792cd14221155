"""What commands say of the files that they write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.results.result import Result


@dataclass(frozen=True, eq=False)
class Drawn(Result):
    """A picture, an animation or a body that was written.

    Args:
        out: the file, or the pattern of the files.
        what: it is, in a few words.
        frames: that it shows, counted from 0.
    """

    out: Path
    what: str
    frames: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class RowsWritten(Result):
    """A file that was written.

    Args:
        out: the file.
        rows: in it.
        what: they are: ``rows``, ``pairs``, ``frames`` or ``maps``.
    """

    out: Path
    rows: int
    what: str

    def as_json(self) -> dict[str, Any]:
        """``out``, the number of rows by their name, ``notes``."""
        return {"out": str(self.out), self.what: self.rows, "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class IndexBuilt(Result):
    """An index that was built, or added to.

    Args:
        out: its folder.
        rows: number of its rows.
        added: how many of them are new.
    """

    out: Path
    rows: int
    added: int


@dataclass(frozen=True, eq=False)
class Toured(Result):
    """The page of a tour.

    Args:
        page: the HTML file.
        files: what was written beside the motion.
        frames: number of frames of the motion.
        texts: what the pictures on the page show, with ``frame`` and ``seconds``.
    """

    page: Path
    files: tuple[Path, ...]
    frames: int
    texts: tuple[Mapping[str, Any], ...]
