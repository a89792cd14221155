"""Contours of faces: lines through the points that estimators give, in place of a cloud of dots."""

from __future__ import annotations

from itertools import pairwise

from poseloom.formats.pose_file import Component

_MESH = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
    (300, 293, 334, 296, 336),
    (70, 63, 105, 66, 107),
)
"""Oval, lips outside and inside, eyes, brows of MediaPipe's mesh."""
_SEVENTY = (
    tuple(range(17)),
    tuple(range(17, 22)),
    tuple(range(22, 27)),
    tuple(range(27, 31)),
    tuple(range(31, 36)),
    (*range(36, 42), 36),
    (*range(42, 48), 42),
    (*range(48, 60), 48),
    (*range(60, 68), 60),
)
"""Jaw, brows, nose, eyes, lips of OpenPose's 70 points."""
_OPENPOSE_POINTS = 70
_LEAST = 40


def face_contours(component: Component) -> tuple[tuple[int, int], ...] | None:
    """Pairs of indices of a face's points that lines join; None where the component is no face that is known."""
    points = component.points
    if len(points) == _OPENPOSE_POINTS:
        return tuple(pair for line in _SEVENTY for pair in pairwise(line))
    place = {name: index for index, name in enumerate(points)}
    if len(points) < _LEAST or not all(str(index) in place for line in _MESH for index in line):
        return None
    return tuple((place[str(a)], place[str(b)]) for line in _MESH for a, b in pairwise(line))
