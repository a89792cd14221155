"""Poses for the examples of the OpenAPI file."""

from __future__ import annotations

from typing import Any

_BODY = 22
_HANGING = {16: (0.0, 0.0, -1.25), 17: (0.0, 0.0, 1.25)}
"""Joint -> rotation: both arms down."""


def _pose(turned: dict[int, tuple[float, float, float]], height: float) -> dict[str, Any]:
    rotations = [list(turned.get(joint, (0.0, 0.0, 0.0))) for joint in range(_BODY)]
    return {"rotations": rotations, "translation": [0.0, height, 0.0]}


STANDING = _pose(_HANGING, 0.93)
SQUATTING = _pose(_HANGING | dict.fromkeys((1, 2), (-1.6, 0.0, 0.0)) | {4: (2.0, 0, 0), 5: (2.0, 0, 0)}, 0.55)
MOTION = {"poses": [STANDING, SQUATTING] * 4, "fps": 2.0, "name": "squats"}
"""Four squats."""
