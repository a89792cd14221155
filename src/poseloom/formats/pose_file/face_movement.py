"""What a face of 468 points does: lids blink, open and close, brows rise and frown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle

import numpy as np
from jaxtyping import Float
from numpy import ndarray

BLINK = 0.15
"""Seconds that a blink takes, of which it closes in a third."""
_FIRST_BLINK = 2.0
_PAUSES = (3.4, 4.3, 3.1, 4.8, 3.7)
"""Seconds from one blink to the next, in turn; people blink every 3 to 5 seconds."""
_EASE = 0.12
"""Seconds in which lids and brows come and go."""
_LEFT_LIDS = (
    ((466, 249), (388, 390), (387, 373), (386, 374), (385, 380), (384, 381), (398, 382)),
    ((467, 249), (260, 390), (259, 373), (257, 374), (258, 380), (286, 381), (414, 382)),
)
_RIGHT_LIDS = (
    ((246, 7), (161, 163), (160, 144), (159, 145), (158, 153), (157, 154), (173, 155)),
    ((247, 7), (30, 163), (29, 144), (27, 145), (28, 153), (56, 154), (190, 155)),
)
"""Of each eye the upper lid's edge and its crease: points of the mesh, and those of the lower lid that they come to."""
_CREASE_SHARE = 0.15
"""How far the crease goes where the edge goes all the way."""
_BROWS = (
    (300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
    (70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
)
_RAISED, _INWARDS = 0.007, 0.003
"""Metres that brows go up, and inwards where they frown."""


@dataclass(frozen=True, eq=False)
class FaceMovement:
    """A face over time.

    Args:
        lids: of the left and the right eye: 0 open, 1 closed, below 0 wide open.
        brows: left and right: 0 at rest, 1 raised, -1 frowning.
    """

    lids: Float[ndarray, "frames 2"]
    brows: Float[ndarray, "frames 2"]

    def of(self, points: Float[ndarray, "468 3"]) -> Float[ndarray, "frames 468 3"]:
        """The points of a face at rest, moved.

        Args:
            points: metres, x to the person's left, y up.
        """
        moved = np.repeat(points[None], len(self.lids), 0)
        for side, rings in enumerate((_LEFT_LIDS, _RIGHT_LIDS)):
            for ring, share in zip(rings, (1.0, _CREASE_SHARE), strict=True):
                upper, lower = (np.array(places) for places in zip(*ring, strict=True))
                moved[:, upper] += share * self.lids[:, side, None, None] * (points[lower] - points[upper])
            brow = self.brows[:, side, None]
            moved[:, _BROWS[side], 1] += _RAISED * np.where(brow > 0, brow, brow / 2)
            moved[:, _BROWS[side], 0] += (1 if side else -1) * _INWARDS * np.maximum(-brow, 0)
        return moved


def face_movement(frames: int, fps: float, acts: Sequence[Sequence[float]] = ()) -> FaceMovement:
    """A face that blinks, and does what it is told.

    Args:
        frames: how many.
        fps: frames a second.
        acts: of each first frame, the one after the last, left and right lid, left and right brow as in `FaceMovement`.
    """
    values = np.zeros((frames, 4))
    for first, end, *amounts in acts:
        values += _held(frames, first, end, _EASE * fps)[:, None] * np.array(amounts)
    values = values.clip(-1, 1)
    blinks = _blinks(frames, fps)[:, None]
    lids = values[:, :2] + (1 - values[:, :2]) * blinks
    return FaceMovement(lids, values[:, 2:])


def _blinks(frames: int, fps: float) -> Float[ndarray, " frames"]:
    """How far lids that blink are closed; the same for every clip."""
    times = np.arange(frames) / fps
    closed = np.zeros(frames)
    for at in accumulate(cycle(_PAUSES), initial=_FIRST_BLINK):
        if at > times[-1]:
            break
        middle = round(at * fps) / fps  # a frame that sees the lids closed
        away = times - middle
        closed = np.maximum(closed, np.where(away < 0, 1 + away / (BLINK / 3), 1 - away / (2 * BLINK / 3)))
    return closed


def _held(frames: int, first: float, end: float, ease: float) -> Float[ndarray, " frames"]:
    """1 in a span, eased in and out around it."""
    places, ease = np.arange(frames), max(ease, 1.0)
    share = np.minimum((places - first + ease) / ease, (end - 1 + ease - places) / ease).clip(0, 1)
    return share * share * (3 - 2 * share)
