"""The anatomical angles of a clip as a table: one row a frame, one column an angle, degrees, with what each one means.

The angles are those of `poseloom.pose.movement`; `movement_definitions.json` says for each its joint, its plane and
the direction that counts as positive.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import movement
from poseloom.pose.movement import MOVEMENTS
from poseloom.pose.ranges import limits
from poseloom.pose.types import Clip

UNIT = "degrees"
_FREE = 1e3
"""Degrees from which a limit means that there is none."""
_OTHER_MEASURE = "shoulder_twist"
"""Its range is one of the swing-twist angle (`movement.arm_twist`), not of the angle in the product."""


@dataclass(frozen=True)
class AngleDefinition:
    """What one angle measures.

    Args:
        name: as in `movement.MOVEMENTS`: ``left_knee_flexion``.
        side: ``left``, ``right`` or ``middle``.
        joint: which one moves.
        meaning: what turns against what.
        positive: the direction that counts as positive.
        clinical_range: usual lowest and highest value in degrees (goniometry); None where there is none.
    """

    name: str
    side: str
    joint: str
    meaning: str
    positive: str
    clinical_range: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class AngleTable:
    """Angles of every frame of a clip.

    Args:
        names: the columns, as `movement.MOVEMENTS` names them.
        degrees: within -180 and 180.
        seconds: when each frame is, from 0.
    """

    names: tuple[str, ...]
    degrees: Float[Tensor, "frames 57"]
    seconds: Float[Tensor, " frames"]

    def __len__(self) -> int:
        return len(self.degrees)

    def column(self, name: str) -> Float[Tensor, " frames"]:
        """One angle in time."""
        return self.degrees[:, self.names.index(name)]


def angles_of(clip: Clip) -> AngleTable:
    """The 57 anatomical angles of each frame; hands are not looked at."""
    degrees = movement.from_matrices(clip.pose.matrices()).rad2deg()
    seconds = torch.arange(len(clip), dtype=torch.float64) / clip.fps
    return AngleTable(MOVEMENTS, degrees, seconds)


@lru_cache(maxsize=1)
def angle_definitions() -> MappingProxyType[str, AngleDefinition]:
    """What each angle measures, in the order of the table's columns."""
    text = (resources.files("poseloom.pose") / "movement_definitions.json").read_text(encoding="utf-8")
    table = json.loads(text)["definitions"]
    lowest, highest = (limit.rad2deg().round().tolist() for limit in limits("clinical"))
    found = {}
    for name, low, high in zip(MOVEMENTS, lowest, highest, strict=True):
        side = name.split("_", 1)[0] if name.startswith(("left_", "right_")) else "middle"
        joint, meaning, positive = table[name if side == "middle" else f"side_{name.split('_', 1)[1]}"]
        is_limited = abs(low) < _FREE and abs(high) < _FREE and not name.endswith(_OTHER_MEASURE)
        usual = (low, high) if is_limited else None
        found[name] = AngleDefinition(name, side, joint, meaning, positive, usual)
    return MappingProxyType(found)
