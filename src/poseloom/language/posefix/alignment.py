"""Where a part that is in line with another one is, and which way a vertical one points: PoseFix does not say."""

from __future__ import annotations

from jaxtyping import Float
from numpy import ndarray

from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posecodes.points import POINT_INDEX

_SEEN = {"xy-aligned": (2, "behind", "in front"), "xz-aligned": (1, "below", "above")}
"""The axis that an alignment leaves open, and the words for less and for more on it."""
_BESIDE = {"yz-aligned": "beside"}
_ENDS = {"upperarm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist")}
POINTING_DOWN, POINTING_UP = "pointing down", "pointing up"
RELATIONS = (*(name for _, *names in _SEEN.values() for name in names), *_BESIDE.values())
"""Names of targets that `resolve_alignment` gives."""


def resolve_alignment(code: Code, points: Float[ndarray, "35 3"]) -> Code:
    """An alignment with the side on which the first part is, a vertical limb with its way; other codes as they are."""
    if code.interpretation == "vertical" and code.part in _ENDS:
        near, far = (points[POINT_INDEX[f"{code.side}_{end}"], 1] for end in _ENDS[code.part])
        return code._replace(interpretation=POINTING_UP if far > near else POINTING_DOWN)
    if code.interpretation in _BESIDE:
        return code._replace(interpretation=_BESIDE[code.interpretation])
    if code.interpretation not in _SEEN:
        return code
    axis, less, more = _SEEN[code.interpretation]
    first, second = (points[POINT_INDEX[f"{side}_{part}"], axis] for side, part in (code[:2], code[3:]))
    return code._replace(interpretation=more if first > second else less)
