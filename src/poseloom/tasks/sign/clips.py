"""Signed clips as models see them: a text, keypoints in shoulder widths, confidences; and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from poseloom.base.errors import PoseloomError


@dataclass(frozen=True, eq=False)
class SignClip:
    """One sign, or a few.

    Args:
        text: HamNoSys; empty where it is not known.
        values: coordinates in shoulder widths, the mean middle of the shoulders at the origin, x to the right of the
            picture, y down; 0 where a point is missing.
        confidence: 0 where a point is missing, up to 1.
        name: what the clip is called, for messages.
    """

    text: str
    values: Float[ndarray, "frames keypoints d"]
    confidence: Float[ndarray, "frames keypoints"]
    name: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.confidence.shape != self.values.shape[:2] or not len(self.values):
            raise PoseloomError(
                f"clip {self.name!r}: expected values (frames, keypoints, d) and confidence (frames, keypoints) of at "
                f"least one frame, got {self.values.shape} and {self.confidence.shape}"
            )
        if not (np.isfinite(self.values).all() and np.isfinite(self.confidence).all()):
            raise PoseloomError(f"clip {self.name!r}: holds NaN or infinity; give missing points the confidence 0")
        if not (self.confidence > 0).any():
            raise PoseloomError(f"clip {self.name!r}: no keypoint is seen in any frame; choose another clip")

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class SignBatch:
    """Several clips, padded with zeros to the longest.

    Args:
        texts: HamNoSys.
        values: coordinates, see `SignClip`.
        confidence: 0 where a point is missing, and in the padding.
        padding: true where a clip has no frame.
    """

    texts: tuple[str, ...]
    values: Float[Tensor, "batch frames keypoints d"]
    confidence: Float[Tensor, "batch frames keypoints"]
    padding: Bool[Tensor, "batch frames"]

    @property
    def lengths(self) -> Float[Tensor, "batch"]:
        """Frames of each clip."""
        return (~self.padding).sum(1).to(self.values.dtype)

    @property
    def seen(self) -> Bool[Tensor, "batch frames keypoints"]:
        """Points that are not missing."""
        return self.confidence > 0

    def with_texts(self, texts: Sequence[str]) -> SignBatch:
        """The same clips with other texts."""
        return SignBatch(tuple(texts), self.values, self.confidence, self.padding)


def collate(clips: Sequence[SignClip]) -> SignBatch:
    """A batch of clips.

    Raises:
        PoseloomError: they have different keypoints.
    """
    shapes = {clip.values.shape[1:] for clip in clips}
    if len(shapes) != 1:
        raise PoseloomError(f"clips: expected the same keypoints in all of them, got shapes {sorted(shapes)}")
    longest = max(map(len, clips))
    values = torch.zeros(len(clips), longest, *shapes.pop())
    confidence = torch.zeros(values.shape[:3])
    padding = torch.ones(values.shape[:2], dtype=torch.bool)
    for row, clip in enumerate(clips):
        values[row, : len(clip)] = torch.from_numpy(np.asarray(clip.values, np.float32))
        confidence[row, : len(clip)] = torch.from_numpy(np.asarray(clip.confidence, np.float32))
        padding[row, : len(clip)] = False
    return SignBatch(tuple(clip.text for clip in clips), values, confidence, padding)
