"""Signing: HamNoSys explained, signed by rule, signed and repaired by a learned model, and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.formats.pose_file import PoseSequence
from poseloom.language.hamnosys import CheckedSign
from poseloom.pose.types import Clip
from poseloom.results.result import Result

_DECIMALS = 6
"""Of shares."""


@dataclass(frozen=True, eq=False)
class Explained(Result):
    """What a string of HamNoSys says; its notes are the slips that were passed over.

    Args:
        hamnosys: the string, in symbols.
        says: the same in English.
    """

    hamnosys: str
    says: str


@dataclass(frozen=True, eq=False)
class Signed(Explained):
    """A body that signs by rule; its notes also tell what of the signs is not as it is written.

    Args:
        clip: 52 joints, 25 frames a second.
    """

    clip: Clip

    @property
    def spans(self) -> list[list[int]]:
        """The first and last frame of each sign."""
        return self.clip.notes.get("signs", [])

    def as_json(self) -> dict[str, Any]:
        """``hamnosys``, ``says``, ``frames``, ``fps``, ``signs`` (their spans), ``notes``; not the clip itself."""
        counts = {"frames": len(self.clip), "fps": self.clip.fps, "signs": self.spans}
        return {"hamnosys": self.hamnosys, "says": self.says, **counts, "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class SignedKeypoints(Result):
    """Keypoints of somebody who signs, by a learned model.

    Args:
        hamnosys: each string that was signed.
        keypoints: one after another.
        steps: refinements that they went through.
    """

    hamnosys: tuple[str, ...]
    keypoints: PoseSequence
    steps: int

    def as_json(self) -> dict[str, Any]:
        """``hamnosys``, ``steps``, ``frames``, ``fps``, ``notes``; not the keypoints themselves."""
        counts = {"steps": self.steps, "frames": len(self.keypoints), "fps": self.keypoints.fps}
        return {"hamnosys": list(self.hamnosys), **counts, "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class Repaired(SignedKeypoints):
    """A clip whose missing keypoints a learned model has filled in.

    Args:
        filled: keypoints, counted in every frame, that are there now and were not before.
    """

    filled: int

    def as_json(self) -> dict[str, Any]:
        """As `SignedKeypoints`, and ``filled``."""
        made = super().as_json()
        notes = made.pop("notes")
        return {**made, "filled": self.filled, "notes": notes}


@dataclass(frozen=True, eq=False)
class CheckedStrings(Result):
    """Which strings of a file parse.

    Args:
        file: that holds them.
        rows: each string, and what became of it; at least one.
    """

    file: Path
    rows: tuple[CheckedSign, ...]

    @property
    def failures(self) -> list[CheckedSign]:
        """Those that do not parse."""
        return [row for row in self.rows if row.error is not None]

    @property
    def with_remarks(self) -> list[CheckedSign]:
        """Those with slips that were passed over."""
        return [row for row in self.rows if row.remarks]

    @property
    def share(self) -> float:
        """The part that parses, 0 to 1."""
        return 1 - len(self.failures) / len(self.rows)

    def as_json(self) -> dict[str, Any]:
        """``file``, ``strings``, ``parse``, ``share``, ``with_remarks``, ``noted`` (rows to look at), ``notes``."""
        count = len(self.rows)
        return {
            "file": str(self.file),
            "strings": count,
            "parse": count - len(self.failures),
            "share": round(self.share, _DECIMALS),
            "with_remarks": len(self.with_remarks),
            "noted": [row.as_json() for row in self.rows if row.error is not None or row.remarks],
            "notes": list(self.notes),
        }
