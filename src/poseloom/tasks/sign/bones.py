"""Bones of a constant length: points that a model made, moved along their bones to the signer's own proportions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.tasks.sign.layouts import SignLayout

_LEAST = 1e-6
_TOGETHER = 0.3
"""Shoulder widths; estimators that see both put the hand's wrist up to 0.13 from the body's."""
_OF_HANDS = {"PINKY": 17, "INDEX": 5, "THUMB": 2}
"""Points of the body that are points of a hand, and which."""


_BONES_OF_A_SIDE = 23


@lru_cache(maxsize=4)
def bones_of(layout: SignLayout) -> tuple[tuple[int, int], ...]:
    """Parent and child of every bone of both arms and hands, parents first; none where points are flat."""
    if layout.dims < 3:
        return ()
    names = [name for component in layout.components for name in component.points]
    bones: list[tuple[int, int]] = []
    for arm, side in zip(layout.arms, ("LEFT", "RIGHT"), strict=True):
        bones += [(names.index(f"{side}_SHOULDER"), arm.elbow), (arm.elbow, arm.wrist), (arm.wrist, arm.hand[0])]
        first = arm.hand[0]
        for finger in range(1, arm.hand[1] - first):
            bones.append((first if finger % 4 == 1 else first + finger - 1, first + finger))
    return tuple(bones)


def with_constant_bones(
    values: Float[ndarray, "frames keypoints d"], like: Float[ndarray, "keypoints d"], layout: SignLayout
) -> Float[ndarray, "frames keypoints d"]:
    """The same directions of all bones, with the lengths of one frame; the arm goes where the hand's own wrist is.

    Args:
        values: what a model made, shoulder widths.
        like: the frame, the first pose of the signer.
        layout: whose keypoints they are.
    """
    bones = bones_of(layout)
    made = values.copy()
    for first in range(0, len(bones), _BONES_OF_A_SIDE):
        upper, fore, palm = bones[first : first + 3]
        _put_wrist_on_hand(made, like, *palm)
        _bend_arm(made, like, upper, fore)
    for parent, child in bones:
        length = float(np.linalg.norm(like[child] - like[parent]))
        hand = parent not in (bones[0][0], bones[0][1], bones[_BONES_OF_A_SIDE][0], bones[_BONES_OF_A_SIDE][1])
        source = values if hand else made
        along = source[:, child] - source[:, parent]
        own = np.linalg.norm(along, axis=-1, keepdims=True)
        made[:, child] = made[:, parent] + along * (length / np.maximum(own, _LEAST))
    if bones:
        names = list(layout.components[0].points)
        for arm, side in zip(layout.arms, ("LEFT", "RIGHT"), strict=True):
            for point, place in _OF_HANDS.items():
                made[:, names.index(f"{side}_{point}")] = made[:, arm.hand[0] + place]
    return made


def _put_wrist_on_hand(
    made: Float[ndarray, "frames keypoints d"], like: Float[ndarray, "keypoints d"], wrist: int, hand: int
) -> None:
    """Put the body's wrist, in place, as far from the hand's own as it is in the frame; they are the same mostly.

    A model tells the wrist twice, and of the two the hand's is the one that it learned to move. Where they are far
    apart the frame's hand was not seen, and the body's wrist stays.
    """
    if np.linalg.norm(like[wrist] - like[hand]) > _TOGETHER:
        return
    apart = made[:, wrist] - made[:, hand]
    own = np.linalg.norm(apart, axis=-1, keepdims=True)
    made[:, wrist] = made[:, hand] + apart * (np.linalg.norm(like[wrist] - like[hand]) / np.maximum(own, _LEAST))


def _bend_arm(
    made: Float[ndarray, "frames keypoints d"],
    like: Float[ndarray, "keypoints d"],
    upper: tuple[int, int],
    fore: tuple[int, int],
) -> None:
    """Put elbow and wrist, in place, so that both bones have their length: the wrist stays where it can be reached."""
    shoulder, elbow, wrist = upper[0], upper[1], fore[1]
    first, second = (float(np.linalg.norm(like[b] - like[a])) for a, b in (upper, fore))
    reach = made[:, wrist] - made[:, shoulder]
    far = np.linalg.norm(reach, axis=-1, keepdims=True)
    along = reach / np.maximum(far, _LEAST)
    distance = np.clip(far, abs(first - second) + _LEAST, first + second - _LEAST)
    foot = (first**2 - second**2 + distance**2) / (2 * distance)
    bent = made[:, elbow] - made[:, shoulder]
    aside = bent - (bent * along).sum(-1, keepdims=True) * along
    aside /= np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), _LEAST)
    height = np.sqrt(np.maximum(first**2 - foot**2, 0))
    made[:, elbow] = made[:, shoulder] + along * foot + aside * height
    made[:, wrist] = made[:, shoulder] + along * distance
