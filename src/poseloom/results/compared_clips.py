"""How near clips of signed keypoints are to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from poseloom.results.json_values import plain
from poseloom.results.result import Result

_NUMBERS = ("ndtw_mje", "exact", "dtw_p", "ape", "missing_made", "missing_label")
_TITLES = ("nDTW-MJE", "exact", "DTWp", "APE", "missing", "of label")


@dataclass(frozen=True)
class ClipDistance:
    """One clip beside the one that it is measured by.

    Args:
        name: of both files.
        ndtw_mje: Ham2Pose's measure: prepared as there, shoulder widths, FastDTW summed along the path. With missing
            points it finds a distance even between equal clips.
        exact: the same with exact time warping: never more, and 0 between equal clips.
        dtw_p: both hands in the files' own coordinates, a missing one counted as 10; None where a file has no hands.
        ape: mean distance frame by frame, shoulder widths; frames that one has not count from the origin.
        missing_made, missing_label: share of the compared points that are missing, percent.
        frames_made, frames_label: frames of each.
        keypoints: points that both have and that were compared.
    """

    name: str
    ndtw_mje: float
    exact: float
    dtw_p: float | None
    ape: float
    missing_made: float
    missing_label: float
    frames_made: int
    frames_label: int
    keypoints: int


@dataclass(frozen=True, eq=False)
class ComparedClips(Result):
    """Clips beside those that they are measured by.

    Args:
        clips: each pair.
    """

    clips: tuple[ClipDistance, ...]

    @property
    def means(self) -> dict[str, float]:
        """The mean of each figure over the pairs that have it."""
        found = {}
        for name in _NUMBERS:
            values = [value for one in self.clips if (value := getattr(one, name)) is not None]
            if values:
                found[name] = float(np.mean(values))
        return found

    def as_json(self) -> dict[str, Any]:
        """``clips``, ``means``, ``notes``."""
        return {"clips": [plain(one) for one in self.clips], "means": plain(self.means), "notes": list(self.notes)}

    def table(self) -> str:
        """The figures as lines for people; with several pairs the means last."""
        rows = [(one.name, *(getattr(one, name) for name in _NUMBERS)) for one in self.clips]
        if len(rows) > 1:
            rows.append(("mean", *(self.means.get(name) for name in _NUMBERS)))
        width = max(len("clip"), *(len(row[0]) for row in rows))
        lines = [f"{'clip':{width}}" + "".join(f"{title:>10}" for title in _TITLES)]
        lines += [f"{row[0]:{width}}" + "".join(map(_cell, row[1:], _NUMBERS)) for row in rows]
        return "\n".join(lines)


def _cell(value: float | None, name: str) -> str:
    if value is None:
        return f"{'-':>10}"
    return f"{value:>9.1f}%" if name.startswith("missing") else f"{value:>10.3f}"
