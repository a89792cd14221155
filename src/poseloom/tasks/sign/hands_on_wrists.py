"""Hands that were not seen, put on the signer's own wrists.

Estimators lose whole hands (in blurred frames, behind the other one) and go on to see the arm. The hand between two
frames in which it is seen is theirs in turn, relative to the wrist and half turned along with the forearm; near a frame
in which it is seen, and where the wrist keeps to a straight line itself, straight lines count as well, because wrists
tremble. A hand that is seen in no frame has the shape that a model gave it, in the signer's size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from poseloom.tasks.sign.drafts import fill_missing_points, gaps

_FOREARM_SHARE = 0.5
"""How much of the forearm's turn in the picture the hand makes; measured on recorded clips."""
_LINES_REACH = 2.0
"""Frames from a seen one at which straight lines and the wrist count alike."""
_TREMBLE = 0.03
"""Shoulder widths from the wrist's own straight line up to which it trembles rather than moves."""
_FEW = 0.2
"""Share of a hand's points up to which it counts as lost."""
_USUAL_PALM = 0.26
"""Shoulder widths from the wrist to the middle finger's knuckle, where neither hand is seen."""
_MIDDLE_KNUCKLE = 9
_LEAST = 1e-6


@dataclass(frozen=True)
class Arm:
    """Places of an arm's points among a layout's keypoints.

    Args:
        elbow, wrist: of the body.
        hand: first and end of the hand's points.
    """

    elbow: int
    wrist: int
    hand: tuple[int, int]


def with_hands_on_wrists(
    values: Float[ndarray, "frames keypoints d"],
    known: Bool[ndarray, "frames keypoints"],
    arms: tuple[Arm, ...],
) -> Float[ndarray, "frames keypoints d"]:
    """Whole hands that were not seen, placed and shaped by what of the signer was.

    Args:
        values: shoulder widths; what was not known as a model filled it in.
        known: points that were seen.
        arms: of both sides.
    """
    values = values.copy()
    sizes = [_size(values[:, slice(*arm.hand)], known[:, slice(*arm.hand)]) for arm in arms]
    for arm, other in zip(arms, reversed(arms), strict=True):
        part = slice(*arm.hand)
        seen = known[:, part].mean(1) > _FEW
        lost = ~seen
        if not lost.any():
            continue
        wrist, turn = values[:, arm.wrist], _turns(values[:, arm.wrist] - values[:, arm.elbow])
        if seen.any():
            given = known[:, part] & seen[:, None]
            made = _between(values[:, part], given, wrist, _FOREARM_SHARE * turn)
        else:
            made = _model_hand(values[:, part], wrist, sizes[arms.index(other)] or _USUAL_PALM)
        own = lost[:, None] & ~known[:, part]
        values[:, part] = np.where(own[..., None], made, values[:, part])
    return values


def _between(hand: ndarray, given: ndarray, wrist: ndarray, turn: ndarray) -> Float[ndarray, "frames points d"]:
    """The hand relative to the wrist, turned along; near seen frames blended with straight lines."""
    relative = _turned(hand - wrist[:, None], -turn)
    on_wrist = _turned(_lined(relative, given), turn) + wrist[:, None]
    distance = gaps(torch.from_numpy(given)[None])[0].numpy()
    inside = np.isfinite(distance) & _has_both(given)
    straight = _lined(wrist[:, None], np.asarray(given.any(1, keepdims=True)))[:, 0]
    still = np.exp(-np.square(np.linalg.norm(wrist - straight, axis=-1)[:, None] / _TREMBLE))
    near = np.where(inside, np.maximum(np.exp(-(distance / _LINES_REACH)), still), 0.0)[..., None]
    return near * _lined(hand, given) + (1 - near) * on_wrist


def _has_both(given: Bool[ndarray, "frames points"]) -> Bool[ndarray, "frames points"]:
    """Whether a point is seen before and after."""
    before = np.maximum.accumulate(given, 0)
    return before & np.maximum.accumulate(given[::-1], 0)[::-1]


def _model_hand(hand: ndarray, wrist: ndarray, size: float) -> Float[ndarray, "frames points d"]:
    """A model's hand in the signer's size, its wrist on the body's."""
    relative = hand - hand[:, :1]
    own = np.median(np.linalg.norm(relative[:, _MIDDLE_KNUCKLE], axis=-1))
    return relative * (size / max(float(own), _LEAST)) + wrist[:, None]


def _size(hand: ndarray, known: ndarray) -> float:
    """Median distance from the wrist to the middle finger's knuckle where both are seen; 0 where never."""
    both = known[:, 0] & known[:, _MIDDLE_KNUCKLE]
    if not both.any():
        return 0.0
    return float(np.median(np.linalg.norm((hand[:, _MIDDLE_KNUCKLE] - hand[:, 0])[both], axis=-1)))


def _turns(forearm: Float[ndarray, "frames d"]) -> Float[ndarray, " frames"]:
    """Angle of the forearm in the picture, without jumps."""
    return np.unwrap(np.arctan2(forearm[:, 1], forearm[:, 0]))


def _turned(points: Float[ndarray, "frames points d"], angle: Float[ndarray, " frames"]) -> ndarray:
    """Points turned in the picture."""
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    turned = points.copy()
    turned[..., 0] = cosine * points[..., 0] - sine * points[..., 1]
    turned[..., 1] = sine * points[..., 0] + cosine * points[..., 1]
    return turned


def _lined(values: ndarray, known: ndarray) -> Float[ndarray, "frames points d"]:
    padding = torch.zeros(1, len(values), dtype=torch.bool)
    filled: Tensor = fill_missing_points(
        torch.from_numpy(values)[None].float(), torch.from_numpy(known)[None], padding
    ).values
    return filled[0].numpy()
