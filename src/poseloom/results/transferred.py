"""A person in another pose: the picture, and what led to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.results.result import Result


@dataclass(frozen=True, eq=False)
class Transferred(Result):
    """The same person in another pose.

    Args:
        photo: as it was, 0 to 1.
        picture: the whole photo with the person in it, 0 to 1.
        person: the person alone as it was made, in the frame of the model; the whole photo where nothing was cut out.
        source_keypoints, target_keypoints: OpenPose's 18 joints, row and column in pixels of the photo, -1 where
            missing.
        box: part of the photo that was made anew: x, y, width, height in pixels.
        way: model, or geometry.
    """

    photo: Float[Tensor, "3 height width"]
    picture: Float[Tensor, "3 height width"]
    person: Float[Tensor, "3 rows columns"]
    source_keypoints: Float[Tensor, "18 2"]
    target_keypoints: Float[Tensor, "18 2"]
    box: Float[Tensor, "4"]
    way: str

    def beside(self) -> Float[Tensor, "3 height twice"]:
        """The photo, and the result to its right."""
        return torch.cat([self.photo, self.picture], dim=-1)

    def as_json(self) -> dict[str, Any]:
        """Sizes, joints and box; pictures are files, not numbers."""
        return {
            "way": self.way,
            "size": [self.picture.shape[-1], self.picture.shape[-2]],
            "box": self.box.tolist(),
            "source_keypoints": self.source_keypoints.tolist(),
            "target_keypoints": self.target_keypoints.tolist(),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class PairsMade(Result):
    """What a generator made of the pairs of a table.

    Args:
        folder: of the files.
        pairs: how many.
        files: files that were written; those that were there already are not made again.
        bytes: of these files.
    """

    folder: Path
    pairs: int
    files: int
    bytes: int
