"""From the notation's directions to rotations of a hand in the world.

The world's axes are +X to the signer's left, +Y up, +Z to the front; the notation counts right, up, out.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.orientation import palm_normal, turned_by_smallest
from poseloom.language.hamnosys.tree import Direction, Orientation, Vector

SIDES = ("left", "right")
_DEFAULT_FINGERS = Direction(("o",))
_DEFAULT_PALM = Direction(("l",))
"""Orientation of a hand for which none is given: forward, as if to shake hands."""
_PARALLEL = 0.999

_AXES = {
    "left": torch.tensor([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]),
    "right": torch.tensor([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]),
}
"""Columns: along the fingers, out of the palm, towards the thumb of either hand at the T-pose."""


def to_world(vector: Vector) -> Float[Tensor, "3"]:
    """(right, up, out) to the world's axes."""
    return torch.tensor([-vector[0], vector[1], vector[2]], dtype=torch.float32)


def to_notation(vector: Float[Tensor, "3"]) -> Vector:
    """The world's axes to (right, up, out)."""
    x, y, z = (float(part) for part in vector)
    return (-x, y, z)


def hand_rotation(fingers: Vector, palm: Vector, side: str) -> Float[Tensor, "3 3"]:
    """Rotation of a hand from the T-pose that points its fingers and turns its palm as given.

    Args:
        fingers, palm: perpendicular unit vectors (right, up, out).
        side: ``left`` or ``right``.
    """
    e, n = to_world(fingers), to_world(palm)
    thumb = torch.linalg.cross(e, n) if side == "right" else torch.linalg.cross(n, e)
    return torch.stack([e, n, thumb], dim=-1) @ _AXES[side].T


def hand_axes(rotation: Float[Tensor, "*batch 3 3"], side: str) -> Float[Tensor, "*batch 3 3"]:
    """Columns: where the straight fingers point, where the palm looks, the thumb's side, in the world."""
    return rotation @ _AXES[side]


@lru_cache(maxsize=1024)
def oriented(orientation: Orientation | None, side: str, mirrored: bool) -> Float[Tensor, "3 3"]:
    """Rotation of a hand for an orientation; what it leaves open is as if to shake hands.

    Args:
        orientation: how the dominant hand is held.
        side: which hand it is made for.
        mirrored: left and right exchanged.
    """
    given = orientation or Orientation()
    fingers = (given.fingers or _DEFAULT_FINGERS).vector
    palm = palm_normal(fingers, given.palm or _DEFAULT_PALM)
    return hand_rotation(_mirror(fingers, mirrored), _mirror(palm, mirrored), side)


def reoriented(
    rotation: Float[Tensor, "3 3"], orientation: Orientation | None, side: str, mirrored: bool
) -> Float[Tensor, "3 3"]:
    """A hand turned to a new orientation; a hand for which only one of the two directions is given keeps the other.

    Where the fingers turn and no palm is named, the hand turns by the smallest rotation.
    """
    if orientation is None or (orientation.fingers is None and orientation.palm is None):
        return rotation
    if orientation.fingers is not None and orientation.palm is not None:
        return oriented(orientation, side, mirrored)
    axes = hand_axes(rotation, side)
    fingers, palm = (_mirror(to_notation(axes[:, column]), mirrored) for column in (0, 1))
    if orientation.fingers is None:
        assert orientation.palm is not None
        palm = palm_normal(fingers, orientation.palm)
    else:
        wanted = orientation.fingers.vector
        if sum(a * b for a, b in zip(fingers, wanted, strict=True)) > -_PARALLEL:
            palm = turned_by_smallest(fingers, wanted, palm)
        fingers = wanted
    return hand_rotation(_mirror(fingers, mirrored), _mirror(palm, mirrored), side)


def _mirror(vector: Vector, mirrored: bool) -> Vector:
    return (-vector[0], vector[1], vector[2]) if mirrored else vector
