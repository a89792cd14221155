"""What the non-manual entries of SiGML mean, and which joints do it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import read_table
from poseloom.language.hamnosys.written.sign_text import NonManual

_TABLE = Path(__file__).with_name("nonmanual.json")
_TIERS = {"mouthpicture": "mouth says", "mouthgesture": "mouth gesture", "eyegaze": "gaze", "shoulder": "shoulders"}


@dataclass(frozen=True)
class BodyMovement:
    """What head, trunk or shoulders do.

    Args:
        turns: degrees about left, up and front, for each joint.
        waves: how often it swings there and back; 0 where it is held.
    """

    turns: dict[str, tuple[float, float, float]]
    waves: int = 0


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return read_table(_TABLE)


def movement_of(entry: NonManual) -> BodyMovement | None:
    """What a body does for an entry; None where its face would have to, or nothing is known of it."""
    row = _table().get(entry.tier, {})
    turns = row.get(entry.tag, {}).get("turns") if isinstance(row, dict) else None
    if turns is None:
        return None
    angles = {joint: (float(x), float(y), float(z)) for joint, (x, y, z) in turns.items()}
    return BodyMovement(angles, int(row[entry.tag].get("waves", 0)))


def face_of(entry: NonManual) -> tuple[float, ...] | None:
    """What the 468 points of a face do for an entry: lids and brows, left and right; None where it is not for them."""
    row = _table().get(entry.tier, {})
    face = row.get(entry.tag, {}).get("face") if isinstance(row, dict) else None
    return None if face is None else tuple(map(float, face))


def words_of(entry: NonManual) -> str:
    """An entry in English: ``head nods``, ``mouth says 'ta'``; its tag where that is not known."""
    tier = _TIERS.get(entry.tier, entry.tier)
    if entry.tier == "mouthpicture":
        return f"{tier} {entry.tag!r}"
    row = _table().get(entry.tier, {})
    known = row.get(entry.tag) if isinstance(row, dict) else None
    return f"{tier} {known['words']}" if known else f"{tier} {entry.tag}"
