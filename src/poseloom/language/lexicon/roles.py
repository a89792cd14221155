"""Limbs that are called by what they do in a pose: the top arm of a side plank, the standing leg, the front knee.

Which one that is, the body tells: the higher, the one further in front, the one that carries.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from poseloom.language.lexicon.entries import NamedPose, named_poses

if TYPE_CHECKING:
    from torch import Tensor

_ROLE = re.compile(
    r"(?<!left )(?<!right )\b(?P<role>top|upper|uppermost|bottom|lower|underneath|front|leading|lead|back|rear|"
    r"trailing|hind|standing|supporting|support|free)[ -]"
    r"(?P<limb>arm|hand|elbow|leg|foot|knee|thigh|ankle)\b"
)
_ENDS = {"arm": "wrist", "hand": "wrist", "elbow": "elbow", "knee": "knee", "thigh": "knee"}
_PARTS_NOT_ROLES = frozenset(["upper arm", "lower arm", "upper leg", "lower leg"])
_CLEAR = 0.08
"""Metres by which two limbs differ where one is the top or the front one."""
_HIGHER = ("top", "upper", "uppermost", "free")
_LOWER = ("bottom", "lower", "underneath", "standing", "supporting", "support")
_AHEAD = ("front", "leading", "lead")


def speaks_of_roles(sentence: str) -> bool:
    """Whether a sentence in small letters calls a limb by what it does."""
    return _ROLE.search(sentence) is not None


def with_sides(sentence: str, pose: NamedPose, mirrored: bool) -> str:
    """A sentence in small letters that speaks of a pose, with left and right for what limbs do in it."""

    def told(hit: re.Match[str]) -> str:
        if hit.group() in _PARTS_NOT_ROLES and not _lies_on_side(pose.name):
            return hit.group()
        side = side_of(pose.name, mirrored, hit["role"], hit["limb"])
        return f"{side} {hit['limb']}" if side else hit.group()

    return _ROLE.sub(told, sentence)


@lru_cache(maxsize=1024)
def side_of(name: str, mirrored: bool, role: str, limb: str) -> str:
    """Left or right; empty where the two do not differ.

    Args:
        name: of the entry.
        mirrored: whether it is meant for its other side.
        role: top, front, standing ...
        limb: arm, hand, elbow, leg, foot, knee, thigh or ankle.
    """
    axis = 1 if role in (*_HIGHER, *_LOWER) else 2
    ends = _positions(name, mirrored)
    joint = _ENDS.get(limb, "ankle")
    more = float(ends[f"left_{joint}"][axis] - ends[f"right_{joint}"][axis])
    more = more if role in (*_HIGHER, *_AHEAD) else -more
    return "" if abs(more) < _CLEAR else "left" if more > 0 else "right"


@lru_cache(maxsize=1024)
def _positions(name: str, mirrored: bool) -> dict[str, Tensor]:
    from poseloom.language.lexicon.bodies import body_pose
    from poseloom.pose.contact import ContactFigure
    from poseloom.pose.joints import JOINT_INDEX
    from poseloom.pose.movement import to_matrices

    figure = ContactFigure.of(to_matrices(body_pose(name, mirrored).angles[None]))
    return {
        f"{side}_{joint}": figure.positions[0, JOINT_INDEX[f"{side}_{joint}"]]
        for side in ("left", "right")
        for joint in ("wrist", "elbow", "knee", "ankle")
    }


def _lies_on_side(name: str) -> bool:
    return named_poses()[name].support == "floor"
