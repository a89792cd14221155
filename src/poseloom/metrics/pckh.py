"""PCKh of made pictures of people: whether joints are where they should be, by the size of the head (PATN's protocol).

A joint of the target is right if the joint that was found in the made picture is nearer than half the width of the
head's box along x and half its height along y. The box is that of the target's nose, neck, eyes and ears.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

HEAD_JOINTS = (0, 1, 14, 15, 16, 17)
"""Nose, neck, eyes and ears of OpenPose's 18 joints."""
_SHARE = 0.5
_FEWEST = 2


@dataclass(frozen=True)
class Pckh:
    """Joints that were found in the right place.

    Args:
        right: how many.
        counted: joints that the targets show; those of pictures with fewer than two joints of the head do not count.
    """

    right: int
    counted: int

    @property
    def share(self) -> float:
        """Of the counted joints; nan where none counts."""
        return self.right / self.counted if self.counted else float("nan")

    def __add__(self, other: Pckh) -> Pckh:
        return Pckh(self.right + other.right, self.counted + other.counted)


def pckh(target: Float[Tensor, "pictures 18 2"], found: Float[Tensor, "pictures 18 2"], share: float = _SHARE) -> Pckh:
    """Right and counted joints of pictures.

    Args:
        target, found: row and column of OpenPose's 18 joints, pixels; -1 where missing.
        share: of the head's sides.
    """
    there, seen = (target >= 0).all(-1), (found >= 0).all(-1)
    head = target[:, list(HEAD_JOINTS)]
    of_head = there[:, list(HEAD_JOINTS), None]
    low = head.masked_fill(~of_head, torch.inf).amin(1)
    high = head.masked_fill(~of_head, -torch.inf).amax(1)
    usable = of_head.sum((1, 2)) >= _FEWEST
    near = ((target - found).abs() < share * (high - low)[:, None]).all(-1)
    counted = there & usable[:, None]
    return Pckh(int((counted & seen & near).sum()), int(counted.sum()))
