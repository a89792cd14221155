"""A pool of made pictures: discriminators judge older ones half of the time (Shrivastava et al., CVPR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_OLDER = 0.5


class ImagePool:
    """The last pictures, or others of before.

    Args:
        size: how many it holds; 0 hands every picture back.
    """

    def __init__(self, size: int):
        self.size = size
        self._held: list[Tensor] = []

    def drawn(self, pictures: Tensor) -> Tensor:
        """As many pictures: until the pool is full the given ones, then half of the time an older one in their place.

        Draws from torch's own random state.
        """
        if not self.size:
            return pictures
        found = []
        for picture in pictures.detach():
            if len(self._held) < self.size:
                self._held.append(picture.cpu().clone())
                found.append(picture)
            elif float(torch.rand(())) < _OLDER:
                place = int(torch.randint(self.size, ()))
                found.append(self._held[place].to(picture))
                self._held[place] = picture.cpu().clone()
            else:
                found.append(picture)
        return torch.stack(found)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"held": list(self._held)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave; nothing of an empty state."""
        self._held = [one.clone() for one in state.get("held", [])]
