"""Hands in their own axes: every frame turned so that the palm lies flat and the middle finger's base stands above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file.layouts import layout_of, table
from poseloom.formats.pose_file.sequence import PoseSequence

HAND_SIZE = 100.0
"""Distance from the wrist to the middle finger's base after `normalise_hand`, as in pose-format's test file."""


def normalise_hand(sequence: PoseSequence, component: str, size: float = HAND_SIZE) -> PoseSequence:
    """One Holistic hand, each frame in the axes of its own palm, as pose-format's 3D hand normalisation.

    The wrist lies at the origin, the normal of the triangle wrist, little finger's base, index finger's base along z,
    the line from the wrist to the middle finger's base towards -y (up in a picture) and `size` long. The axes of the
    result are left-handed with respect to the file's: pose-format's are. Frames in which one of the four points is
    missing are missing as a whole.

    Raises:
        PoseloomError: no such component, not a Holistic hand, or points of two dimensions.
    """
    if layout_of(sequence).name != "holistic" or sequence.component(component).points != tuple(
        table()["holistic"]["hand"]
    ):
        raise PoseloomError(f"{component} is not a hand of MediaPipe Holistic with its 21 points")
    if sequence.values.shape[-1] != 3:
        raise PoseloomError("a hand in two dimensions has no palm to turn; take a file with XYZ coordinates")
    hand = sequence.select({component: None})
    corners = [hand.point(component, name) for name in ("WRIST", "PINKY_MCP", "INDEX_FINGER_MCP", "MIDDLE_FINGER_MCP")]
    usable = np.all(hand.confidence[:, :, corners] != 0, axis=-1, keepdims=True)
    values = hand.values.astype(np.float64)
    wrist, pinky, index, middle = (values[:, :, corner] for corner in corners)
    line = middle - wrist
    normal = _unit(np.cross(pinky - wrist, index - wrist))
    down = -_unit(line - (line * normal).sum(-1, keepdims=True) * normal)
    axes = np.stack([np.cross(normal, down), down, normal], axis=-2)
    length = np.linalg.norm(line, axis=-1)
    scale = np.divide(size, length, out=np.zeros_like(length), where=length > 0)
    turned = np.einsum("tnij,tnpj->tnpi", axes, values - wrist[:, :, None]) * scale[..., None, None]
    seen = usable & ~hand.missing
    return replace(
        hand,
        values=np.where(seen[..., None], turned, 0).astype(hand.values.dtype),
        confidence=np.where(seen, hand.confidence, 0).astype(hand.confidence.dtype),
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
